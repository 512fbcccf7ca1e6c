"""Follows a WAV file while another process writes it.

The file may not exist yet, its header's sizes may be older than its samples, and it may be deleted while it
is followed. What is told of time is counted in samples, so that a busy machine changes nothing; `now` only
says when a file that does not grow is given up.
"""

import os
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media.errors import Unreadable
from media.hearing.detector import RATE

APPEAR_S = 5.0
"""The file is made when the leg's media starts; that and the command may come in either order."""
STALL_S = 5.0
"""A leg's file grows ten times a second, also while nobody speaks: after this its writer is gone."""
MAX_READ = RATE * 2
"""Octets of a read at 8 kHz: one second. A file that is old already is taken in bites."""

_RIFF = struct.Struct("<4sI4s")
_CHUNK = struct.Struct("<4sI")
_FORMAT = struct.Struct("<HHIIHH")
_MAX_HEADER = 4096
_PCM = 1
_SAMPLE_OCTETS = 2


class Follower:
    """Reads what has come since the last time. `now` is monotonic, in seconds."""

    def __init__(self, path: Path, now: float) -> None:
        self._path = path
        self._fd: int | None = None
        self._position = 0
        self._step = 1
        self._grew_at = now

    def read(self, now: float) -> NDArray[np.int16]:
        """The new samples at 8 kHz, shape [n]; none when there are none.

        Raises Unreadable when the file is not mono 16-bit PCM at 8 or 16 kHz or does not appear, and
        Stalled when it has stopped growing.
        """
        data = self._new_octets()
        if data:
            self._grew_at = now
        elif self._fd is None and now - self._grew_at > APPEAR_S:
            raise Unreadable(f"there is no file after {APPEAR_S:.0f} s")
        elif self._fd is not None and now - self._grew_at > STALL_S:
            raise Stalled(f"the file has not grown for {STALL_S:.0f} s")
        samples = np.frombuffer(data, "<i2").reshape(-1, self._step)
        narrow: NDArray[np.int16] = samples.mean(axis=1).astype(np.int16)
        return narrow

    def close(self) -> None:
        """Follow no more."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _new_octets(self) -> bytes:
        try:
            if self._fd is None:
                self._fd = self._open()
            if self._fd is None:
                return b""
            data = os.pread(self._fd, MAX_READ * self._step, self._position)
        except OSError as error:
            raise Unreadable(f"cannot read the file: {error.strerror}") from error
        whole = len(data) - len(data) % (_SAMPLE_OCTETS * self._step)
        self._position += whole
        return data[:whole]

    def _open(self) -> int | None:
        """The file, once it is there with its header."""
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        try:
            found = _parse(os.pread(fd, _MAX_HEADER, 0))
        except (OSError, Unreadable):
            os.close(fd)
            raise
        if found is None:
            os.close(fd)
            return None
        self._position, self._step = found
        return fd


class Stalled(Unreadable):
    """The file does not grow any more."""


def _parse(header: bytes) -> tuple[int, int] | None:
    """Where the samples begin, and how many make one at 8 kHz; None when the header is not complete."""
    if len(header) < _RIFF.size:
        return None
    riff, _, wave = _RIFF.unpack_from(header)
    if (riff, wave) != (b"RIFF", b"WAVE"):
        raise Unreadable("not a WAV file")
    step, place = 0, _RIFF.size
    while place + _CHUNK.size <= len(header):
        name, size = _CHUNK.unpack_from(header, place)
        place += _CHUNK.size
        if name == b"data" and step:
            return place, step
        if name == b"fmt " and place + _FORMAT.size <= len(header):
            step = _samples_for_one(_FORMAT.unpack_from(header, place))
        place += size + size % 2
    if place >= _MAX_HEADER or (len(header) == _MAX_HEADER):
        raise Unreadable("a WAV file without samples near its beginning")
    return None


def _samples_for_one(form: tuple[int, int, int, int, int, int]) -> int:
    coding, channels, rate, _, _, bits = form
    if (coding, channels, bits) != (_PCM, 1, 8 * _SAMPLE_OCTETS) or rate not in (RATE, 2 * RATE):
        raise Unreadable("only mono 16-bit PCM at 8 or 16 kHz can be followed")
    return rate // RATE
