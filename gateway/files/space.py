"""How much room a disk has left for what can be done without."""

import asyncio
import os
from pathlib import Path

from gateway.errors import Unavailable

RESERVED = 0.05
"""Of the disk, for the log and for what is being recorded already: below that no recording is begun."""


class DiskFull(Unavailable):
    """So little of the disk is free that nothing is begun that would fill it."""


async def check_room(directory: Path) -> None:
    """Raise DiskFull where less than RESERVED is free; a disk that cannot be asked is not in the way."""
    try:
        free = await asyncio.to_thread(_free, directory)
    except OSError:
        return
    if free < RESERVED:
        raise DiskFull(f"the disk has less than {RESERVED:.0%} free: no recording is begun")


def _free(directory: Path) -> float:
    """Which part of it can be written to, 0 to 1; without what is root's alone, as `df` counts."""
    disk = os.statvfs(directory)
    usable = disk.f_blocks - disk.f_bfree + disk.f_bavail
    return disk.f_bavail / usable if usable else 1.0
