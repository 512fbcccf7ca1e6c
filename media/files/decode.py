"""Whole audio files into mono samples at the engine's rate, for playing.

Whatever libsndfile reads is welcome: WAV (PCM, G.711, GSM), MP3, OGG, FLAC. The files come from applications
and are not trusted: rate, channels and length are bounded, and a broken file raises Unreadable, nothing else.
"""

import os
import stat
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from media.errors import Unreadable

MAX_SECONDS = 1800
"""The longest file to play: half an hour is 29 MB of samples at 8 kHz."""
MAX_CHANNELS = 32
"""What our own recordings may have; libsndfile would take 1024."""
RATES = range(4_000, 192_001)
"""Sampling rates in Hz that audio for people has; a lying header could claim 1 or 2^31."""

_BLOCK = 65_536
"""Frames decoded at a time, so that a long stereo file is never in memory at its own rate."""


def decode(path: Path, rate: int = 8000) -> NDArray[np.int16]:
    """The file as mono samples at `rate` Hz, shape [n]; several channels are averaged.

    Raises Unreadable, with the reason, for everything that is not at most MAX_SECONDS of audio.
    """
    try:
        with soundfile.SoundFile(_open_regular(path)) as sound:
            return _decode(sound, rate)
    except OSError as error:
        raise Unreadable(f"cannot open the audio file: {error.strerror}") from error
    except soundfile.SoundFileError as error:
        raise Unreadable(f"not an audio file that can be read: {_reason(error)}") from error


def _open_regular(path: Path) -> int:
    """A descriptor of the file. Non-blocking: opening a named pipe would wait for its writer for ever."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise Unreadable("not a regular file")
    return fd


def _decode(sound: soundfile.SoundFile, rate: int) -> NDArray[np.int16]:
    if sound.samplerate not in RATES:
        raise Unreadable(f"a sampling rate of {sound.samplerate} Hz is outside {RATES[0]} to {RATES[-1]}")
    if sound.channels > MAX_CHANNELS:
        raise Unreadable(f"{sound.channels} channels; at most {MAX_CHANNELS} are read")
    resampler = soxr.ResampleStream(sound.samplerate, rate, 1, dtype="float32")
    blocks, frames, last = [], 0, False
    while not last:
        block = sound.read(_BLOCK, dtype="float32", always_2d=True)
        frames += len(block)
        if frames > MAX_SECONDS * sound.samplerate:
            raise Unreadable(f"longer than {MAX_SECONDS} seconds")
        last = len(block) < _BLOCK
        blocks.append(_pcm(resampler.resample_chunk(_mono(block), last=last)))
    if frames == 0:
        raise Unreadable("there is no audio in the file")
    return np.concatenate(blocks)


def _mono(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """The average of the channels. Files of floating-point numbers may hold NaN and infinity."""
    mixed: NDArray[np.float32] = np.clip(np.nan_to_num(block), -1.0, 1.0).mean(axis=1, dtype=np.float32)
    return mixed


def _pcm(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    pcm: NDArray[np.int16] = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    return pcm


def _reason(error: soundfile.SoundFileError) -> str:
    """What libsndfile says, without the path that the wrapper puts in front."""
    return str(getattr(error, "error_string", error)).rstrip(".")
