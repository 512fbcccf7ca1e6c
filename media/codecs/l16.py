"""L16 at 16 kHz, mono (RFC 3551 section 4.5.11): the samples themselves, big-endian."""

import numpy as np

from media.codecs.repeating import Repeater

LONGEST_MS = 40
"""Of a packet: longer ones would not fit into an Ethernet frame."""


class L16Codec:
    """One stream (see `media.codecs.codec.Codec`)."""

    clock = 16_000
    rate = 16_000

    def __init__(self) -> None:
        self._repeater = Repeater(320)

    def packet_ms(self, asked_ms: int) -> int:
        """Any up to LONGEST_MS."""
        return min(asked_ms, LONGEST_MS)

    def span(self, payload: bytes) -> int:
        """Two octets a sample; half a sample is none of ours."""
        return len(payload) // 2 if len(payload) % 2 == 0 else 0

    def decode(self, payload: bytes) -> bytes:
        """Every sample has a meaning."""
        return self._repeater.hear(np.frombuffer(payload, ">i2").astype("<i2").tobytes())

    def conceal(self, samples: int, following: bytes | None) -> bytes:
        """The last pitch period, fading."""
        return self._repeater.make_up(samples)

    def encode(self, samples: bytes) -> bytes:
        """Two octets a sample."""
        return np.frombuffer(samples, "<i2").astype(">i2").tobytes()
