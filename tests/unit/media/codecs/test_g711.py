"""G.711 against values of the Recommendation."""

import numpy as np
import pytest

from media.codecs.g711 import DECODE, ENCODE, PCMA, PCMU, decode, encode

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("codec", "octet", "sample"),
    [
        (PCMU, 0xFF, 0),
        (PCMU, 0x7F, 0),
        (PCMU, 0x80, 32124),
        (PCMU, 0x00, -32124),
        (PCMU, 0xFE, 8),
        (PCMA, 0xD5, 8),
        (PCMA, 0x55, -8),
        (PCMA, 0xAA, 32256),
        (PCMA, 0x2A, -32256),
    ],
)
def test_known_values(codec: int, octet: int, sample: int) -> None:
    assert DECODE[codec, octet] == sample


@pytest.mark.parametrize("codec", [PCMU, PCMA])
def test_what_was_decoded_is_encoded_to_the_same_sample(codec: int) -> None:
    samples = DECODE[codec]
    again = DECODE[codec, ENCODE[codec, samples.view(np.uint16)]]
    assert np.array_equal(again, samples)


@pytest.mark.parametrize("codec", [PCMU, PCMA])
def test_every_sample_gets_the_nearest_value(codec: int) -> None:
    samples = np.arange(-32768, 32768, 7)
    chosen = DECODE[codec, ENCODE[codec, samples & 0xFFFF]].astype(int)
    nearest = np.abs(DECODE[codec].astype(int)[None, :] - samples[:, None]).min(axis=1)
    assert np.array_equal(np.abs(chosen - samples), nearest)


@pytest.mark.parametrize(("codec", "silence"), [(PCMU, 0xFF), (PCMA, 0xD5)])
def test_silence(codec: int, silence: int) -> None:
    assert ENCODE[codec, 0] == silence


@pytest.mark.parametrize("codec", [PCMU, PCMA])
def test_what_is_computed_is_what_the_table_says(codec: int) -> None:
    octets, samples = np.arange(256, dtype=np.uint8), np.zeros(256, np.int16)
    decode(octets, samples, codec)
    assert np.array_equal(samples, DECODE[codec])


def test_a_frame_there_and_back() -> None:
    samples = np.array([0, -8, 32124, -32124], np.int16)
    octets, again = np.zeros(4, np.uint8), np.zeros(4, np.int16)
    encode(samples, octets, ENCODE[PCMU])
    decode(octets, again, PCMU)
    assert octets.tolist() == [0xFF, 0x7E, 0x80, 0x00]
    assert np.array_equal(again, samples)
