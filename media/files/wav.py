"""A WAV file that can be read at any moment, also when its writer has just been killed.

RIFF/WAVE with 16-bit linear PCM (the canonical 44-octet header). Each append writes the samples; the header's
two sizes follow four times a second, and never claim more than there is. What a kill leaves between the
two, the next writer puts right: it goes by the file's length. Files beyond RIFF's 4 GiB are refused.
A file has one writer at a time, also where a process that was given up still writes: it is locked (flock).
"""

import fcntl
import os
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.errors import Unreadable, Unwritable
from media.files.keeping import begin_writing, keep_names

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_PCM = 1
_SAMPLE_OCTETS = 2

MAX_DATA_OCTETS = 0xFFFFFFFF - (_HEADER.size - 8)
"""What RIFF's 32-bit size field leaves for samples: 37 hours of 16 kHz mono."""
MAX_CHANNELS = 32
"""As many as a recording of a conversation may ask for."""
HEADER_S = 0.25
"""By how much the header's sizes may lag behind the samples: writing them is a system call, too."""
LOCK_PATIENCE_S = 300.0
"""For a writer that was given up to let go: it may be encoding an hour of audio."""
_LOCK_STEP_S = 0.05


class Form(NamedTuple):
    """What the header of a file says."""

    channels: int
    rate: int
    """Hz."""


class Removed(Unwritable):
    """Whoever wrote the file is ready with it, and has removed it."""


class WavWriter:
    """A growing WAV file. One thread appends and closes, and another may `keep` meanwhile.

    `rate` is in Hz. The path must not exist. One that is not `kept` is for whoever reads it now, and the disk
    is not made to keep it (fsync). With `resumes` it goes on behind the last whole 20 ms of a file whose
    writer has died, or begins one where there is none; it waits until nobody else has the file. Raises
    Unwritable when the file cannot be made, Removed when it went while this waited.
    """

    def __init__(
        self, path: Path, channels: int, rate: int, *, kept: bool = True, resumes: bool = False
    ) -> None:
        if not 1 <= channels <= MAX_CHANNELS:
            raise Unwritable(f"a recording has 1 to {MAX_CHANNELS} channels, not {channels}")
        self._channels = channels
        self._rate = rate
        self._kept = kept
        self._octets = 0
        self._told = 0
        """Octets that the header knows of."""
        self._lag = int(HEADER_S * rate) * self._frame_octets
        """Octets that it may not know of."""
        self._synced = -1
        self._keeping = threading.Lock()
        self._is_open = True
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | (0 if resumes else os.O_EXCL)
        try:
            self._fd = os.open(path, flags, 0o600)
        except OSError as error:
            raise Unwritable(f"cannot make the recording: {error.strerror}") from error
        try:
            self._begin(path)
        except OSError as error:
            os.close(self._fd)
            raise Unwritable(f"cannot start the recording: {error.strerror}") from error
        except Unwritable:
            os.close(self._fd)
            raise

    @property
    def duration_s(self) -> float:
        """Seconds that are in the file."""
        return self._octets / (self._rate * self._frame_octets)

    def append(self, frames: NDArray[np.int16]) -> None:
        """Add samples, shape [n, channels].

        Raises Unwritable when the disk is full or the file would pass 4 GiB; the file then holds what it
        held before, and may be appended to again.
        """
        if frames.ndim != 2 or frames.shape[1] != self._channels:
            raise ValueError(f"samples of shape {frames.shape} for {self._channels} channels")
        data = frames.astype("<i2", order="C", copy=False).tobytes()
        if self._octets + len(data) > MAX_DATA_OCTETS:
            raise Unwritable("the recording has reached the 4 GiB that a WAV file can hold")
        before = self._octets
        try:
            _write_at(self._fd, data, _HEADER.size + before)
            self._octets += len(data)
            if self._octets - self._told >= self._lag:
                self._write_header()
        except OSError as error:
            self._cut_back(before)
            raise Unwritable(f"cannot write the recording: {error.strerror}") from error

    def hasten(self) -> None:
        """Let the disk begin with what `keep` waits for: files that have all begun wait less in all."""
        with self._keeping:
            if self._is_open and self._kept:
                begin_writing(self._fd)

    def keep(self) -> None:
        """Make the disk keep the samples that have come since it last was. Raises Unwritable.

        What it cannot keep stays in the file: nobody knows how much of that is lost.
        """
        with self._keeping:
            if not self._is_open or self._synced == self._octets:
                return
            try:
                self._sync()
            except OSError as error:
                raise Unwritable(f"cannot keep the recording: {error.strerror}") from error

    def finish(self) -> int:
        """Make the disk keep everything; the size of the file in octets. Raises Unwritable."""
        with self._keeping:
            try:
                if self._told != self._octets:
                    self._write_header()
                if self._synced != self._octets:
                    self._sync()
            except OSError as error:
                raise Unwritable(f"cannot finish the recording: {error.strerror}") from error
        return _HEADER.size + self._octets

    def close(self) -> int:
        """Finish, and let go of the file, which others may have then. Raises Unwritable."""
        try:
            return self.finish()
        finally:
            with self._keeping:
                self._is_open = False
                os.close(self._fd)

    @property
    def _frame_octets(self) -> int:
        return self._channels * _SAMPLE_OCTETS

    def _begin(self, path: Path) -> None:
        self._lock()
        self._find_end()
        self._write_header()
        if self._kept:
            keep_names(path.parent)

    def _lock(self) -> None:
        """Be the only writer. Raises Removed and Unwritable."""
        deadline = time.monotonic() + LOCK_PATIENCE_S
        while not _try_lock(self._fd):
            if time.monotonic() > deadline:
                raise Unwritable("somebody else still writes the recording")
            time.sleep(_LOCK_STEP_S)
        if os.fstat(self._fd).st_nlink == 0:
            raise Removed("the recording has been removed")

    def _find_end(self) -> None:
        """Cut off what is not a whole 20 ms; nothing of a new file."""
        frame = self._rate // 50 * self._frame_octets
        self._octets = max(os.fstat(self._fd).st_size - _HEADER.size, 0) // frame * frame
        os.ftruncate(self._fd, _HEADER.size + self._octets)

    def _write_header(self) -> None:
        _write_at(self._fd, _header(self._channels, self._rate, self._octets), 0)
        self._told = self._octets

    def _sync(self) -> None:
        octets = self._octets
        if self._kept:
            os.fsync(self._fd)
        self._synced = octets

    def _cut_back(self, octets: int) -> None:
        """Drop what an append that failed has left; shrinking needs no room on the disk."""
        self._octets = octets
        with suppress(OSError):
            self._write_header()
            os.ftruncate(self._fd, _HEADER.size + octets)


