"""Finished speech on disk: whole, found again, and bounded."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.errors import Unwritable
from media.speech.cache import Cache, key
from media.speech.provider import Audio

pytestmark = pytest.mark.unit

AUDIO = Audio(np.arange(800, dtype=np.int16), 8000)
FILE_OCTETS = 44 + 1600


def test_what_was_put_is_found(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "new" / "folder")
    assert cache.find("a") is None
    entry = cache.put("a", AUDIO)
    assert entry == cache.find("a")
    assert entry.duration_s == 0.1
    samples, rate = soundfile.read(entry.path, dtype="int16")
    assert np.array_equal(samples, AUDIO.samples)
    assert rate == 8000
    assert [path.name for path in entry.path.parent.iterdir()] == ["a.wav"]


def test_each_part_of_the_name_counts() -> None:
    names = {key("p", "v", "t"), key("pv", "", "t"), key("p", "v2", "t"), key("p", "v", "t2")}
    assert len(names) == 4
    assert all(len(name) == 64 for name in names)


@pytest.mark.parametrize("content", [b"", b"RIFF"])
def test_a_broken_file_is_made_again(tmp_path: Path, content: bytes) -> None:
    cache = Cache(tmp_path)
    (tmp_path / "a.wav").write_bytes(content)
    assert cache.find("a") is None
    cache.put("a", AUDIO)
    assert cache.find("a")


def test_the_speech_not_wanted_for_longest_makes_room(tmp_path: Path) -> None:
    cache = Cache(tmp_path, max_octets=3 * FILE_OCTETS)
    for age, name in enumerate("cba"):
        entry = cache.put(name, AUDIO)
        os.utime(entry.path, (1000 + age, 1000 + age))
    assert cache.find("c")
    cache.put("d", AUDIO)
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["a", "c", "d"]


def test_finding_a_speech_does_not_make_it_another_file(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    entry = cache.put("a", AUDIO)
    os.utime(entry.path, (1000, 1000))
    assert cache.find("a")
    assert entry.path.stat().st_mtime == 1000
    assert entry.path.stat().st_atime > 1000


def test_the_newest_speech_stays_even_when_it_is_too_large(tmp_path: Path) -> None:
    cache = Cache(tmp_path, max_octets=10)
    cache.put("a", AUDIO)
    cache.put("b", AUDIO)
    assert [path.stem for path in tmp_path.iterdir()] == ["b"]


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / "a.part").write_text("half")
    Cache(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unwritable):
        Cache(tmp_path / "file")
