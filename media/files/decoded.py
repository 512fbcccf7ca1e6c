"""Files that were decoded lately, kept as samples: a menu plays the same prompts to everybody."""

import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media.errors import Unreadable
from media.files.decode import decode

MAX_SAMPLES = 8 << 20
"""Kept at a time: 16 MB, a quarter of an hour of prompts at 8 kHz."""
MAX_SAMPLES_EACH = MAX_SAMPLES // 16
"""A longer file, about a minute, is rarely a prompt and would drive many of them out."""

Samples = NDArray[np.int16]
_Version = tuple[Path, int, int, int]
"""A path, and what tells its file from another that was there before."""


class Decoded:
    """Decodes files at one rate (Hz), each version of a file once while it is wanted; for several threads."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._kept: OrderedDict[_Version, Samples] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def read(self, path: Path) -> Samples:
        """The file's samples, shape [n], which nobody may change. Raises Unreadable."""
        version = _version(path)
        with self._lock:
            if version in self._kept:
                self._kept.move_to_end(version)
                return self._kept[version]
        samples = np.ascontiguousarray(decode(path, self._rate))
        samples.flags.writeable = False
        if samples.size <= MAX_SAMPLES_EACH:
            self._keep(version, samples)
        return samples

    def _keep(self, version: _Version, samples: Samples) -> None:
        with self._lock:
            if version in self._kept:
                return
            self._kept[version] = samples
            self._size += samples.size
            while self._size > MAX_SAMPLES:
                _, oldest = self._kept.popitem(last=False)
                self._size -= oldest.size


def _version(path: Path) -> _Version:
    try:
        found = path.stat()
    except OSError as error:
        raise Unreadable(f"cannot open the audio file: {error.strerror}") from error
    return path, found.st_ino, found.st_mtime_ns, found.st_size
