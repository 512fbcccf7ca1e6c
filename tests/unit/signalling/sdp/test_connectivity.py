"""DTLS-SRTP, ICE-lite and rtcp-mux in answers, and streams that others bundle."""

from dataclasses import replace

import pytest

from signalling.sdp.negotiation import OfferAnswer, SdpError
from signalling.sdp.parse import parse
from signalling.sdp.stream import Dtls, Ice, LocalMedia, SrtpPolicy, StreamSpec

pytestmark = pytest.mark.unit

HEAD = "v=0\no=- 3 4 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"
OURS = ":".join(["AB"] * 32)
THEIRS = ":".join(["0C"] * 32)
PASSWORD = "p" * 22
LOCAL = LocalMedia("198.51.100.1", 7000, ("PCMU",), srtp="optional", fingerprint=OURS, ice=True)
PROTOCOLS = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP")


def dtls(*more: str, protocol: str = PROTOCOLS[0]) -> str:
    lines = (f"m=audio 4000 {protocol} 0", f"a=fingerprint:sha-256 {THEIRS}", *more)
    return "".join(f"{line}\n" for line in lines)


def login(user: str = "user", password: str = PASSWORD) -> str:
    return f"a=ice-ufrag:{user}\na=ice-pwd:{password}\n"


def session() -> OfferAnswer:
    numbers = iter(range(1, 100))
    return OfferAnswer(1, lambda octets: next(numbers).to_bytes(octets, "big"))


def answered(
    stream: str, ours: LocalMedia = LOCAL, media: OfferAnswer | None = None
) -> tuple[list[str], StreamSpec]:
    media = media or session()
    media.receive_offer((HEAD + stream).encode())
    sdp, spec = media.answer(ours)
    return sdp.decode().split("\r\n"), spec


class TestDtls:
    @pytest.mark.parametrize("protocol", PROTOCOLS)
    @pytest.mark.parametrize(
        ("setup", "role", "said"),
        [
            (["a=setup:actpass"], "client", "active"),
            (["a=setup:passive"], "client", "active"),
            (["a=setup:active"], "server", "passive"),
            ([], "server", "passive"),
        ],
    )
    def test_roles(self, protocol: str, setup: list[str], role: str, said: str) -> None:
        lines, spec = answered(dtls(*setup, protocol=protocol))
        assert isinstance(spec.security, Dtls)
        assert (spec.security.fingerprint, spec.security.role) == (THEIRS, role)
        assert f"m=audio 7000 {protocol} 0" in lines
        assert f"a=fingerprint:sha-256 {OURS}" in lines
        assert f"a=setup:{said}" in lines

    def test_session_level_and_small_letters(self) -> None:
        offer = f"a=setup:actpass\na=fingerprint:sha-256 {THEIRS.lower()}\nm=audio 4000 UDP/TLS/RTP/SAVPF 0\n"
        assert answered(offer)[1].security == Dtls(THEIRS, "client")

    @pytest.mark.parametrize(
        "stream",
        [
            "m=audio 4000 UDP/TLS/RTP/SAVPF 0\n",
            "m=audio 4000 UDP/TLS/RTP/SAVPF 0\na=fingerprint:sha-1 AA:BB\n",
            f"m=audio 4000 UDP/TLS/RTP/SAVPF 0\na=fingerprint:sha-256 {THEIRS}:00\n",
            dtls("a=setup:holdconn"),
            dtls("a=setup:nonsense"),
        ],
    )
    def test_what_is_no_dtls_is_refused(self, stream: str) -> None:
        with pytest.raises(SdpError) as caught:
            answered(stream)
        assert caught.value.status_code == 488

    @pytest.mark.parametrize(("policy", "fingerprint"), [("never", OURS), ("optional", ""), ("always", "")])
    def test_is_refused_where_there_is_none(self, policy: SrtpPolicy, fingerprint: str) -> None:
        with pytest.raises(SdpError, match="DTLS"):
            answered(dtls("a=setup:actpass"), replace(LOCAL, srtp=policy, fingerprint=fingerprint))

    def test_a_plain_stream_beside_it_is_taken_then(self) -> None:
        lines, spec = answered(
            dtls("a=setup:actpass") + "m=audio 4002 RTP/AVP 0\n", replace(LOCAL, fingerprint="")
        )
        assert (spec.remote_port, "m=audio 0 UDP/TLS/RTP/SAVPF 0" in lines) == (4002, True)

    def test_a_role_lasts_as_long_as_the_peers_certificate(self) -> None:
        media = session()
        answered(dtls("a=setup:active"), media=media)
        assert "a=setup:passive" in answered(dtls("a=setup:actpass"), media=media)[0]
        other = dtls("a=setup:actpass").replace("0C", "0D")
        assert "a=setup:active" in answered(other, media=media)[0]

    def test_an_offer_of_ours_goes_on_with_it(self) -> None:
        media = session()
        answered(dtls("a=setup:active"), media=media)
        (stream,) = parse(media.offer(LOCAL, "sendonly")).media
        assert (stream.protocol, stream.values("setup")) == (PROTOCOLS[0], ["actpass"])
        answer = HEAD + dtls("a=setup:active", "a=recvonly")
        assert media.receive_answer(answer.encode()).security == Dtls(THEIRS, "server")


