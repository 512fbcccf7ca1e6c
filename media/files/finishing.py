"""From the WAV file of a recording to the file that was asked for, and what there is to say about that."""

import hashlib
from pathlib import Path
from typing import Literal, NamedTuple

import soundfile

from media.errors import Unreadable
from media.files.transcode import transcode

Format = Literal["wav", "mp3", "ogg"]


class Whole(NamedTuple):
    """A complete file."""

    path: Path
    size: int
    """Octets."""
    channels: int
    duration_s: float
    sha256: str
    """Of its content, in hexadecimal."""


def made_into(wav: Path, fmt: Format) -> Path:
    """What the WAV file becomes. It goes when the disk keeps that: one of the two is always there.

    Doing it again where somebody was killed on the way does no harm. Raises Unreadable and Unwritable; the
    WAV file is still there then.
    """
    if fmt == "wav":
        return wav
    target = transcode(wav, fmt)
    wav.unlink()
    return target


def found_made(wav: Path, fmt: Format) -> Path | None:
    """The file of that format, if the WAV file that it was made of has gone."""
    target = wav.with_suffix(f".{fmt}")
    return target if not wav.exists() and target.exists() else None


def describe(path: Path) -> Whole:
    """Read a complete file. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        info = soundfile.info(path)
        return Whole(path, path.stat().st_size, info.channels, info.frames / info.samplerate, sha256)
    except (OSError, soundfile.SoundFileError) as error:
        raise Unreadable(f"cannot read the recording: {error}") from error
