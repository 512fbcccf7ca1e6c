"""Offer and answer: who says what when, and what stream comes of it."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sdp.formats import DTMF_CLOCKS
from signalling.sdp.negotiation import TABLE, OfferAnswer, SdpError, State
from signalling.sdp.parse import parse
from signalling.sdp.stream import CodecName, Direction, LocalMedia, Numbers, StreamSpec
from signalling.sip.table import IllegalTransition

pytestmark = pytest.mark.unit

FIXTURES = Path(__file__).parents[4] / "fixtures" / "sdp" / "good"
LOCAL = LocalMedia("198.51.100.1", 7000)
HEAD = b"v=0\no=- 3 4 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"

DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
MIRROR: dict[Direction, Direction] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}
CODECS = st.sampled_from([("PCMU",), ("PCMA",), ("PCMU", "PCMA"), ("PCMA", "PCMU")])


def answered(
    name: str, local: LocalMedia = LOCAL, direction: Direction = "sendrecv"
) -> tuple[str, StreamSpec]:
    """Answer the offer of a fixture: our SDP as text, and the stream."""
    media = OfferAnswer()
    media.receive_offer((FIXTURES / f"{name}.sdp").read_bytes())
    sdp, stream = media.answer(local, direction)
    return sdp.decode(), stream


def offering(direction: Direction = "sendrecv") -> OfferAnswer:
    media = OfferAnswer()
    media.offer(LOCAL, direction)
    return media


class TestOffer:
    def test_says_all_that_we_can(self) -> None:
        assert OfferAnswer(77).offer(LOCAL).decode().split("\r\n") == [
            "v=0",
            "o=- 77 1 IN IP4 198.51.100.1",
            "s=-",
            "c=IN IP4 198.51.100.1",
            "t=0 0",
            "m=audio 7000 RTP/AVP 0 8 101",
            "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:101 telephone-event/8000",
            "a=fmtp:101 0-15",
            "a=ptime:20",
            "a=maxptime:60",
            "a=sendrecv",
            "",
        ]

    def test_keeps_our_order_of_codecs(self) -> None:
        assert b" 8 0 101\r\n" in OfferAnswer().offer(LocalMedia("192.0.2.1", 1, ("PCMA", "PCMU")))

    def test_ipv6(self) -> None:
        assert b"c=IN IP6 2001:db8::1\r\n" in OfferAnswer().offer(LocalMedia("2001:db8::1", 1))

    def test_the_version_rises_only_with_a_change(self) -> None:
        media = OfferAnswer()
        versions = []
        for direction in ("sendrecv", "sendrecv", "sendonly", "sendrecv"):
            versions.append(parse(media.offer(LOCAL, direction)).origin.version)
            media.rollback()
        assert versions == ["1", "1", "2", "3"]


class TestReceiveAnswer:
    def test_first_codec_of_the_answer_is_used(self) -> None:
        stream = offering().receive_answer(
            HEAD + b"m=audio 4000 RTP/AVP 8 0 97\na=rtpmap:97 telephone-event/8000\n"
        )
        assert stream == StreamSpec(
            "192.0.2.1", 4000, "PCMA", 8, 97, peer_numbers=Numbers(codec=8, dtmf=101, cn=None)
        )

    def test_each_side_is_sent_the_numbers_that_it_named(self) -> None:
        """RFC 3264 sections 5.1 and 6.1: an offer says what we receive, its answer what we send."""
        media = OfferAnswer()
        media.offer(LocalMedia("192.0.2.1", 1, ("opus",), comfort_noise=True))
        answer = b"m=audio 4000 RTP/AVP 96 97\na=rtpmap:96 opus/48000/2\na=rtpmap:97 telephone-event/48000\n"
        stream = media.receive_answer(HEAD + answer)
        assert (stream.payload_type, stream.dtmf_payload_type) == (96, 97)
        assert stream.peer_numbers == Numbers(codec=111, dtmf=110, cn=None)
        media.receive_offer(HEAD + answer)
        assert media.answer(LocalMedia("192.0.2.1", 1, ("opus",)))[1].peer_numbers is None

    def test_the_same_numbers_are_nothing_to_tell(self) -> None:
        answer = b"m=audio 4000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\n"
        assert offering().receive_answer(HEAD + answer).peer_numbers is None

    @pytest.mark.parametrize("ours", DIRECTIONS)
    @pytest.mark.parametrize("theirs", DIRECTIONS)
    def test_nobody_sends_to_who_does_not_listen(self, ours: Direction, theirs: Direction) -> None:
        answer = HEAD + b"m=audio 4000 RTP/AVP 0\na=" + theirs.encode() + b"\n"
        got = offering(ours).receive_answer(answer).direction
        assert (got in {"sendrecv", "sendonly"}) == (
            ours in {"sendrecv", "sendonly"} and theirs in {"sendrecv", "recvonly"}
        )
        assert (got in {"sendrecv", "recvonly"}) == (
            ours in {"sendrecv", "recvonly"} and theirs in {"sendrecv", "sendonly"}
        )

    @pytest.mark.parametrize(
        "sdp",
        [
            HEAD,
            HEAD + b"m=audio 0 RTP/AVP 0\n",
            HEAD + b"m=audio 4000 RTP/AVP 9\n",
            HEAD + b"m=audio 4000 RTP/AVP 300 999\n",
            HEAD + b"m=audio 4000 RTP/SAVP 0\n",
            HEAD + b"m=video 4000 RTP/AVP 0\n",
            HEAD + b"m=audio 4000 RTP/AVP 101\na=rtpmap:101 telephone-event/8000\n",
            HEAD.replace(b"c=IN IP4 192.0.2.1\n", b"") + b"m=audio 4000 RTP/AVP 0\n",
            HEAD + b"m=audio 4000 RTP/AVP 0\nc=IN IP4 224.2.1.1/127\n",
            HEAD + b"m=audio 4000 RTP/AVP 0\nc=IN IP4 media.example.com\n",
        ],
    )
    def test_refuses_what_is_no_stream_and_leaves_the_offer_open(self, sdp: bytes) -> None:
        media = offering()
        with pytest.raises(SdpError) as caught:
            media.receive_answer(sdp)
        assert caught.value.status_code == 488
        assert media.state is State.LOCAL_OFFER
        assert media.stream is None

    def test_a_codec_that_was_not_offered(self) -> None:
        media = OfferAnswer()
        media.offer(LocalMedia("192.0.2.1", 1, ("PCMA",)))
        with pytest.raises(SdpError, match="codec"):
            media.receive_answer(HEAD + b"m=audio 4000 RTP/AVP 0\n")


class TestAnswer:
    def test_static_payload_types_need_no_rtpmap(self) -> None:
        sdp, stream = answered("static-payload-types")
        assert stream == StreamSpec("192.0.2.1", 4000, "PCMA", 8, None)
        assert "m=audio 7000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20" in sdp

    def test_the_offerers_payload_types_are_used(self) -> None:
        sdp, stream = answered("dynamic-payload-types")
        assert stream == StreamSpec("192.0.2.1", 4000, "PCMA", 97, 96, ptime_ms=30)
        assert "m=audio 7000 RTP/AVP 97 96\r\n" in sdp
        assert "a=rtpmap:96 telephone-event/8000\r\n" in sdp

    @pytest.mark.parametrize(
        ("name", "host"),
        [("media-level-address", "192.0.2.9"), ("ipv6", "2001:db8::1"), ("port-count", "192.0.2.1")],
    )
    def test_addresses(self, name: str, host: str) -> None:
        assert answered(name)[1].remote_host == host

    @pytest.mark.parametrize(
        ("name", "lines"),
        [
            ("audio-and-video", ["m=video 0 RTP/AVP 99", "m=audio 7000 RTP/AVP 0 101"]),
            ("two-audio-streams", ["m=audio 7000 RTP/AVP 0", "m=audio 0 RTP/AVP 8"]),
            ("srtp-beside-plain", ["m=audio 0 RTP/SAVP 0", "m=audio 7000 RTP/AVP 0"]),
        ],
    )
    def test_other_streams_are_rejected_in_their_places(self, name: str, lines: list[str]) -> None:
        assert [line for line in answered(name)[0].split("\r\n") if line.startswith("m=")] == lines

    @pytest.mark.parametrize(
        ("name", "ours"),
        [
            ("hold-sendonly", "recvonly"),
            ("hold-inactive-session-level", "inactive"),
            ("hold-null-address", "recvonly"),
        ],
    )
    def test_hold(self, name: str, ours: Direction) -> None:
        sdp, stream = answered(name)
        assert stream.direction == ours
        assert f"a={ours}\r\n" in sdp

    def test_our_own_hold_stands(self) -> None:
        assert answered("static-payload-types", direction="sendonly")[1].direction == "sendonly"
        assert answered("hold-sendonly", direction="sendonly")[1].direction == "inactive"

    def test_no_common_codec_leaves_the_offer_open(self) -> None:
        media = OfferAnswer()
        media.receive_offer(HEAD + b"m=audio 4000 RTP/AVP 0\n")
        with pytest.raises(SdpError) as caught:
            media.answer(LocalMedia("192.0.2.1", 1, ("PCMA",)))
        assert caught.value.status_code == 488
        assert media.state is State.REMOTE_OFFER

    @pytest.mark.parametrize(
        "offer", [b"", HEAD, HEAD + b"m=audio 0 RTP/AVP 0\n", HEAD + b"m=image 9 udptl t38\n"]
    )
    def test_an_offer_without_use_is_refused_at_once(self, offer: bytes) -> None:
        media = OfferAnswer()
        with pytest.raises(SdpError):
            media.receive_offer(offer)
        assert media.state is State.STABLE


class TestLaterExchanges:
    def test_streams_keep_their_places_and_dtmf_its_payload_type(self) -> None:
        media = OfferAnswer()
        media.receive_offer(
            HEAD + b"m=video 5000 RTP/AVP 99\nm=audio 4000 RTP/AVP 0 96\na=rtpmap:96 telephone-event/8000\n"
        )
        media.answer(LOCAL)
        again = parse(media.offer(LOCAL, "sendonly"))
        assert [(stream.media, stream.port) for stream in again.media] == [("video", 0), ("audio", 7000)]
        assert again.media[1].formats == ("0", "8", "96")
        assert again.origin.version == "2"
        answer = HEAD + b"m=video 0 RTP/AVP 99\nm=audio 4000 RTP/AVP 0\na=recvonly\n"
        assert media.receive_answer(answer).direction == "sendonly"

    def test_a_stream_is_taken_out_and_put_back(self) -> None:
        """RFC 3264 section 8.2: port 0 is answered by port 0, and an offer of ours does not undo it."""
        media = OfferAnswer()
        media.receive_offer(HEAD + b"m=audio 4000 RTP/AVP 0\n")
        _, running = media.answer(LOCAL)
        for others in (b"", b"m=video 5000 RTP/AVP 99\n"):
            media.receive_offer(HEAD + b"m=audio 0 RTP/AVP 0\n" + others)
            sdp, stream = media.answer(LOCAL)
            assert b"\r\nm=audio 0 RTP/AVP 0\r\n" in sdp
            assert stream == replace(running, direction="inactive")
        offer = media.offer(LOCAL, "sendonly")
        assert [each.port for each in parse(offer).media] == [0, 0]
        assert media.receive_answer(HEAD + b"m=audio 0 RTP/AVP 0\nm=video 0 RTP/AVP 99\n") == stream
        media.receive_offer(HEAD + b"m=audio 4000 RTP/AVP 0\n")
        assert media.answer(LOCAL)[1] == running
        assert parse(media.offer(LOCAL)).media[0].port == LOCAL.port

    @pytest.mark.parametrize(
        "again", [b"", b"m=video 0 RTP/AVP 99\n", b"m=video 0 RTP/AVP 99\nm=audio 4000 RTP/AVP 18\n"]
    )
    def test_only_the_stream_itself_can_be_taken_out(self, again: bytes) -> None:
        media = OfferAnswer()
        media.receive_offer(HEAD + b"m=video 0 RTP/AVP 99\nm=audio 4000 RTP/AVP 0\n")
        media.answer(LOCAL)
        with pytest.raises(SdpError):
            media.receive_offer(HEAD + again)
        assert media.state is State.STABLE

    def test_rollback_keeps_the_stream(self) -> None:
        media = offering()
        before = media.receive_answer(HEAD + b"m=audio 4000 RTP/AVP 0\n")
        media.offer(LOCAL, "inactive")
        media.rollback()
        media.receive_offer(HEAD + b"m=audio 4002 RTP/AVP 0\n")
        media.rollback()
        assert media.stream == before
        assert media.state is State.STABLE


class TestTable:
    @pytest.mark.parametrize("state", State)
    @pytest.mark.parametrize("verb", ["offer", "answer", "receive_offer", "receive_answer", "rollback"])
    def test_a_verb_at_the_wrong_time_is_refused(self, state: State, verb: str) -> None:
        media = OfferAnswer()
        offer = HEAD + b"m=audio 4000 RTP/AVP 0\n"
        if state is State.LOCAL_OFFER:
            media.offer(LOCAL)
        if state is State.REMOTE_OFFER:
            media.receive_offer(offer)
        argument = {"offer": [LOCAL], "answer": [LOCAL], "rollback": []}.get(verb, [offer])
        expected = next(
            (after for (before, name), after in TABLE.items() if (before, name) == (state, verb)), None
        )
        if expected is None:
            with pytest.raises(IllegalTransition):
                getattr(media, verb)(*argument)
            assert media.state is state
        else:
            getattr(media, verb)(*argument)
            assert media.state is expected


@given(CODECS, CODECS, st.sampled_from(DIRECTIONS), st.sampled_from(DIRECTIONS))
def test_two_ends_agree(
    ours: tuple[CodecName, ...], theirs: tuple[CodecName, ...], wish: Direction, other_wish: Direction
) -> None:
    one, other = OfferAnswer(1), OfferAnswer(2)
    here, there = LocalMedia("192.0.2.1", 4000, ours), LocalMedia("2001:db8::2", 5000, theirs)
    other.receive_offer(one.offer(here, wish))
    if not set(ours) & set(theirs):
        with pytest.raises(SdpError):
            other.answer(there, other_wish)
        return
    sdp, seen_there = other.answer(there, other_wish)
    seen_here = one.receive_answer(sdp)
    assert (seen_here.codec, seen_here.payload_type) == (seen_there.codec, seen_there.payload_type)
    assert seen_here.dtmf_payload_type == seen_there.dtmf_payload_type == DTMF_CLOCKS[8000]
    assert seen_here.direction == MIRROR[seen_there.direction]
    assert (seen_here.remote_host, seen_here.remote_port) == (there.address, there.port)
    assert (seen_there.remote_host, seen_there.remote_port) == (here.address, here.port)


@given(st.sampled_from(sorted(FIXTURES.glob("*.sdp"))), st.data())
def test_any_damaged_offer_is_answered_or_refused(path: Path, data: st.DataObject) -> None:
    octets = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(octets) - 1))
        octets[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    able = LocalMedia(
        "192.0.2.1",
        4000,
        ("opus", "G722", "PCMA", "PCMU"),
        srtp=data.draw(st.sampled_from(["never", "optional", "always"])),
        fingerprint=":".join(["AB"] * 32),
        ice=True,
        comfort_noise=True,
        rtcp_mux=True,
    )
    outcome = answered_or_refused(bytes(octets), able)
    if isinstance(outcome, int):
        assert outcome in {400, 488}
        return
    assert 10 <= outcome.ptime_ms <= 60
    assert 0 <= outcome.payload_type <= 127
    assert 0 < outcome.remote_port <= 65535


def answered_or_refused(offer: bytes, local: LocalMedia) -> StreamSpec | int:
    """Answer an offer: the stream, or the status code of the refusal."""
    media = OfferAnswer(1, bytes)
    try:
        media.receive_offer(offer)
        sdp, stream = media.answer(local)
    except SdpError as error:
        return error.status_code
    assert parse(sdp).media
    return stream
