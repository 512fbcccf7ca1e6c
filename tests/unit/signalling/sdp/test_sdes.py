"""`a=crypto` lines, and what comes of them under each policy."""

import base64
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sdp.negotiation import OfferAnswer, SdpError
from signalling.sdp.parse import parse
from signalling.sdp.sdes import MAX_CRYPTO, SUITES, read_crypto
from signalling.sdp.stream import LocalMedia, Sdes, SrtpKey, SrtpPolicy, StreamSpec

pytestmark = pytest.mark.unit

HEAD = "v=0\no=- 3 4 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"
KEY = bytes(range(30))
INLINE = "inline:" + base64.b64encode(KEY).decode()
GCM = "inline:" + base64.b64encode(bytes(range(28))).decode()
SHA80 = f"1 AES_CM_128_HMAC_SHA1_80 {INLINE}"
SHA32 = f"2 AES_CM_128_HMAC_SHA1_32 {INLINE}"


class Keys:
    """A source of octets that never gives the same twice."""

    def __init__(self, start: int = 0) -> None:
        self._next = start

    def __call__(self, octets: int) -> bytes:
        self._next += 1
        return self._next.to_bytes(octets, "big")


def ours(policy: SrtpPolicy) -> LocalMedia:
    return LocalMedia("198.51.100.1", 7000, srtp=policy)


def body(protocol: str, *crypto: str, port: int = 4000) -> str:
    return f"m=audio {port} {protocol} 0\n" + "".join(f"a=crypto:{line}\n" for line in crypto)


def answered(policy: SrtpPolicy, *streams: str) -> tuple[list[str], StreamSpec]:
    media = OfferAnswer(1, Keys())
    media.receive_offer((HEAD + "".join(streams)).encode())
    sdp, spec = media.answer(ours(policy))
    wanted = ("m=", "a=crypto")
    return [line for line in sdp.decode().split("\r\n") if line.startswith(wanted)], spec


def our_line(tag: int, suite: str, number: int = 1) -> str:
    octets = number.to_bytes(28 if "GCM" in suite else 30, "big")
    return f"a=crypto:{tag} {suite} inline:{base64.b64encode(octets).decode()}"


class TestLines:
    @pytest.mark.parametrize(
        "line",
        [
            SHA80,
            SHA32,
            f"3 AEAD_AES_128_GCM {GCM}",
            f"1 aes_cm_128_hmac_sha1_80 {INLINE}",
            f"1 AES_CM_128_HMAC_SHA1_80 {INLINE}|2^20",
            f"1 AES_CM_128_HMAC_SHA1_80 {INLINE}|2^48",
            f"1 AES_CM_128_HMAC_SHA1_80 {INLINE}|1048576",
            f"1 AES_CM_128_HMAC_SHA1_80 {INLINE} WSH=64",
            f"1 AES_CM_128_HMAC_SHA1_80 {INLINE} -FUTURE",
            f"999999999  AES_CM_128_HMAC_SHA1_80   {INLINE} ",
        ],
    )
    def test_taken(self, line: str) -> None:
        assert len(read_crypto([line])) == 1

    @pytest.mark.parametrize(
        "line",
        [
            "",
            "1",
            "x AES_CM_128_HMAC_SHA1_80 " + INLINE,
            f"1234567890 AES_CM_128_HMAC_SHA1_80 {INLINE}",
            f"1 AES_256_CM_HMAC_SHA1_80 {INLINE}",
            f"1 F8_128_HMAC_SHA1_80 {INLINE}",
            "1 AES_CM_128_HMAC_SHA1_80 inline:",
            "1 AES_CM_128_HMAC_SHA1_80 inline:not-base64",
            f"1 AES_CM_128_HMAC_SHA1_80 {GCM}",
            f"1 AEAD_AES_128_GCM {INLINE}",
            f"1 AES_CM_128_HMAC_SHA1_80 uri:{INLINE}",
            f"1 AES_CM_128_HMAC_SHA1_80 {INLINE}|1:4",
            f"1 AES_CM_128_HMAC_SHA1_80 {INLINE}|2^20|1:4",
            f"1 AES_CM_128_HMAC_SHA1_80 {INLINE}|2^19",
            f"1 AES_CM_128_HMAC_SHA1_80 {INLINE}|1000",
            f"1 AES_CM_128_HMAC_SHA1_80 {INLINE};{INLINE}",
            f"1 AES_CM_128_HMAC_SHA1_80 {INLINE} UNENCRYPTED_SRTP",
            f"1 AES_CM_128_HMAC_SHA1_80 {INLINE} KDR=24",
            f"1 AES_CM_128_HMAC_SHA1_80 {INLINE} WSH=64 UNAUTHENTICATED_SRTP",
        ],
    )
    def test_passed_over(self, line: str) -> None:
        assert read_crypto([line]) == ()

    def test_many_lines_are_not_looked_at(self) -> None:
        lines = ["1 NONE inline:AAAA"] * MAX_CRYPTO
        assert len(read_crypto([*lines[1:], SHA80])) == 1
        assert read_crypto([*lines, SHA80]) == ()

    @given(st.lists(st.text(max_size=80), max_size=4))
    def test_any_text(self, lines: list[str]) -> None:
        assert len(read_crypto(lines)) <= len(lines)

    @given(st.sampled_from(sorted(SUITES)), st.data())
    def test_what_we_write_is_read(self, suite: str, data: st.DataObject) -> None:
        known = next(name for name in SUITES if name == suite)
        key = data.draw(st.binary(min_size=SUITES[known], max_size=SUITES[known]))
        (crypto,) = read_crypto([f"7 {suite} inline:{base64.b64encode(key).decode()}"])
        assert (crypto.key, read_crypto([str(crypto)])) == (SrtpKey(known, key), (crypto,))


