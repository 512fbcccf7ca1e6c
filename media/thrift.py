"""What a process does once it has loaded all that it needs."""

import ctypes
import gc
from contextlib import suppress


def give_back() -> None:
    """Let the system have the memory that loading took and nobody uses any more.

    The C library keeps it otherwise, for a process that will want it again; not every one can be asked.
    """
    gc.collect()
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
