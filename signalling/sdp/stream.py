"""What signalling and media tell each other about one audio stream, as values.

`LocalMedia` is what we can offer: where we listen. `StreamSpec` is the outcome of an offer/answer exchange
(RFC 3264): where to send, in which codec, under which keys. SDP itself never leaves this package.
"""

from dataclasses import dataclass
from typing import Literal

from signalling.sdp.destinations import Destinations

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
"""RFC 3264 section 5.1, always seen from our side."""

CodecName = Literal["PCMU", "PCMA", "G722", "L16", "opus"]
"""As in `a=rtpmap` (RFC 3551 section 6, RFC 7587 section 7)."""

SrtpSuite = Literal["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM"]
"""Crypto suites of `a=crypto` (RFC 4568 section 6.2, RFC 7714 section 14)."""

SrtpPolicy = Literal["never", "optional", "always"]
"""Whether a stream is encrypted: `optional` offers it and takes a stream without."""

CodecOrder = Literal["ours", "theirs"]
"""Whose preference decides when we answer an offer of several codecs."""


@dataclass(frozen=True, slots=True)
class SrtpKey:
    """One direction's key of SDES (RFC 4568): `key` is master key and salt, 30 octets for CM, 28 for GCM."""

    suite: SrtpSuite
    key: bytes

    def __repr__(self) -> str:
        """Without the key: whatever shows a stream may end in a log."""
        return f"SrtpKey({self.suite})"


@dataclass(frozen=True, slots=True)
class Sdes:
    """The keys of a stream that SDP agreed on: ours to send with, the peer's to receive with."""

    ours: SrtpKey
    theirs: SrtpKey


@dataclass(frozen=True, slots=True)
class Dtls:
    """DTLS-SRTP (RFC 5763): the peer's certificate, and which side begins the handshake."""

    fingerprint: str
    """SHA-256 of the peer's certificate, upper-case hexadecimal with colons (RFC 8122 section 5)."""
    role: Literal["client", "server"]
    """Ours."""


@dataclass(frozen=True, slots=True)
class Ice:
    """ICE as the lite side (RFC 8445 section 2.5): we answer the peer's checks."""

    local_user: str
    local_password: str
    remote_user: str
    remote_password: str

    def __repr__(self) -> str:
        """Without the passwords."""
        return f"Ice({self.local_user}, {self.remote_user})"


@dataclass(frozen=True, slots=True)
class LocalMedia:
    """Our end of the stream: the address that goes into `c=` and the port that goes into `m=`."""

    address: str
    port: int
    codecs: tuple[CodecName, ...] = ("PCMU", "PCMA")
    """In order of preference."""
    order: CodecOrder = "theirs"
    srtp: SrtpPolicy = "never"
    ptime_ms: int = 20
    """The packet time that we ask for."""
    fingerprint: str = ""
    """SHA-256 of the media plane's certificate, for DTLS-SRTP; none is answered when empty."""
    ice: bool = False
    """Answer ICE (RFC 8445) as its lite side; the peer's is passed over otherwise."""
    rtcp_mux: bool = False
    """Agree to RTCP on the RTP port. Streams with DTLS always do."""
    comfort_noise: bool = False
    """Tell the peer that it may send comfort noise (RFC 3389) in its pauses."""
    in_band_dtmf: bool = False
    """Keys are heard as tones where the peer has no telephone-event."""
    destinations: Destinations | None = None
    """Where streams may be sent; to any one host when None."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The payload types of one direction."""

    codec: int
    dtmf: int | None
    cn: int | None


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """One negotiated audio stream. Its payload types are those that the peer is sent."""

    remote_host: str
    remote_port: int
    codec: CodecName
    payload_type: int
    dtmf_payload_type: int | None
    """Payload type of telephone-event (RFC 4733), None when the peer has none."""
    direction: Direction = "sendrecv"
    ptime_ms: int = 20
    """Of the packets that the peer wants: 10 to 60."""
    dtmf_rate: int = 8000
    """Clock of telephone-event: 8000, 16000 or 48000, that of the codec's RTP clock where the peer has it."""
    cn_payload_type: int | None = None
    """Payload type of comfort noise (RFC 3389), None when the peer has none."""
    rtcp_mux: bool = False
    """RTCP comes and goes on the RTP port (RFC 5761)."""
    security: Sdes | Dtls | None = None
    ice: Ice | None = None
    in_band_dtmf: bool = False
    """Keys come as tones: we are to listen for them, and the peer has no telephone-event."""
    peer_numbers: Numbers | None = None
    """The payload types that the peer sends by, where an answer named others than our offer."""
