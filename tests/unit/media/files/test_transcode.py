"""WAV recordings into MP3 and OGG: the same sound, or nothing at all."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import soundfile

from media.errors import Unreadable, Unwritable
from media.files.decode import decode
from media.files.transcode import transcode

pytestmark = pytest.mark.unit


def recording(path: Path, channels: int = 1, seconds: int = 2) -> Path:
    samples = 0.3 * np.sin(2 * np.pi * 440 * np.arange(16000 * seconds) / 16000)
    soundfile.write(path, np.repeat(samples[:, None], channels, axis=1), 16000)
    return path


@pytest.mark.parametrize("fmt", ["mp3", "ogg"])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_result_sounds_like_the_source(tmp_path: Path, fmt: Literal["mp3", "ogg"], channels: int) -> None:
    source = recording(tmp_path / "a.wav", channels)
    target = transcode(source, fmt)
    assert target == tmp_path / f"a.{fmt}"
    assert target.stat().st_size < source.stat().st_size / 2
    info = soundfile.info(target)
    assert (info.channels, info.samplerate, info.format) == (channels, 16000, fmt.upper())
    wanted, got = decode(source), decode(target)
    assert abs(len(got) - len(wanted)) < 800
    assert abs(got.astype(float).std() / wanted.astype(float).std() - 1) < 0.2
    assert sorted(tmp_path.iterdir()) == sorted([source, target])


@pytest.mark.parametrize("fmt", ["mp3", "ogg"])
def test_what_has_its_name_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fmt: Literal["mp3", "ogg"]
) -> None:
    kept: dict[int, tuple[int, bool]] = {}

    def fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        kept[status.st_ino] = status.st_size, (tmp_path / f"a.{fmt}").exists()

    monkeypatch.setattr(os, "fsync", fsync)
    made = transcode(recording(tmp_path / "a.wav"), fmt).stat()
    assert kept[made.st_ino] == (made.st_size, False), "whole, before it had its name"
    assert tmp_path.stat().st_ino in kept, "the name, too"


@pytest.mark.parametrize("fmt", ["mp3", "ogg"])
def test_channels_that_are_alike_stay_alike_each_time(tmp_path: Path, fmt: Literal["mp3", "ogg"]) -> None:
    heard = []
    for name in ("a", "b"):
        samples, _ = soundfile.read(transcode(recording(tmp_path / f"{name}.wav", 2), fmt))
        heard.append(samples)
        assert np.abs(samples[:, 0] - samples[:, 1]).max() < 0.001
        assert abs(samples[4000:-4000].std() / (0.3 / np.sqrt(2)) - 1) < 0.05
    assert np.array_equal(*heard)


MPEG_2_RATES = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""Layer III, kbit/s by the index in a frame's header (ISO/IEC 13818-3, section 2.4.2.3)."""


def mp3_frames(data: bytes) -> list[tuple[int, int]]:
    """The bit rate in kbit/s and the sample rate of each frame; nothing may stand between frames."""
    frames, at = [], 0
    while at < len(data):
        header = int.from_bytes(data[at : at + 4], "big")
        assert header >> 17 == 0b111_1111_1111_10_01, "MPEG-2 layer III"
        rate, hertz = MPEG_2_RATES[header >> 12 & 15], (22050, 24000, 16000)[header >> 10 & 3]
        frames.append((rate, hertz))
        at += 72_000 * rate // hertz + (header >> 9 & 1)
    assert at == len(data)
    return frames


@pytest.mark.parametrize("channels", [1, 2])
def test_mp3_has_32_kbit_a_second_in_every_frame(tmp_path: Path, channels: int) -> None:
    loud = np.random.default_rng(0).normal(0, 0.2, (16000, channels))
    soundfile.write(tmp_path / "a.wav", np.vstack([loud, np.zeros_like(loud)]), 16000)
    frames = mp3_frames(transcode(tmp_path / "a.wav", "mp3").read_bytes())
    assert len(frames) >= 2 * 16000 / 576
    assert set(frames) == {(32, 16000)}


def test_ogg_holds_a_channel_for_every_leg(tmp_path: Path) -> None:
    assert soundfile.info(transcode(recording(tmp_path / "a.wav", 5), "ogg")).channels == 5


def test_more_channels_than_mp3_has_are_refused(tmp_path: Path) -> None:
    source = recording(tmp_path / "a.wav", 3)
    with pytest.raises(Unwritable, match="mp3 holds 2 channels"):
        transcode(source, "mp3")
    assert list(tmp_path.iterdir()) == [source]


def test_what_a_killed_run_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / ".a.mp3.part").write_text("half")
    transcode(recording(tmp_path / "a.wav"), "mp3")
    assert not (tmp_path / ".a.mp3.part").exists()


def test_a_source_that_is_no_audio_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("no audio")
    with pytest.raises(Unreadable):
        transcode(tmp_path / "a.wav", "ogg")
    assert len(list(tmp_path.iterdir())) == 1


ON_A_SMALL_DISK = """
import resource, signal, sys
from pathlib import Path
from media.errors import Unwritable
from media.files.transcode import transcode
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    transcode(Path(sys.argv[1]), sys.argv[2])
except Unwritable:
    print("refused")
"""


@pytest.mark.parametrize("fmt", ["mp3", "ogg"])
def test_a_full_disk_leaves_only_the_source(tmp_path: Path, fmt: str) -> None:
    source = recording(tmp_path / "a.wav")
    run = subprocess.run(
        [sys.executable, "-c", ON_A_SMALL_DISK, source, fmt],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert run.stdout == "refused\n", run.stderr
    assert list(tmp_path.iterdir()) == [source]
