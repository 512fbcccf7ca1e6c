"""A file is followed while it grows; time is an argument."""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from media.errors import Unreadable
from media.files.wav import WavWriter
from media.hearing.follow import APPEAR_S, STALL_S, Follower, Stalled

pytestmark = pytest.mark.unit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leg.wav"


@pytest.fixture
def follower(path: Path) -> Iterator[Follower]:
    follower = Follower(path, 0.0)
    yield follower
    follower.close()


def samples(*values: int) -> NDArray[np.int16]:
    return np.array(values, np.int16).reshape(-1, 1)


def header(rate: int = 8000, channels: int = 1, bits: int = 16, coding: int = 1, extra: bytes = b"") -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, coding, channels, rate, rate * 2, 2, bits)
    return b"RIFF\0\0\0\0WAVE" + extra + form + b"data\0\0\0\0"


def test_samples_come_as_they_are_written(follower: Follower, path: Path) -> None:
    assert follower.read(0.1).tolist() == []
    writer = WavWriter(path, 1, 8000)
    assert follower.read(0.2).tolist() == []
    writer.append(samples(1, 2, 3))
    assert follower.read(0.3).tolist() == [1, 2, 3]
    assert follower.read(0.4).tolist() == []
    writer.append(samples(-4))
    writer.close()
    assert follower.read(0.5).tolist() == [-4]


def test_sizes_in_the_header_are_not_believed(follower: Follower, path: Path) -> None:
    path.write_bytes(header() + samples(5, 6).tobytes())
    assert follower.read(0.0).tolist() == [5, 6]


def test_half_a_sample_waits_for_its_other_half(follower: Follower, path: Path) -> None:
    path.write_bytes(header() + b"\1\0\2")
    assert follower.read(0.0).tolist() == [1]
    with path.open("ab") as file:
        file.write(b"\0")
    assert follower.read(0.0).tolist() == [2]


@pytest.mark.parametrize("length", [0, 5, 12, 20, 35, 43])
def test_half_a_header_waits_for_the_rest(follower: Follower, path: Path, length: int) -> None:
    path.write_bytes(header()[:length])
    assert follower.read(0.0).tolist() == []
    path.write_bytes(header() + samples(7).tobytes())
    assert follower.read(0.1).tolist() == [7]


def test_other_chunks_are_passed_over(follower: Follower, path: Path) -> None:
    path.write_bytes(header(extra=b"LIST\3\0\0\0abc\0") + samples(8).tobytes())
    assert follower.read(0.0).tolist() == [8]


def test_wide_band_becomes_narrow(follower: Follower, path: Path) -> None:
    path.write_bytes(header(rate=16000) + samples(10, 20, 30, 50, 9).tobytes())
    assert follower.read(0.0).tolist() == [15, 40]


def test_a_long_file_is_read_in_bites(follower: Follower, path: Path) -> None:
    path.write_bytes(header() + bytes(2 * 8000 * 3))
    assert [len(follower.read(0.0)) for _ in range(4)] == [8000, 8000, 8000, 0]


def test_a_deleted_file_is_read_to_its_end(follower: Follower, path: Path) -> None:
    path.write_bytes(header())
    follower.read(0.0)
    with path.open("ab") as file:
        path.unlink()
        file.write(samples(1).tobytes())
    assert follower.read(0.1).tolist() == [1]


def test_a_file_that_does_not_come_is_given_up(follower: Follower) -> None:
    follower.read(APPEAR_S)
    with pytest.raises(Unreadable, match="no file"):
        follower.read(APPEAR_S + 0.1)


def test_a_file_that_does_not_grow_is_given_up(follower: Follower, path: Path) -> None:
    path.write_bytes(header() + samples(1).tobytes())
    follower.read(1.0)
    follower.read(1.0 + STALL_S)
    with pytest.raises(Stalled, match="not grown"):
        follower.read(1.1 + STALL_S)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"OggS" + bytes(60), "not a WAV file"),
        (header(channels=2), "only mono"),
        (header(rate=44100), "8 or 16 kHz"),
        (header(bits=8), "16-bit"),
        (header(coding=7), "PCM"),
        (header(extra=b"junk\xff\xff\xff\x7f"), "without samples"),
        (header(extra=b"junk\0\0\0\0" * 600), "without samples"),
    ],
)
def test_what_is_not_a_legs_file_is_refused(
    follower: Follower, path: Path, content: bytes, reason: str
) -> None:
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=reason):
        follower.read(0.0)


def test_a_link_is_not_followed(follower: Follower, path: Path, tmp_path: Path) -> None:
    (tmp_path / "other.wav").write_bytes(header())
    path.symlink_to(tmp_path / "other.wav")
    with pytest.raises(Unreadable, match="cannot read"):
        follower.read(0.0)


def test_nothing_stays_open(path: Path) -> None:
    path.write_bytes(header(channels=2))
    before = len(list(Path("/proc/self/fd").iterdir()))
    refused = Follower(path, 0.0)
    with pytest.raises(Unreadable):
        refused.read(0.0)
    path.write_bytes(header())
    followed = Follower(path, 0.0)
    followed.read(0.0)
    followed.close()
    followed.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
