"""What a codec of a soft RTP leg is, and which there are.

Samples are mono, 16 bits, little-endian, at the codec's own `rate`: one of those that the engine's ports
take. Time on the wire counts in the codec's RTP `clock`, which is another one: G.722's is 8000 by an old
mistake (RFC 3551 section 4.5.2), Opus' is 48000 whatever is inside (RFC 7587 section 4.1).
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

from media.codecs.g711_codec import G711Codec
from media.codecs.g722 import G722Codec
from media.codecs.l16 import L16Codec
from media.codecs.opus import OpusCodec


class Codec(Protocol):
    """One stream's encoder and decoder; both have a memory of what went through them."""

    @property
    def clock(self) -> int:
        """Of RTP timestamps, in Hz."""
        ...

    @property
    def rate(self) -> int:
        """Of the samples, in Hz: 8000, 16000, 24000 or 48000."""
        ...

    def packet_ms(self, asked_ms: int) -> int:
        """The packet time that is used where `asked_ms`, 10 to 60, is asked for."""
        ...

    def span(self, payload: bytes) -> int:
        """The time that a payload lasts, in units of `clock`; 0 when it is none of this codec's."""
        ...

    def decode(self, payload: bytes) -> bytes:
        """The samples of the next payload. Raises Malformed."""
        ...

    def conceal(self, samples: int, following: bytes | None) -> bytes:
        """Samples in place of what has not come; `following` is the payload right after them, if known."""
        ...

    def encode(self, samples: bytes) -> bytes:
        """The payload for the next samples, one packet time of them."""
        ...


class Format(NamedTuple):
    """What is known of a codec before there is a stream of it."""

    make: Callable[[], Codec]
    """At the beginning of a stream."""
    clock: int
    rate: int


FORMATS: dict[str, Format] = {
    "PCMU": Format(partial(G711Codec, "PCMU"), G711Codec.clock, G711Codec.rate),
    "PCMA": Format(partial(G711Codec, "PCMA"), G711Codec.clock, G711Codec.rate),
    "G722": Format(G722Codec, G722Codec.clock, G722Codec.rate),
    "L16": Format(L16Codec, L16Codec.clock, L16Codec.rate),
    "opus": Format(OpusCodec, OpusCodec.clock, OpusCodec.rate),
}
"""By the codec's name in SDP."""
