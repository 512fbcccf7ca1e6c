"""What Opus does for a packet that is lost."""

import numpy as np
import pytest
from numpy.typing import NDArray

from media.codecs.opus import OpusCodec
from media.errors import Malformed

pytestmark = pytest.mark.unit

FRAME = 960


def voice(seconds: float) -> NDArray[np.int16]:
    """Something like a vowel whose pitch and loudness move, at 48 kHz."""
    at = np.arange(int(48_000 * seconds)) / 48_000
    phase = 2 * np.pi * np.cumsum(140 + 60 * np.sin(2 * np.pi * 1.7 * at)) / 48_000
    partials = [np.sin(k * phase) / (1 + abs(k * 140 - 600) / 200) for k in range(1, 20)]
    loudness = 2500 * (1.2 + np.sin(2 * np.pi * 3.1 * at))
    spoken: NDArray[np.int16] = (loudness * np.sum(partials, axis=0)).astype(np.int16)
    return spoken


def error_db(*, repaired: bool) -> float:
    """How far the frames that were lost are from those that would have come."""
    frames = voice(3.0).reshape(-1, FRAME)
    encoder, whole, broken = OpusCodec(), OpusCodec(), OpusCodec()
    payloads = [encoder.encode(frame.astype("<i2").tobytes()) for frame in frames]
    wanted, got = [], []
    for k, payload in enumerate(payloads[:-1]):
        true = whole.decode(payload)
        if k % 10 == 9:
            wanted.append(np.frombuffer(true, "<i2").astype(float))
            made = broken.conceal(FRAME, payloads[k + 1] if repaired else None)
            got.append(np.frombuffer(made, "<i2").astype(float))
        else:
            broken.decode(payload)
    signal, error = np.concatenate(wanted), np.concatenate(wanted) - np.concatenate(got)
    return float(10 * np.log10(np.mean(error**2) / np.mean(signal**2)))


def test_the_copy_in_the_next_packet_is_better_than_a_guess() -> None:
    assert error_db(repaired=True) < error_db(repaired=False) - 3


def test_a_copy_that_is_none_gives_silence() -> None:
    assert OpusCodec().conceal(FRAME, b"\xff" * 9) == bytes(2 * FRAME)


@pytest.mark.parametrize(("asked", "used"), [(10, 10), (20, 20), (30, 20), (40, 40), (50, 40), (60, 60)])
def test_frames_have_the_lengths_that_opus_knows(asked: int, used: int) -> None:
    codec = OpusCodec()
    assert codec.packet_ms(asked) == used
    assert codec.span(codec.encode(bytes(96 * used))) == 48 * used


@pytest.mark.parametrize("payload", [b"", b"\xff" * 9, b"\x03\xff\xff", b"\x03"])
def test_what_is_no_packet_has_no_length(payload: bytes) -> None:
    assert OpusCodec().span(payload) == 0
    with pytest.raises(Malformed):
        OpusCodec().decode(payload)
