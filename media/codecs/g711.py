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
    """The sample for one octet; all bits of a mu-law octet are sent inverted."""
    sign, segment, step = _parts(code ^ 0xFF)
    magnitude = ((2 * step + _BIAS) << segment) - _BIAS
    return (-magnitude if sign else magnitude) * 4


def _decode_a(code: int) -> int:
    """The sample for one octet; every other bit of an A-law octet is sent inverted."""
    sign, segment, step = _parts(code ^ 0x55)
    magnitude = 2 * step + 1 if segment == 0 else (2 * step + _BIAS) << (segment - 1)
    return (magnitude if sign else -magnitude) * 8


def _parts(code: int) -> tuple[int, int, int]:
    return code >> 7, code >> 4 & 7, code & 15


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


@kernel
def decode(octets: Octets, samples: Samples, table: Samples) -> None:
    """Turn octets into as many samples; `table` is a row of DECODE."""
    for k in range(samples.size):
        samples[k] = table[octets[k]]


@kernel
def encode(samples: Samples, octets: Octets, table: Octets) -> None:
    """Turn samples into as many octets; `table` is a row of ENCODE."""
    for k in range(samples.size):
        octets[k] = table[int(samples[k]) & 0xFFFF]
