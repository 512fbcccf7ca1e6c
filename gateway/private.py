"""What is on the disk is the gateway's alone: directories of mode 0700, files of mode 0600.

What stands already, from an earlier version or another hand, is tightened. What belongs to somebody else
cannot be: that is said in the log, and the gateway goes on.
"""

import logging
from pathlib import Path

DIRECTORY = 0o700
FILE = 0o600

_log = logging.getLogger(__name__)


def private_directory(path: Path) -> None:
    """Make a directory, with those above it, or tighten it. Raises OSError when it cannot be made."""
    path.mkdir(parents=True, exist_ok=True, mode=DIRECTORY)
    tighten(path, DIRECTORY)


def private_file(path: Path) -> None:
    """Make an empty file where there is none, or tighten it. Raises OSError when it cannot be made."""
    path.touch(mode=FILE)
    tighten(path, FILE)


def tighten(path: Path, mode: int = FILE) -> None:
    """Set the mode of what is there; what is not there is left so."""
    try:
        if path.stat().st_mode & 0o777 != mode:
            path.chmod(mode)
    except FileNotFoundError:
        return
    except OSError as error:
        _log.warning("others may be able to read %s: %s", path, error.strerror)
