"""One gateway for one data directory: two would deliver every owed webhook twice."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

LOCK_FILE = "lock"


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Hold the directory. The system lets go of it when the process ends, however it ends."""
    with (directory / LOCK_FILE).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(
                f"Another gateway is serving {directory}. Stop it, or set another data_directory."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def last_holder(directory: Path) -> int | None:
    """The process that held the directory last, or still does; None when nobody has."""
    try:
        return int((directory / LOCK_FILE).read_text())
    except (OSError, ValueError):
        return None
