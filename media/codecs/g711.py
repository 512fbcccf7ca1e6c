"""PCMU and PCMA (ITU-T G.711) as lookup tables.

`DECODE[codec, octet]` is a sample, int16; `ENCODE[codec, sample & 0xFFFF]` an octet. The tables are made from
the definition, with its decision values: where a segment ends these are not halfway between two values.
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


def _encode_mu(sample: int) -> int:
    """The octet for a sample, of whose magnitude 14 bits count, with the decision values of Table 2."""
    sign, magnitude = (0x80, ~sample) if sample < 0 else (0, sample)
    line = min((magnitude >> 2) + _BIAS, 0x1FFF)
    segment = line.bit_length() - 6
    return (sign | segment << 4 | (line >> segment + 1) & 15) ^ 0xFF


def _encode_a(sample: int) -> int:
    """The octet for a sample, of whose magnitude 12 bits count, with the decision values of Table 1."""
    sign, magnitude = (0, ~sample) if sample < 0 else (0x80, sample)
    line = magnitude >> 4
    segment = max(line.bit_length() - 4, 0)
    return (sign | segment << 4 | (line >> max(segment - 1, 0)) & 15) ^ 0x55


DECODE: NDArray[np.int16] = np.array(
    [[_decode_mu(code) for code in range(256)], [_decode_a(code) for code in range(256)]], np.int16
)
_SAMPLES = np.arange(65536, dtype=np.uint16).view(np.int16).tolist()
ENCODE: NDArray[np.uint8] = np.array(
    [[_encode_mu(sample) for sample in _SAMPLES], [_encode_a(sample) for sample in _SAMPLES]], np.uint8
)


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
