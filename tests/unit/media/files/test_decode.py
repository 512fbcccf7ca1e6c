"""Audio files from applications into samples, and every broken one into a reason."""

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media.errors import MediaError, Unreadable
from media.files import decode as module
from media.files.decode import decode

pytestmark = pytest.mark.unit


def tone(rate: int, seconds: float = 1.0, level: float = 0.5) -> NDArray[np.float64]:
    samples: NDArray[np.float64] = level * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    return samples


def strongest_frequency(samples: NDArray[np.int16], rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


@pytest.mark.parametrize(
    ("name", "subtype", "rate"),
    [
        ("pcm.wav", "PCM_16", 8000),
        ("narrow.wav", "PCM_U8", 11025),
        ("float.wav", "FLOAT", 48000),
        ("mu-law.wav", "ULAW", 8000),
        ("a-law.wav", "ALAW", 8000),
        ("gsm.wav", "GSM610", 8000),
        ("a.flac", "PCM_24", 44100),
        ("a.ogg", "VORBIS", 22050),
        ("mpeg-1.mp3", "MPEG_LAYER_III", 32000),
        ("mpeg-2.mp3", "MPEG_LAYER_III", 16000),
        ("mpeg-2.5.mp3", "MPEG_LAYER_III", 8000),
    ],
)
def test_what_applications_send_is_decoded(tmp_path: Path, name: str, subtype: str, rate: int) -> None:
    soundfile.write(tmp_path / name, tone(rate), rate, subtype=subtype)
    samples = decode(tmp_path / name)
    assert samples.dtype == np.int16
    assert samples.ndim == 1
    assert abs(len(samples) - 8000) < 400
    middle = samples[2000:6000]
    assert abs(strongest_frequency(middle, 8000) - 440) < 5
    assert 0.9 < middle.astype(float).std() / (0.5 * 32768 / np.sqrt(2)) < 1.1


def test_the_rate_is_the_caller_s(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(8000), 8000)
    assert len(decode(tmp_path / "a.wav", 16000)) == 16000


def test_channels_are_averaged(tmp_path: Path) -> None:
    left = tone(8000)
    soundfile.write(tmp_path / "a.wav", np.column_stack([left, -left]), 8000)
    assert np.abs(decode(tmp_path / "a.wav")).max() <= 1


def test_samples_that_are_not_numbers_are_silence_or_full_scale(tmp_path: Path) -> None:
    odd = np.array([np.nan, np.inf, -np.inf, 3.0, 0.25], np.float32)
    soundfile.write(tmp_path / "a.wav", odd, 8000, subtype="FLOAT")
    assert decode(tmp_path / "a.wav").tolist() == [0, 32767, -32768, 32767, 8192]


def test_a_file_of_several_blocks_has_no_seams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "a.wav", tone(16000), 16000)
    whole = decode(tmp_path / "a.wav")
    monkeypatch.setattr(module, "_BLOCK", 1000)
    assert np.abs(decode(tmp_path / "a.wav").astype(int) - whole).max() <= 1


def test_a_file_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SECONDS", 1)
    soundfile.write(tmp_path / "a.wav", tone(8000, 1.01), 8000)
    with pytest.raises(Unreadable, match="longer than 1 seconds"):
        decode(tmp_path / "a.wav")


def test_rates_and_channels_that_no_audio_has_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "slow.wav", np.zeros(10), 100)
    soundfile.write(tmp_path / "wide.wav", np.zeros((10, 33)), 8000)
    with pytest.raises(Unreadable, match="100 Hz"):
        decode(tmp_path / "slow.wav")
    with pytest.raises(Unreadable, match="33 channels"):
        decode(tmp_path / "wide.wav")


def test_a_file_without_audio_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 8000)
    with pytest.raises(Unreadable, match="no audio"):
        decode(tmp_path / "a.wav")


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "absent", tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(Unreadable):
            decode(path)


def test_refused_files_are_closed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"nothing that sounds")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(Unreadable):
            decode(tmp_path / "a")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["wav", "flac", "ogg", "mp3"]),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=20),
    length=st.integers(0, 4000),
)
def test_a_damaged_file_gives_samples_or_a_reason(
    tmp_path: Path, kind: str, changes: list[tuple[int, int]], length: int
) -> None:
    path = tmp_path / f"good.{kind}"
    if not path.exists():
        soundfile.write(path, tone(8000, 0.2), 8000)
    content = bytearray(path.read_bytes()[:length])
    for position, value in changes:
        if position < len(content):
            content[position] = value
    damaged = tmp_path / f"damaged.{kind}"
    damaged.write_bytes(content)
    with suppress(MediaError):
        assert decode(damaged).dtype == np.int16
