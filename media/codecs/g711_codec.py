"""PCMU and PCMA for soft legs: the tables of `media.codecs.g711`, a packet at a time."""

import numpy as np

from media.codecs import g711
from media.codecs.repeating import Repeater


class G711Codec:
    """G.711 in packets of any size (see `media.codecs.codec.Codec`)."""

    clock = 8000
    rate = 8000

    def __init__(self, name: str) -> None:
        row = g711.CODECS[name]
        self._decode, self._encode = g711.DECODE[row], g711.ENCODE[row]
        self._repeater = Repeater(160)

    def packet_ms(self, asked_ms: int) -> int:
        """Any."""
        return asked_ms

    def span(self, payload: bytes) -> int:
        """A sample an octet."""
        return len(payload)

    def decode(self, payload: bytes) -> bytes:
        """A sample an octet."""
        samples: bytes = self._decode[np.frombuffer(payload, np.uint8)].tobytes()
        return self._repeater.hear(samples)

    def conceal(self, samples: int, following: bytes | None) -> bytes:
        """The last pitch period, fading."""
        return self._repeater.make_up(samples)

    def encode(self, samples: bytes) -> bytes:
        """An octet a sample."""
        payload: bytes = self._encode[np.frombuffer(samples, "<u2")].tobytes()
        return payload
