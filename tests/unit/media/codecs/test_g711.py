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


@pytest.mark.parametrize(
    ("codec", "unit", "decisions"),
    [
        pytest.param(PCMU, 4, [1, 3, 31, 35, 95, 223, 479, 991, 2015, 2143, 4063, 4319, 7903], id="Table 2a"),
        pytest.param(PCMA, 8, [2, 4, 64, 68, 128, 256, 512, 1024, 2048, 2176, 3968], id="Table 1a"),
    ],
)
def test_the_code_changes_where_the_recommendation_decides(
    codec: int, unit: int, decisions: list[int]
) -> None:
    edges = 1 + np.flatnonzero(np.diff(ENCODE[codec, :32768].astype(int)))
    assert len(edges) == 127
    assert not set(decisions) - set((edges / unit).tolist())


@pytest.mark.parametrize("codec", [PCMU, PCMA])
def test_what_is_below_zero_mirrors_what_is_above(codec: int) -> None:
    above = np.arange(32768)
    assert np.array_equal(ENCODE[codec, above] ^ 0x80, ENCODE[codec, ~above & 0xFFFF])


@pytest.mark.parametrize("codec", [PCMU, PCMA])
def test_no_sample_is_more_than_a_step_of_its_segment_away(codec: int) -> None:
    samples = np.arange(-32768, 32768)
    chosen = DECODE[codec, ENCODE[codec, samples & 0xFFFF]].astype(int)
    assert (np.abs(chosen - samples) <= 8 + np.abs(samples) // 24).all()


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
