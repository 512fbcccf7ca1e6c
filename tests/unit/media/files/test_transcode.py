"""WAV recordings into MP3 and OGG: the same sound, or nothing at all."""

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
