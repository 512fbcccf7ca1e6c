"""Making a disk keep what was written."""

import ctypes
import os
from pathlib import Path

_WRITE = 2
"""SYNC_FILE_RANGE_WRITE of Linux."""
_libc = ctypes.CDLL(None)
_ALL = ctypes.c_int64(0)
"""As an offset the beginning, as a length everything behind it."""


def keep_names(directory: Path) -> None:
    """Make the disk keep which files there are in a directory: fsync of a file does not. Raises OSError."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def begin_writing(fd: int) -> None:
    """Let the disk begin to write what there is of a file, and do not wait. It need not: fsync does it all.

    A file system with a journal then keeps many files with one turn of it, instead of one for each.
    """
    _libc.sync_file_range(fd, _ALL, _ALL, _WRITE)
