"""G.722 at 64 kbit/s (ITU-T G.722, RFC 3551 section 4.5.2): two samples at 16 kHz an octet."""

from array import array

from G722 import G722

from media.codecs.repeating import Repeater

_BIT_RATE = 64_000


class G722Codec:
    """One stream (see `media.codecs.codec.Codec`). Its RTP clock counts octets."""

    clock = 8000
    rate = 16_000

    def __init__(self) -> None:
        self._encoder = G722(self.rate, _BIT_RATE)
        self._decoder = G722(self.rate, _BIT_RATE)
        self._repeater = Repeater(320)

    def packet_ms(self, asked_ms: int) -> int:
        """Any."""
        return asked_ms

    def span(self, payload: bytes) -> int:
        """A tick of the clock an octet."""
        return len(payload)

    def decode(self, payload: bytes) -> bytes:
        """Every octet has a meaning."""
        samples: bytes = self._decoder.decode(payload).tobytes()
        return self._repeater.hear(samples)

    def conceal(self, samples: int, following: bytes | None) -> bytes:
        """The last pitch period, fading; the decoder's predictor waits."""
        return self._repeater.make_up(samples)

    def encode(self, samples: bytes) -> bytes:
        """An octet for two samples."""
        payload: bytes = self._encoder.encode(array("h", samples))
        return payload
