"""An operating system in memory, for interpreted kernels: sockets are queues, time stands still.

It has the signatures of `media.engine.syscalls`. Tests put datagrams in with `deliver`, find what was sent in
`sent` and turn the clock with `advance`.
"""

# ruff: noqa: ARG001 - the signatures are those of media.engine.libc

import ctypes
import errno
from collections import defaultdict, deque

import numpy as np
from numpy.typing import NDArray

Octets = NDArray[np.uint8]


class Machine:
    """What the calls work on."""

    def __init__(self) -> None:
        self.clock = 0
        self.waiting: dict[int, deque[tuple[int, bytes]]] = defaultdict(deque)
        self.sent: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
        self.connected: dict[int, int] = {}
        self.wakes: dict[int, int] = defaultdict(int)
        self.errors: dict[int, deque[int]] = defaultdict(deque)

    def deliver(self, fd: int, source: int, packet: bytes) -> None:
        """Let a datagram arrive; a connected socket takes it from its peer only."""
        if self.connected.get(fd, source) == source:
            self.waiting[fd].append((source, packet))

    def advance(self, nanoseconds: int) -> None:
        """Let time pass."""
        self.clock += nanoseconds


machine = Machine()


def fence() -> None:
    """Nothing to order: one thread."""


def prefetch(address: int, octets: int) -> None:
    """No caches to fill."""


def samples_at(address: int, count: int) -> NDArray[np.int16]:
    """The int16 samples at a memory address."""
    return np.ctypeslib.as_array((ctypes.c_int16 * int(count)).from_address(int(address)))


def receive(fd: int, packet: Octets, address: Octets) -> tuple[int, int]:
    """The oldest datagram that waits, cut to the size of `packet` as the system does."""
    if machine.errors[fd]:
        return -machine.errors[fd].popleft(), 0
    if not machine.waiting[fd]:
        return -errno.EAGAIN, 0
    source, data = machine.waiting[fd].popleft()
    length = min(len(data), packet.size)
    packet[:length] = np.frombuffer(data[:length], np.uint8)
    return length, source


def receive_bound(fd: int, packet: Octets) -> int:
    """The oldest datagram that waits at a socket which is connected."""
    if fd not in machine.connected:
        raise OSError(errno.ENOTCONN, "the socket may hear from anybody")
    return receive(fd, packet, packet)[0]


def send(fd: int, packet: Octets, length: int) -> int:
    """Keep a datagram for the connected peer."""
    if machine.errors[fd]:
        return -machine.errors[fd].popleft()
    machine.sent[fd].append((machine.connected[fd], packet[:length].tobytes()))
    return length


def send_to(fd: int, packet: Octets, length: int, endpoint: int, address: Octets) -> int:
    """Keep a datagram for an endpoint."""
    machine.sent[fd].append((int(endpoint), packet[:length].tobytes()))
    return length


def connect(fd: int, endpoint: int, address: Octets) -> int:
    """Take datagrams from this endpoint only, from now on; what waits already stays."""
    machine.connected[fd] = int(endpoint)
    return 0


def disconnect(fd: int, address: Octets) -> int:
    """Take datagrams from everybody."""
    machine.connected.pop(fd, None)
    return 0


def now(time: NDArray[np.int64]) -> int:
    """Nanoseconds that tests have let pass."""
    return machine.clock


def sleep_until(moment: int, time: NDArray[np.int64]) -> None:
    """Be at a later moment at once."""
    machine.clock = max(machine.clock, moment)


def wake(fd: int, time: NDArray[np.int64]) -> None:
    """Count a wake-up."""
    machine.wakes[fd] += 1
