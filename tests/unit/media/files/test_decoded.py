"""Decoded files: one decoding for each version of a file, within bounds, and never what is not there."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.errors import Unreadable
from media.files import decoded as module
from media.files.decode import decode
from media.files.decoded import Decoded

pytestmark = pytest.mark.unit

RATE = 8000


def write(path: Path, level: float, samples: int = 800) -> Path:
    soundfile.write(path, np.full(samples, level), RATE, subtype="PCM_16")
    return path


@pytest.fixture
def decodings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were really decoded."""
    told: list[Path] = []

    def telling(path: Path, rate: int) -> module.Samples:
        told.append(path)
        return decode(path, rate)

    monkeypatch.setattr(module, "decode", telling)
    return told


def test_a_file_is_decoded_once(tmp_path: Path, decodings: list[Path]) -> None:
    decoded, path = Decoded(RATE), write(tmp_path / "a.wav", 0.5)
    first, second = decoded.read(path), decoded.read(path)
    assert decodings == [path]
    assert first is second
    assert first.size == 800


def test_what_is_kept_cannot_be_changed(tmp_path: Path) -> None:
    samples = Decoded(RATE).read(write(tmp_path / "a.wav", 0.5))
    with pytest.raises(ValueError, match="read-only"):
        samples[0] = 1


def test_another_file_at_the_same_path_is_another(tmp_path: Path) -> None:
    decoded, path = Decoded(RATE), write(tmp_path / "a.wav", 0.5)
    before = decoded.read(path)
    write(tmp_path / "b.wav", 0.25).replace(path)
    after = decoded.read(path)
    assert abs(int(after[400]) * 2 - int(before[400])) <= 4


def test_a_file_that_was_changed_in_place_is_another(tmp_path: Path, decodings: list[Path]) -> None:
    decoded, path = Decoded(RATE), write(tmp_path / "a.wav", 0.5)
    decoded.read(path)
    os.utime(path, ns=(1, 1))
    decoded.read(path)
    assert decodings == [path, path]


def test_no_more_is_kept_than_allowed_and_the_least_wanted_goes(
    tmp_path: Path, decodings: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_SAMPLES", 2000)
    decoded = Decoded(RATE)
    a, b, c = (write(tmp_path / f"{name}.wav", 0.5) for name in "abc")
    for path in (a, b, a, c, a, b):
        decoded.read(path)
    assert decodings == [a, b, c, b]


def test_a_long_file_is_not_kept(
    tmp_path: Path, decodings: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_SAMPLES_EACH", 799)
    decoded, path = Decoded(RATE), write(tmp_path / "a.wav", 0.5)
    decoded.read(path)
    decoded.read(path)
    assert decodings == [path, path]


def test_a_file_that_is_gone_is_not_heard_from_memory(tmp_path: Path) -> None:
    decoded, path = Decoded(RATE), write(tmp_path / "a.wav", 0.5)
    decoded.read(path)
    path.unlink()
    with pytest.raises(Unreadable, match="cannot open the audio file: No such file"):
        decoded.read(path)
