"""A finished WAV recording into MP3, at a constant 32 kbit/s, or OGG Vorbis, beside it.

Recordings are written as WAV, which survives a kill, and made small when they are complete. The result
appears under its own name only when it is whole.
"""

import os
from pathlib import Path
from typing import Literal

import soundfile

from media.errors import Unreadable, Unwritable
from media.files.keeping import keep_names

Format = Literal["mp3", "ogg"]

_CONTAINERS = {"mp3": ("MP3", "MPEG_LAYER_III"), "ogg": ("OGG", "VORBIS")}
_MAX_CHANNELS = {"mp3": 2, "ogg": 32}
"""MP3 knows mono and stereo only."""
_MP3_LEVEL = (160 - 32) / (160 - 8)
"""32 kbit/s on libsndfile's scale of compression, which is 160 to 8 kbit/s at 16 kHz (MPEG-2 layer III)."""
_BLOCK = 4096
"""Frames encoded at a time: libsndfile's Vorbis encoder keeps a block on the stack."""


def transcode(wav: Path, fmt: Format) -> Path:
    """Encode a WAV file; the new file, the same name with `fmt` as its suffix. The WAV file stays.

    Raises Unreadable when the source is no audio, Unwritable when the format cannot hold its channels or the
    disk is full; nothing is left behind then.
    """
    target = wav.with_suffix(f".{fmt}")
    partial = target.with_name(f".{target.name}.part")
    try:
        source = soundfile.SoundFile(wav)
    except soundfile.SoundFileError as error:
        raise Unreadable(f"cannot read the recording: {error}") from error
    try:
        with source:
            _encode(source, partial, fmt)
        partial.replace(target)
        keep_names(target.parent)
    except (OSError, soundfile.SoundFileError) as error:
        raise Unwritable(f"cannot write the {fmt} file: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def _encode(source: soundfile.SoundFile, partial: Path, fmt: Format) -> None:
    if source.channels > _MAX_CHANNELS[fmt]:
        raise Unwritable(f"{fmt} holds {_MAX_CHANNELS[fmt]} channels, the recording has {source.channels}")
    container, subtype = _CONTAINERS[fmt]
    level, mode = (_MP3_LEVEL, "CONSTANT") if fmt == "mp3" else (None, None)
    partial.unlink(missing_ok=True)
    with open(partial, "x+b", opener=_private) as file:
        with soundfile.SoundFile(
            file.fileno(),
            "w",
            source.samplerate,
            source.channels,
            subtype,
            format=container,
            closefd=False,
            compression_level=level,
            bitrate_mode=mode,
        ) as out:
            # Of 16-bit stereo libsndfile's MP3 encoder makes noise, each time another.
            for block in source.blocks(_BLOCK, dtype="float32"):
                out.write(block)
        os.fsync(file.fileno())
    # libsndfile's OGG writer says nothing of a full disk.
    if soundfile.info(partial).frames < source.frames:
        raise Unwritable(f"the {fmt} file came out short")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
