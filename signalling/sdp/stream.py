"""What signalling and media tell each other about one audio stream, as values.

`LocalMedia` is what we can offer: where we listen. `StreamSpec` is the outcome of an offer/answer exchange
(RFC 3264): where to send, in which codec. SDP itself never leaves this package.
"""

from dataclasses import dataclass
from typing import Literal

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
"""RFC 3264 section 5.1, always seen from our side."""

CodecName = Literal["PCMU", "PCMA"]


@dataclass(frozen=True, slots=True)
class LocalMedia:
    """Our end of the stream: the address that goes into `c=` and the port that goes into `m=`."""

    address: str
    port: int
    codecs: tuple[CodecName, ...] = ("PCMU", "PCMA")
    """In order of preference."""


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """One negotiated audio stream."""

    remote_host: str
    remote_port: int
    codec: CodecName
    payload_type: int
    dtmf_payload_type: int | None
    """Payload type of telephone-event/8000 (RFC 4733), None when the peer has none."""
    direction: Direction = "sendrecv"
    ptime_ms: int = 20