def form_of(path: Path) -> Form:
    """The form of a file that a WavWriter began. Raises Unreadable when it is not one of ours."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(fd, "rb") as file:
            return _parse_header(file.read(_HEADER.size))
    except OSError as error:
        raise Unreadable(f"cannot open the recording: {error.strerror}") from error


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _header(channels: int, rate: int, octets: int) -> bytes:
    frame_octets = channels * _SAMPLE_OCTETS
    return _HEADER.pack(
        b"RIFF",
        _HEADER.size - 8 + octets,
        b"WAVE",
        b"fmt ",
        16,
        _PCM,
        channels,
        rate,
        rate * frame_octets,
        frame_octets,
        8 * _SAMPLE_OCTETS,
        b"data",
        octets,
    )


def _parse_header(header: bytes) -> Form:
    """Its sizes may be wrong."""
    if len(header) == _HEADER.size:
        channels, rate = _HEADER.unpack(header)[6:8]
        if 1 <= channels <= MAX_CHANNELS and rate > 0 and _same_but_sizes(header, _header(channels, rate, 0)):
            return Form(channels, rate)
    raise Unreadable("not a recording of ours")


def _same_but_sizes(one: bytes, other: bytes) -> bool:
    return one[:4] == other[:4] and one[8:40] == other[8:40]


def _write_at(fd: int, data: bytes, offset: int) -> None:
    """All of the data at an offset; one write may take a part of it."""
    rest = memoryview(data)
    while rest:
        written = os.pwrite(fd, rest, offset)
        offset += written
        rest = rest[written:]