class TestIce:
    def test_we_are_the_lite_side(self) -> None:
        lines, spec = answered("m=audio 4000 RTP/AVP 0\na=rtcp-mux\n" + login())
        assert spec.rtcp_mux
        assert spec.ice == Ice("00000001", "2".zfill(32), "user", PASSWORD)
        assert lines.index("a=ice-lite") < lines.index("m=audio 7000 RTP/AVP 0")
        assert [line for line in lines if line.startswith(("a=ice-ufrag", "a=ice-pwd", "a=cand"))] == [
            "a=ice-ufrag:00000001",
            f"a=ice-pwd:{'2'.zfill(32)}",
            "a=candidate:1 1 UDP 2130706431 198.51.100.1 7000 typ host",
        ]

    def test_there_is_none_with_another_lite_side(self) -> None:
        lines, spec = answered("a=ice-lite\nm=audio 4000 RTP/AVP 0\na=rtcp-mux\n" + login())
        assert spec.ice is None
        assert not [line for line in lines if line.startswith(("a=ice", "a=cand"))]

    @pytest.mark.parametrize(
        ("stream", "ours"),
        [
            ("m=audio 4000 RTP/AVP 0\n", LOCAL),
            ("m=audio 4000 RTP/AVP 0\n" + login(), LOCAL),
            ("m=audio 4000 RTP/AVP 0\na=rtcp-mux\n" + login(), replace(LOCAL, ice=False)),
            ("m=audio 4000 RTP/AVP 0\na=rtcp-mux\n" + login(user="abc"), LOCAL),
            ("m=audio 4000 RTP/AVP 0\na=rtcp-mux\n" + login(password="short"), LOCAL),
            ("m=audio 4000 RTP/AVP 0\na=rtcp-mux\n" + login(user="us er"), LOCAL),
        ],
    )
    def test_none(self, stream: str, ours: LocalMedia) -> None:
        lines, spec = answered(stream, ours)
        assert spec.ice is None
        assert not [line for line in lines if line.startswith(("a=ice", "a=cand"))]

    def test_a_restart_gets_a_new_login_and_a_repetition_the_same(self) -> None:
        media = session()
        plain = "m=audio 4000 RTP/AVP 0\na=rtcp-mux\n"
        first = answered(plain + login(), media=media)[1].ice
        assert answered(plain + login(), media=media)[1].ice == first
        restarted = answered(plain + login(user="other"), media=media)[1].ice
        assert restarted is not None
        assert first is not None
        assert restarted.local_user != first.local_user

    def test_an_address_of_nowhere_is_no_hold_under_ice(self) -> None:
        stream = "m=audio 9 RTP/AVP 0\nc=IN IP4 0.0.0.0\n"
        assert answered(stream + login())[1].direction == "sendrecv"
        assert answered(stream)[1].direction == "recvonly"

    def test_passwords_are_not_shown(self) -> None:
        spec = answered("m=audio 4000 RTP/AVP 0\n" + login())[1]
        assert PASSWORD not in repr(spec)
        assert "2".zfill(32) not in repr(spec)


class TestMux:
    @pytest.mark.parametrize(
        ("stream", "ours", "muxed"),
        [
            ("m=audio 4000 RTP/AVP 0\na=rtcp-mux\n", LOCAL, False),
            ("m=audio 4000 RTP/AVP 0\na=rtcp-mux\n", replace(LOCAL, rtcp_mux=True), True),
            ("m=audio 4000 RTP/AVP 0\n", replace(LOCAL, rtcp_mux=True), False),
            (dtls("a=rtcp-mux"), LOCAL, True),
            (dtls("a=rtcp-mux-only"), LOCAL, True),
            (dtls(), LOCAL, False),
        ],
    )
    def test_is_agreed_by_both(self, stream: str, ours: LocalMedia, muxed: bool) -> None:
        lines, spec = answered(stream, ours)
        assert (spec.rtcp_mux, "a=rtcp-mux" in lines) == (muxed, muxed)


class TestBundles:
    BUNDLE = (
        "a=group:BUNDLE 0 1 2\n"
        "m=audio 4000 RTP/AVP 0\na=mid:0\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\n"
        "m=video 4000 RTP/AVP 96\na=mid:1\na=bundle-only\n"
        "m=application 4000 UDP/DTLS/SCTP webrtc-datachannel\na=mid:2\n"
    )

    def test_our_stream_keeps_its_name_and_the_rest_is_rejected(self) -> None:
        lines, _ = answered(self.BUNDLE)
        assert [line for line in lines if line.startswith(("m=", "a=mid", "a=group", "a=ext"))] == [
            "m=audio 7000 RTP/AVP 0",
            "a=mid:0",
            "m=video 0 RTP/AVP 96",
            "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
        ]

    @pytest.mark.parametrize("name", ["", "a b", "x" * 33, "<script>"])
    def test_strange_names_are_not_repeated(self, name: str) -> None:
        lines, _ = answered(f"m=audio 4000 RTP/AVP 0\na=mid:{name}\n")
        assert not [line for line in lines if line.startswith("a=mid")]
