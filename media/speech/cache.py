"""Speech that has been made already, as WAV files named after what made them.

A file appears whole or not at all. When all together grow too large, those go that nobody wanted for longest.
"""

import hashlib
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import soundfile

from media.errors import Unwritable
from media.files.wav import WavWriter
from media.speech.provider import Audio

MAX_CACHE_BYTES = 256 << 20
"""An hour and a half at 24 kHz."""
_PARTIAL = ".part"


class Entry(NamedTuple):
    """A speech on disk."""

    path: Path
    duration_s: float


EDITION = 2
"""Of the way in which texts are read: what was made by an earlier one is not found."""


def key(provider: str, voice: str, text: str) -> str:
    """The name of a speech: SHA-256 over what made it."""
    return hashlib.sha256(f"{EDITION}\0{provider}\0{voice}\0{text}".encode()).hexdigest()


class Cache:
    """The folder of speeches, for several threads. Raises Unwritable when it cannot be made."""

    def __init__(self, folder: Path, max_octets: int = MAX_CACHE_BYTES) -> None:
        self._folder = folder.absolute()
        self._max_octets = max_octets
        self._tidying = threading.Lock()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for left in self._folder.glob(f"*{_PARTIAL}"):
                left.unlink(missing_ok=True)
        except OSError as error:
            raise Unwritable(f"cannot keep speech in {folder}: {error.strerror}") from error

    def find(self, name: str) -> Entry | None:
        """The speech of that name, which counts as wanted now; None when it is not there, or broken."""
        path = self._path(name)
        try:
            # When it was used, not when it was made: by the latter, others know that they have it already.
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
            duration_s = soundfile.info(path).duration
        except (OSError, soundfile.SoundFileError):
            return None
        return Entry(path, duration_s) if duration_s else None

    def put(self, name: str, audio: Audio) -> Entry:
        """Keep a speech. Raises Unwritable when the disk is full."""
        path = self._path(name)
        # Two voices may be making the same.
        partial = path.with_suffix(f".{threading.get_ident()}{_PARTIAL}")
        partial.unlink(missing_ok=True)
        try:
            writer = WavWriter(partial, 1, audio.rate)
            try:
                writer.append(audio.samples[:, None])
            finally:
                writer.close()
            partial.replace(path)
        except OSError as error:
            raise Unwritable(f"cannot keep the speech: {error.strerror}") from error
        finally:
            partial.unlink(missing_ok=True)
        self._make_room(path)
        return Entry(path, writer.duration_s)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.wav"

    def _make_room(self, newest: Path) -> None:
        """Remove what was wanted longest ago until the rest fits; the newest speech stays in any case."""
        with self._tidying:
            self._remove_oldest(newest)

    def _remove_oldest(self, newest: Path) -> None:
        files = [(path.stat(), path) for path in self._folder.glob("*.wav") if path != newest]
        octets = newest.stat().st_size + sum(stat.st_size for stat, _ in files)
        for stat, path in sorted(files, key=lambda entry: entry[0].st_atime_ns):
            if octets <= self._max_octets:
                break
            with suppress(OSError):
                path.unlink()
                octets -= stat.st_size
