"""What SIP legs may speak, whom their streams may be sent to, and what media is told."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from gateway.config import MediaSettings, TrunkSettings
from gateway.legs.media_policy import DEFAULT, of_caller, of_domain, of_trunk, of_uri
from gateway.legs.sip_media import SipMedia, start_rtp, towards
from gateway.media_plane import MediaPlane
from gateway.routing.domains import SipDirectory
from gateway.routing.stream_hosts import StreamHosts
from gateway.routing.trunks import Trunks
from gateway.store.records import SipDomainRecord
from media.control import DtlsPeer, IceLite, SdesKeys, StartRtp
from signalling.sdp.destinations import Destinations
from signalling.sdp.stream import Dtls, Ice, LocalMedia, Sdes, SrtpKey, SrtpPolicy, StreamSpec
from signalling.sip.calls import Flow, IncomingCall

pytestmark = pytest.mark.unit

TRUNK = TrunkSettings(name="carrier", host="10.0.0.1", networks=("10.9.0.0/16",))


class TestPolicy:
    def test_by_default_every_codec_is_taken_and_narrow_band_wanted(self) -> None:
        local = DEFAULT.apply(LocalMedia("192.0.2.1", 4000))
        assert (local.codecs, local.order) == (("PCMU", "PCMA", "G722", "opus"), "ours")
        assert (local.address, local.port, local.srtp) == ("192.0.2.1", 4000, "never")

    @pytest.mark.parametrize(
        ("transport", "srtp"), [("udp", "never"), ("tls", "never"), ("ws", "optional"), ("wss", "optional")]
    )
    def test_browsers_may_encrypt_wherever_they_call(self, transport: str, srtp: SrtpPolicy) -> None:
        assert of_caller(transport) == replace(DEFAULT, srtp=srtp)

    def test_a_trunk_says_codecs_encryption_and_keys(self) -> None:
        trunk = TrunkSettings(name="wide", codecs=("opus", "PCMA"), srtp="always", dtmf="in-band")
        policy = of_trunk(trunk)
        assert (policy.codecs, policy.srtp, policy.in_band_dtmf) == (("opus", "PCMA"), "always", True)
        assert not of_trunk(TRUNK).in_band_dtmf

    def test_a_trunk_that_says_nothing_takes_what_everybody_takes(self) -> None:
        assert of_trunk(TRUNK) == DEFAULT

    def test_a_trunk_says_how_packets_are(self) -> None:
        trunk = TrunkSettings(name="tight", ptime_ms=40, rtcp_mux=True, comfort_noise=True)
        local = of_trunk(trunk).apply(LocalMedia("192.0.2.1", 4000))
        assert (local.ptime_ms, local.rtcp_mux, local.comfort_noise) == (40, True, True)
        usual = of_trunk(TRUNK).apply(LocalMedia("192.0.2.1", 4000))
        assert (usual.ptime_ms, usual.rtcp_mux, usual.comfort_noise) == (20, False, False)

    @pytest.mark.parametrize("srtp", ["never", "optional", "always"])
    def test_a_domain_says_encryption(self, srtp: SrtpPolicy) -> None:
        record = SipDomainRecord(
            name="office", account="a", application_id="b", acl=(), srtp=srtp, created="2026-01-01T00:00:00Z"
        )
        assert of_domain(record).srtp == srtp

    @pytest.mark.parametrize(
        ("parameters", "srtp"),
        [
            ({"media": "srtp"}, "always"),
            ({"media": "SRTP"}, "always"),
            ({"media": "rtp"}, "never"),
            ({"media": None}, "never"),
            ({}, "never"),
        ],
    )
    def test_an_address_can_ask_for_encryption(self, parameters: dict[str, str | None], srtp: str) -> None:
        assert of_uri(parameters).srtp == srtp


class TestSignalling:
    """Media is told where a peer signals from: its RTP may come from there, whatever its SDP says."""

    STREAM = StreamSpec("192.0.2.9", 5000, "PCMA", 8, 101)

    def test_of_a_caller_until_its_leg_is_over(self) -> None:
        told: list[StartRtp] = []
        audio = self.audio(told)
        flow = Flow("udp", ("203.0.113.5", 5060), ("192.0.2.1", 5060))
        audio.expect("leg", cast("IncomingCall", SimpleNamespace(flow=flow, domain=None)), TRUNK)
        audio.start("leg", self.STREAM)
        audio.forget("leg")
        audio.start("leg", self.STREAM)
        assert [command.signalling_host for command in told] == ["203.0.113.5", None]

    def test_of_who_was_called(self) -> None:
        told: list[StartRtp] = []
        audio = self.audio(told)
        audio.signals_from("leg", "203.0.113.5")
        audio.start("leg", self.STREAM)
        assert told[0].signalling_host == "203.0.113.5"

    @staticmethod
    def audio(told: list[StartRtp]) -> SipMedia:
        media = cast("MediaPlane", SimpleNamespace(send=told.append, fingerprint="AB"))
        hosts = StreamHosts((), Trunks(), "192.0.2.1")
        return SipMedia(media, MediaSettings(), cast("SipDirectory", None), hosts)


class TestHosts:
    @pytest.mark.parametrize(
        ("host", "allowed"),
        [
            ("8.8.8.8", True),
            ("10.0.0.7", False),
            ("10.9.1.1", True),
            ("172.16.0.9", True),
            ("172.17.0.9", False),
            ("127.0.0.1", False),
            ("169.254.169.254", False),
            ("2001:4860:4860::8888", True),
            ("fd00::1", False),
            ("9.9.9.9", False),
        ],
    )
    def test_public_listed_and_trunks(self, host: str, allowed: bool) -> None:
        hosts = StreamHosts(("172.16.0.0/24",), Trunks([TRUNK]), "9.9.9.9")
        assert hosts.allows(host) is allowed

    def test_our_own_address_only_if_it_is_listed(self) -> None:
        assert StreamHosts(("127.0.0.0/8",), Trunks(), "127.0.0.1").allows("127.0.0.1")
        assert not StreamHosts((), Trunks([TRUNK]), "10.9.0.1").allows("10.9.0.1")

    def test_each_peer_may_name_its_own_address(self) -> None:
        rule = Destinations(str.isalpha)
        local = towards(LocalMedia("192.0.2.1", 4000, destinations=rule), "10.1.1.1")
        assert local.destinations == Destinations(rule.allows, "10.1.1.1")
        plain = LocalMedia("192.0.2.1", 4000)
        assert towards(plain, "10.1.1.1") is plain


class TestStartRtp:
    def test_a_plain_stream(self) -> None:
        assert start_rtp("leg", StreamSpec("192.0.2.9", 5000, "PCMA", 8, 101)) == StartRtp(
            leg="leg",
            remote_host="192.0.2.9",
            remote_port=5000,
            codec="PCMA",
            payload_type=8,
            dtmf_payload_type=101,
        )

    def test_all_that_can_be_agreed_on(self) -> None:
        keys = Sdes(SrtpKey("AEAD_AES_128_GCM", b"o" * 28), SrtpKey("AEAD_AES_128_GCM", b"t" * 28))
        stream = StreamSpec(
            "2001:db8::9",
            5000,
            "opus",
            111,
            110,
            "recvonly",
            ptime_ms=60,
            dtmf_rate=48_000,
            cn_payload_type=13,
            rtcp_mux=True,
            security=keys,
            ice=Ice("a", "b", "c", "d"),
            in_band_dtmf=True,
        )
        assert start_rtp("leg", stream) == StartRtp(
            leg="leg",
            remote_host="2001:db8::9",
            remote_port=5000,
            codec="opus",
            payload_type=111,
            dtmf_payload_type=110,
            direction="recvonly",
            ptime_ms=60,
            dtmf_rate=48_000,
            cn_payload_type=13,
            rtcp_mux=True,
            security=SdesKeys(
                suite="AEAD_AES_128_GCM",
                key=b"o" * 28,
                peer_suite="AEAD_AES_128_GCM",
                peer_key=b"t" * 28,
            ),
            ice=IceLite(local_user="a", local_password="b", remote_user="c", remote_password="d"),
            in_band_dtmf=True,
        )

    def test_dtls(self) -> None:
        stream = StreamSpec("192.0.2.9", 5000, "PCMA", 8, None, security=Dtls("AB:CD", "client"))
        assert start_rtp("leg", stream).security == DtlsPeer(fingerprint="AB:CD", role="client")
