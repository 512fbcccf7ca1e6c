"""PCMU and PCMA (ITU-T G.711) as lookup tables.

`DECODE[codec, octet]` is a sample, int16; `ENCODE[codec, sample & 0xFFFF]` an octet. The tables are made from
the definition: the encoder takes the code whose value is nearest, as the decision values of G.711 do.
"""

import numpy as np
from numpy.typing import NDArray

from media.engine.compile import kernel
from media.engine.state import Octets, Samples

PCMU = 0
PCMA = 1
CODECS = {"PCMU": PCMU, "PCMA": PCMA}
"""Row of the tables for the codec's name in SDP."""

_BIAS = 33
"""Added to a magnitude of 14 bits before it is put into a segment of the mu-law."""


def _decode_mu(code: int) -> int:
    """The sample for one octet: a sign, 3 bits of segment, 4 of step; all of them are sent inverted."""
    bits = code ^ 0xFF
    magnitude = ((2 * (bits & 15) + _BIAS) << (bits >> 4 & 7)) - _BIAS
    return (-magnitude if bits & 0x80 else magnitude) * 4


def _decode_a(code: int) -> int:
    """The sample for one octet; every other bit is sent inverted. The two lowest segments are one line."""
    bits = code ^ 0x55
    line = 2 * (bits & 15) + 1
    magnitude = (line + _BIAS - 1) << (bits >> 4 & 7) if bits & 0x70 else 2 * line
    return (magnitude if bits & 0x80 else -magnitude) * 4


def _encode_table(decoded: NDArray[np.int16]) -> NDArray[np.uint8]:
    """For each sample the octet whose value is nearest; of two zeros the one that the codec sends for +0."""
    values, codes = np.unique(decoded[::-1], return_index=True)
    octets = (255 - codes).astype(np.uint8)
    wide = values.astype(np.int32)
    borders = (wide[:-1] + wide[1:]) / 2
    samples = np.arange(65536, dtype=np.uint16).view(np.int16)
    nearest: NDArray[np.uint8] = octets[np.searchsorted(borders, samples, side="right")]
    return nearest


DECODE: NDArray[np.int16] = np.array(
    [[_decode_mu(code) for code in range(256)], [_decode_a(code) for code in range(256)]], np.int16
)
ENCODE: NDArray[np.uint8] = np.stack([_encode_table(row) for row in DECODE])


_expand_mu = kernel(_decode_mu)
_expand_a = kernel(_decode_a)


@kernel
def decode(octets: Octets, samples: Samples, codec: int) -> None:
    """Turn octets into as many samples. Computed, not looked up: the processor does 16 or 32 at a time."""
    if codec == PCMU:
        for k in range(samples.size):
            samples[k] = _expand_mu(int(np.int64(octets[k])))
    else:
        for k in range(samples.size):
            samples[k] = _expand_a(int(np.int64(octets[k])))


@kernel
def encode(samples: Samples, octets: Octets, table: Octets) -> None:
    """Turn samples into as many octets; `table` is a row of ENCODE."""
    for k in range(samples.size):
        octets[k] = table[int(samples[k]) & 0xFFFF]
