"""What the worker of a gateway that has died hands on: its memory, the legs' sockets, the orders that stand.

The worker goes on for a while at the *door*, a listening socket that it was lent. Whoever comes through it is
given everything, and the worker ends at once: a new one goes on in its place. One that hangs is killed.
"""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from gateway.workers.listener import end, listener_of
from media.control import AnyCommand, Framer, decode_command
from media.control.lending import HEIRS, Pair, borrow

log = logging.getLogger(__name__)

PATIENCE_S = 3.0
"""How long the worker may take for each step of handing over. One that hangs is killed, with its legs."""


class Estate(NamedTuple):
    """All of it."""

    memory: int
    """Descriptor of the memfd."""
    pairs: dict[str, Pair]
    """By the leg."""
    orders: list[AnyCommand]


def open_door(path: Path) -> socket.socket:
    """A new door at that path, in place of an old one behind which nobody is."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    path.unlink(missing_ok=True)
    with _short(path) as name:
        door.bind(name)
    door.listen(HEIRS)
    return door


def claim(path: Path) -> Estate | None:
    """What the worker behind the door has; None where nothing is to be had. Waits.

    The worker has ended then, one that hands nothing over included.
    """
    channel = _connect(path)
    if channel is None:
        return None
    with channel, listener_of(channel) as worker:
        try:
            return _receive(channel)
        except (OSError, ValueError, msgspec.DecodeError):
            log.exception("the media worker of the gateway before does not hand over what it has")
            if worker is not None:
                end(worker)
            return None


def _connect(path: Path) -> socket.socket | None:
    """To whoever is behind the door; None where nobody is."""
    if not path.exists():
        return None
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    channel.settimeout(PATIENCE_S)
    try:
        with _short(path) as name:
            channel.connect(name)
    except OSError as error:
        channel.close()
        if not isinstance(error, ConnectionRefusedError):
            log.exception("nobody can be asked for what a gateway before this one may have left")
        return None
    return channel


def _receive(channel: socket.socket) -> Estate:
    """Raises OSError, and ValueError for what makes no sense; what had come is given up then."""
    memory: int | None = None
    orders: list[AnyCommand] = []
    pairs: dict[str, Pair] = {}
    try:
        while (borrowed := borrow(channel, waits=True)) is not None:
            pairs |= borrowed.pairs
            if borrowed.memory is not None:
                memory = borrowed.memory
            if borrowed.orders is not None:
                orders = _read(borrowed.orders)
        if memory is None:
            raise ValueError("no memory has been handed over")
    except BaseException:
        for pair in pairs.values():
            pair.close()
        if memory is not None:
            os.close(memory)
        raise
    return Estate(memory, pairs, orders)


def _read(will: int) -> list[AnyCommand]:
    with os.fdopen(will, "rb") as file:
        file.seek(0)
        return [decode_command(body) for body in Framer().feed(file.read())]


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name for a path that the 108 octets of a socket's address hold, however deep it lies."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