class TestAnswers:
    @pytest.mark.parametrize("policy", ["optional", "always"])
    @pytest.mark.parametrize("protocol", ["RTP/SAVP", "RTP/SAVPF", "RTP/AVP", "rtp/savp"])
    def test_keys_are_exchanged_in_the_peers_profile(self, policy: SrtpPolicy, protocol: str) -> None:
        lines, spec = answered(policy, body(protocol, SHA32, SHA80))
        assert lines == [f"m=audio 7000 {protocol.upper()} 0", our_line(2, "AES_CM_128_HMAC_SHA1_32")]
        assert spec.security == Sdes(
            SrtpKey("AES_CM_128_HMAC_SHA1_32", bytes(29) + b"\1"), SrtpKey("AES_CM_128_HMAC_SHA1_32", KEY)
        )

    def test_gcm(self) -> None:
        lines, _ = answered("always", body("RTP/SAVP", f"5 AEAD_AES_128_GCM {GCM}"))
        assert lines[1:] == [our_line(5, "AEAD_AES_128_GCM")]

    @pytest.mark.parametrize(
        ("policy", "stream", "reason"),
        [
            ("never", body("RTP/SAVP", SHA80), "no SRTP here"),
            ("always", body("RTP/AVP"), "not encrypted"),
            ("always", body("RTP/AVP", "1 NONE inline:AAAA"), "not encrypted"),
            ("optional", body("RTP/SAVP", "1 NONE inline:AAAA"), "no common crypto suite"),
            ("optional", body("RTP/SAVP"), "no common crypto suite"),
        ],
    )
    def test_488(self, policy: SrtpPolicy, stream: str, reason: str) -> None:
        with pytest.raises(SdpError, match=reason) as caught:
            answered(policy, stream)
        assert caught.value.status_code == 488

    @pytest.mark.parametrize("policy", ["never", "optional"])
    def test_plain_peers_stay_plain(self, policy: SrtpPolicy) -> None:
        lines, spec = answered(policy, body("RTP/AVP"))
        assert (lines, spec.security) == (["m=audio 7000 RTP/AVP 0"], None)

    def test_an_offer_of_keys_is_passed_over_where_policy_says_never(self) -> None:
        assert answered("never", body("RTP/AVP", SHA80))[0] == ["m=audio 7000 RTP/AVP 0"]

    @pytest.mark.parametrize(
        ("policy", "taken"), [("never", "RTP/AVP"), ("optional", "RTP/SAVP"), ("always", "RTP/SAVP")]
    )
    def test_of_two_streams_the_policy_takes_the_first_that_it_can(
        self, policy: SrtpPolicy, taken: str
    ) -> None:
        lines, spec = answered(policy, body("RTP/SAVP", SHA80), body("RTP/AVP", port=4002))
        ports = {line.split()[2]: line.split()[1] for line in lines if line.startswith("m=")}
        assert {protocol: port != "0" for protocol, port in ports.items()} == {
            "RTP/SAVP": taken == "RTP/SAVP",
            "RTP/AVP": taken == "RTP/AVP",
        }
        assert spec.remote_port == (4000 if taken == "RTP/SAVP" else 4002)

    def test_a_check_says_the_same_and_changes_nothing(self) -> None:
        media = OfferAnswer(1, Keys())
        media.receive_offer((HEAD + body("RTP/AVP")).encode())
        with pytest.raises(SdpError, match="not encrypted"):
            media.check(ours("always"))
        media.check(ours("never"))
        assert media.answer(ours("never"))[1].security is None


