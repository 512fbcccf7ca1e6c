"""One call of a phone with a gateway, as a capture shows it: its keys, and what is under them.

What was sealed is opened by libsrtp under the keys that the descriptions name, in the order of the capture:
it knows what comes again, and what nobody sealed.
"""

import base64
import contextlib
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pylibsrtp

from tests.support.capture import Datagram, Endpoint

PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    "AEAD_AES_128_GCM": pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
}
CRYPTO = re.compile(rb"^a=crypto:\d+ (\w+) inline:([\w+/=]+)", re.MULTILINE)
AUDIO = re.compile(rb"^m=audio (\d+) ", re.MULTILINE)
REPORTS = range(192, 224)
"""Second octets of RTCP (RFC 5761 section 4)."""

TAG = 10
"""Octets, of SRTCP under either of the suites with HMAC-SHA1."""

Key = tuple[str, bytes]


class Sealed(NamedTuple):
    """A packet of the gateway, and the key that opened it: None where none did, or it came before."""

    octets: bytes
    key: Key | None
    plain: bytes

    @property
    def is_report(self) -> bool:
        """Whether it is RTCP."""
        return self.octets[1] in REPORTS

    @property
    def stream(self) -> bytes:
        """The SSRC."""
        return self.octets[4:8] if self.is_report else self.octets[8:12]

    @property
    def number(self) -> bytes:
        """What must not come twice in a stream, within 65536 packets: as it is on the wire."""
        if not self.is_report:
            return self.octets[2:4]
        # RFC 3711 section 3.4, RFC 7714 section 9.2: which of the two ends with the tag.
        is_gcm = self.key is not None and self.key[0].startswith("AEAD")
        return self.octets[-4:] if is_gcm else self.octets[-4 - TAG : -TAG]


class Overheard:
    """What went between the SIP port of a phone and that of a gateway, and the sound that they agreed on."""

    def __init__(self, datagrams: Sequence[Datagram], gateway_port: int, phone_port: int) -> None:
        self._datagrams = list(datagrams)
        self._gateway, self._phone = gateway_port, phone_port

    @property
    def gateway(self) -> Endpoint:
        """Where the gateway takes the phone's sound."""
        return self._audio(self._gateway, self._phone)

    @property
    def phone(self) -> Endpoint:
        """Where the phone takes the gateway's."""
        return self._audio(self._phone, self._gateway)

    def answers(self, word: bytes) -> int:
        """Messages of the gateway with this attribute."""
        return sum(
            b"\r\na=" + word + b"\r\n" in message for message in self._said(self._gateway, self._phone)
        )

    def sent_by_phone(self) -> list[bytes]:
        """Its RTP, as it is on the wire."""
        ends = self.phone, self.gateway
        return [one.payload for one in self._datagrams if (one.source, one.target) == ends]

    def sent_by_gateway(self) -> list[Sealed]:
        """Its RTP and RTCP, wherever it went."""
        ports = self.gateway[1], self.gateway[1] + 1
        sessions = {key: _session(key) for key in self._keys()}
        media = [one.payload for one in self._datagrams if one.source[1] in ports]
        return [_open(sessions, octets) for octets in media]

    def _keys(self) -> list[Key]:
        """Those that the gateway has named, the newest first."""
        said = [CRYPTO.findall(message) for message in self._said(self._gateway, self._phone)]
        keys = [(suite.decode(), base64.b64decode(key)) for message in said for suite, key in message]
        return list(dict.fromkeys(reversed(keys)))

    def _audio(self, source: int, target: int) -> Endpoint:
        ports = [int(port) for message in self._said(source, target) for port in AUDIO.findall(message)]
        return "127.0.0.1", ports[-1]

    def _said(self, source: int, target: int) -> list[bytes]:
        ends = source, target
        return [one.payload for one in self._datagrams if (one.source[1], one.target[1]) == ends]


def _session(key: Key) -> pylibsrtp.Session:
    suite, octets = key
    policy = pylibsrtp.Policy(
        key=octets, ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND, srtp_profile=PROFILES[suite]
    )
    return pylibsrtp.Session(policy=policy)


def _open(sessions: Mapping[Key, pylibsrtp.Session], octets: bytes) -> Sealed:
    for key, session in sessions.items():
        read = session.unprotect_rtcp if octets[1] in REPORTS else session.unprotect
        with contextlib.suppress(pylibsrtp.Error):
            return Sealed(octets, key, read(octets))
    return Sealed(octets, None, b"")
