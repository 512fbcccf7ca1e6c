"""Formats of streams: which codec is chosen, by which number, in packets of which length."""

import pytest

from signalling.sdp.formats import FIRST_DYNAMIC, LAST_PAYLOAD_TYPE, PayloadTypes
from signalling.sdp.negotiation import OfferAnswer, SdpError
from signalling.sdp.parse import parse
from signalling.sdp.stream import CodecName, CodecOrder, LocalMedia, StreamSpec

pytestmark = pytest.mark.unit

HEAD = "v=0\no=- 3 4 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"
ALL: tuple[CodecName, ...] = ("PCMU", "PCMA", "G722", "opus")
WIDE = """m=audio 4000 RTP/AVP 111 9 8 0 101 110 13
a=rtpmap:111 opus/48000/2
a=rtpmap:101 telephone-event/8000
a=rtpmap:110 telephone-event/48000
"""


def local(
    *codecs: CodecName, order: CodecOrder = "theirs", ptime_ms: int = 20, comfort_noise: bool = False
) -> LocalMedia:
    return LocalMedia(
        "198.51.100.1", 7000, codecs or ALL, order=order, ptime_ms=ptime_ms, comfort_noise=comfort_noise
    )


def answered(stream: str, ours: LocalMedia) -> tuple[str, StreamSpec]:
    media = OfferAnswer()
    media.receive_offer((HEAD + stream).encode())
    sdp, spec = media.answer(ours)
    return sdp.decode(), spec


class TestCodec:
    @pytest.mark.parametrize(
        ("ours", "codec", "number"),
        [
            (local(), "opus", 111),
            (local(order="ours"), "PCMU", 0),
            (local("PCMA", "opus", order="ours"), "PCMA", 8),
            (local("G722", "PCMU"), "G722", 9),
            (local("PCMU", "PCMA"), "PCMA", 8),
        ],
    )
    def test_order(self, ours: LocalMedia, codec: str, number: int) -> None:
        spec = answered(WIDE, ours)[1]
        assert (spec.codec, spec.payload_type) == (codec, number)

    def test_opus_says_that_we_repair_losses(self) -> None:
        sdp, _ = answered(WIDE, local("opus"))
        assert "m=audio 7000 RTP/AVP 111 110\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1" in sdp

    @pytest.mark.parametrize("name", ["opus/48000/2", "OPUS/48000/2", "opus/48000"])
    def test_names_of_opus(self, name: str) -> None:
        assert answered(f"m=audio 4 RTP/AVP 96\na=rtpmap:96 {name}\n", local())[1].codec == "opus"

    def test_l16_is_agreed_to_where_it_is_asked_for(self) -> None:
        theirs = "m=audio 4 RTP/AVP 97 0\na=rtpmap:97 L16/16000\n"
        assert answered(theirs, local())[1].codec == "PCMU"
        spec = answered(theirs, local("L16", "PCMU"))[1]
        assert (spec.codec, spec.payload_type) == ("L16", 97)
        assert answered(theirs.replace("16000", "44100"), local("L16", "PCMU"))[1].codec == "PCMU"

    @pytest.mark.parametrize("name", ["opus/8000", "PCMU/16000", "G729/8000", "PCMU/8000/2", ""])
    def test_strange_clocks_are_other_codecs(self, name: str) -> None:
        with pytest.raises(SdpError, match="no common codec"):
            answered(f"m=audio 4 RTP/AVP 96\na=rtpmap:96 {name}\n", local())


class TestDtmf:
    @pytest.mark.parametrize(("codec", "number", "rate"), [("opus", 110, 48_000), ("PCMA", 101, 8000)])
    def test_the_clock_is_that_of_the_codec(self, codec: CodecName, number: int, rate: int) -> None:
        sdp, spec = answered(WIDE, local(codec))
        assert (spec.dtmf_payload_type, spec.dtmf_rate) == (number, rate)
        assert f"a=rtpmap:{number} telephone-event/{rate}\r\na=fmtp:{number} 0-15\r\n" in sdp

    @pytest.mark.parametrize("rate", [8000, 16_000])
    def test_another_clock_when_there_is_no_better(self, rate: int) -> None:
        offer = f"m=audio 4 RTP/AVP 96 97\na=rtpmap:96 opus/48000/2\na=rtpmap:97 telephone-event/{rate}\n"
        spec = answered(offer, local())[1]
        assert (spec.dtmf_payload_type, spec.dtmf_rate) == (97, rate)

    def test_none_at_a_clock_that_nobody_has(self) -> None:
        offer = "m=audio 4 RTP/AVP 0 97\na=rtpmap:97 telephone-event/44100\n"
        assert answered(offer, local())[1].dtmf_payload_type is None

    @pytest.mark.parametrize(("offered", "in_band"), [("0 101", False), ("0", True)])
    def test_tones_are_listened_for_where_there_are_no_events(self, offered: str, in_band: bool) -> None:
        ours = LocalMedia("198.51.100.1", 7000, in_band_dtmf=True)
        offer = f"m=audio 4 RTP/AVP {offered}\na=rtpmap:101 telephone-event/8000\n"
        assert answered(offer, ours)[1].in_band_dtmf is in_band


