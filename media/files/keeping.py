"""Making a disk keep what was written."""

import os
from pathlib import Path


def keep_names(directory: Path) -> None:
    """Make the disk keep which files there are in a directory: fsync of a file does not. Raises OSError."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