class TestOffers:
    @pytest.mark.parametrize(
        ("policy", "protocol"), [("never", "RTP/AVP"), ("optional", "RTP/AVP"), ("always", "RTP/SAVP")]
    )
    def test_policy(self, policy: SrtpPolicy, protocol: str) -> None:
        (stream,) = parse(OfferAnswer(1, Keys()).offer(ours(policy))).media
        suites = [] if policy == "never" else list(SUITES)
        assert stream.protocol == protocol
        assert [line.split()[1] for line in stream.values("crypto")] == suites

    @pytest.mark.parametrize("protocol", ["RTP/AVP", "RTP/SAVP"])
    def test_the_peer_chooses_the_suite(self, protocol: str) -> None:
        media = OfferAnswer(1, Keys())
        media.offer(ours("optional"))
        spec = media.receive_answer((HEAD + body(protocol, SHA32)).encode())
        assert spec.security == Sdes(
            SrtpKey("AES_CM_128_HMAC_SHA1_32", bytes(29) + b"\2"), SrtpKey("AES_CM_128_HMAC_SHA1_32", KEY)
        )

    @pytest.mark.parametrize(("policy", "fails"), [("optional", False), ("always", True)])
    def test_a_peer_without_keys(self, policy: SrtpPolicy, fails: bool) -> None:
        media = OfferAnswer(1, Keys())
        media.offer(ours(policy))
        answer = (HEAD + body("RTP/AVP")).encode()
        if fails:
            with pytest.raises(SdpError, match="not encrypted"):
                media.receive_answer(answer)
        else:
            assert media.receive_answer(answer).security is None

    def test_a_session_without_a_source_of_secrets_makes_none(self) -> None:
        with pytest.raises(SdpError) as caught:
            OfferAnswer().offer(ours("always"))
        assert caught.value.status_code == 500


class TestLaterExchanges:
    def media(self) -> OfferAnswer:
        media = OfferAnswer(1, Keys())
        media.receive_offer((HEAD + body("RTP/SAVP", SHA80)).encode())
        media.answer(ours("optional"))
        return media

    def again(self, media: OfferAnswer, key: bytes) -> Sdes:
        line = f"1 AES_CM_128_HMAC_SHA1_80 inline:{base64.b64encode(key).decode()}"
        media.receive_offer((HEAD + body("RTP/SAVP", line)).encode())
        security = media.answer(ours("optional"))[1].security
        assert isinstance(security, Sdes)
        return security

    def test_an_offer_that_is_repeated_gets_the_same_keys(self) -> None:
        media = self.media()
        before = media.stream
        self.again(media, KEY)
        assert media.stream == before

    def test_new_keys_of_the_peer_get_new_keys(self) -> None:
        media = self.media()
        before = media.stream.security if media.stream else None
        after = self.again(media, KEY[::-1])
        assert isinstance(before, Sdes)
        assert (after.theirs.key, after.ours != before.ours) == (KEY[::-1], True)

    def test_an_offer_of_ours_keeps_profile_and_key(self) -> None:
        media = self.media()
        (stream,) = parse(media.offer(ours("optional"), "sendonly")).media
        assert stream.protocol == "RTP/SAVP"
        assert f"a=crypto:{stream.values('crypto')[0]}" == our_line(1, "AES_CM_128_HMAC_SHA1_80")


def secrets_shown() -> Iterator[str]:
    media = OfferAnswer(1, Keys())
    media.offer(ours("always"))
    yield repr(media.receive_answer((HEAD + body("RTP/SAVP", SHA80)).encode()))
    yield repr(read_crypto([SHA80]))
    with pytest.raises(SdpError) as caught:
        answered("never", body("RTP/SAVP", SHA80))
    yield repr(caught.value) + str(caught.value)


@pytest.mark.parametrize("shown", list(secrets_shown()))
def test_no_key_is_shown(shown: str) -> None:
    assert repr(KEY)[2:-1] not in shown
    assert INLINE[7:] not in shown