class TestComfortNoise:
    def test_is_answered_when_we_take_it(self) -> None:
        sdp, spec = answered(WIDE, local("PCMU", comfort_noise=True))
        assert spec.cn_payload_type == 13
        assert "m=audio 7000 RTP/AVP 0 13 101\r\n" in sdp

    @pytest.mark.parametrize("ours", [local("PCMU"), local("opus", comfort_noise=True)])
    def test_is_not_answered_otherwise(self, ours: LocalMedia) -> None:
        sdp, spec = answered(WIDE, ours)
        assert spec.cn_payload_type is None
        assert "CN/" not in sdp


class TestPacketTime:
    @pytest.mark.parametrize(
        ("said", "ms"),
        [
            ("", 20),
            ("a=ptime:10\n", 10),
            ("a=ptime:30\n", 30),
            ("a=ptime:50\n", 50),
            ("a=ptime:60\n", 60),
            ("a=ptime:25\n", 20),
            ("a=ptime:5\n", 10),
            ("a=ptime:500\n", 60),
            ("a=ptime:0\n", 20),
            ("a=ptime:20.5\n", 20),
            ("a=ptime:99999999999\n", 20),
            ("a=maxptime:10\n", 10),
            ("a=ptime:60\na=maxptime:40\n", 40),
            ("a=ptime:20\na=maxptime:150\n", 20),
        ],
    )
    def test_g711(self, said: str, ms: int) -> None:
        assert answered(f"m=audio 4 RTP/AVP 0\n{said}", local())[1].ptime_ms == ms

    @pytest.mark.parametrize(("wish", "ms"), [(10, 10), (30, 20), (50, 40), (120, 60)])
    def test_opus_has_frames_of_its_own(self, wish: int, ms: int) -> None:
        offer = f"m=audio 4 RTP/AVP 96\na=rtpmap:96 opus/48000/2\na=ptime:{wish}\n"
        assert answered(offer, local())[1].ptime_ms == ms

    def test_ours_is_what_we_ask_for_and_what_a_silent_peer_gets(self) -> None:
        sdp, spec = answered("m=audio 4 RTP/AVP 0\n", local(ptime_ms=40))
        assert "a=ptime:40\r\n" in sdp
        assert spec.ptime_ms == 40


class TestNumbers:
    def test_an_offer_of_everything(self) -> None:
        offer = OfferAnswer().offer(local(comfort_noise=True)).decode()
        assert "m=audio 7000 RTP/AVP 0 8 9 111 13 101 110\r\n" in offer
        assert "a=rtpmap:9 G722/8000\r\n" in offer
        assert "a=rtpmap:13 CN/8000\r\n" in offer

    def test_the_peers_numbers_are_kept_in_offers_of_ours(self) -> None:
        media = OfferAnswer()
        media.receive_offer(
            (HEAD + "m=audio 4 RTP/AVP 101 111\na=rtpmap:101 opus/48000/2\na=rtpmap:111 iLBC/8000\n").encode()
        )
        media.answer(local("opus"))
        names = dict(value.split(" ") for value in parse(media.offer(local())).media[0].values("rtpmap"))
        assert names["101"] == "opus/48000/2"
        assert "111" not in names
        assert sorted(names.values()) == [
            "G722/8000",
            "PCMA/8000",
            "PCMU/8000",
            "opus/48000/2",
            "telephone-event/48000",
            "telephone-event/8000",
        ]

    def test_a_number_never_changes_its_meaning(self) -> None:
        media = OfferAnswer()
        first = parse(media.offer(local())).media[0].values("rtpmap")
        media.rollback()
        media.offer(local("opus"))
        media.rollback()
        assert parse(media.offer(local())).media[0].values("rtpmap") == first

    def test_when_all_numbers_are_taken_ours_is_used_all_the_same(self) -> None:
        numbers = PayloadTypes()
        numbers.learn(
            (number, f"JUNK{number}/8000") for number in range(FIRST_DYNAMIC, LAST_PAYLOAD_TYPE + 1)
        )
        assert numbers.number("OPUS/48000/2", 111) == 111
