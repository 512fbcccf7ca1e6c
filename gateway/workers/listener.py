"""The process at the other end of a door, known by its pidfd: to be ended when it does not hand over.

The kernel tells who listens at a unix socket; that is the worker, which was lent the door and listens at it
anew. The descriptor is had before anything else is tried, so that the number cannot be another process's.
"""

import logging
import os
import select
import signal
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

log = logging.getLogger(__name__)

MODULE = b"media.worker"
"""On the command line of each worker."""
END_S = 5.0
"""How long a process may take to end that has been killed: it may have gigabytes to give back."""
_CREDENTIALS = struct.Struct("3i")
"""`struct ucred`: number, user, group (unix(7))."""


@contextmanager
def listener_of(channel: socket.socket) -> Iterator[int | None]:
    """The pidfd of the worker of ours that listens where the channel is connected; None where none is."""
    process = _open(channel)
    try:
        yield process
    finally:
        if process is not None:
            os.close(process)


def end(process: int) -> None:
    """Kill it and wait until it has ended: its memory and its sockets are nobody's then."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(process, signal.SIGKILL)
    ended = select.poll()
    ended.register(process, select.POLLIN)
    if not ended.poll(END_S * 1000):
        log.error("a media worker of the gateway before has been killed and does not end")


def _open(channel: socket.socket) -> int | None:
    octets = channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, user, _ = _CREDENTIALS.unpack(octets)
    if pid <= 0 or pid == os.getpid() or user != os.geteuid():
        return None
    try:
        process = os.pidfd_open(pid)
    except OSError:
        return None
    if _is_worker(pid):
        return process
    os.close(process)
    return None


def _is_worker(pid: int) -> bool:
    try:
        return MODULE in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
