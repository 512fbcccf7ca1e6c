"""A wire to a network behind it, which carries IP packets in the weather that a test wants (Linux, root).

Both its ends are TUN devices (networking/tuntap.rst of the kernel), one in the network that the thread is in,
one in a network of its own. A process of its own carries what they say to each other, so that nothing that a
test does holds it up.
"""

import asyncio
import fcntl
import heapq
import json
import os
import random
import select
import socket
import stat
import struct
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path

from tests.support.network import private_network, raise_interface, this_network, within
from tests.support.weather import Weather

NEAR, FAR = "192.0.2.1", "192.0.2.2"
"""The addresses of the two ends."""
TUN, TUN_NUMBER = Path("/dev/net/tun"), os.makedev(10, 200)
NAME = "wire"
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x1, 0x1000
"""linux/if_tun.h"""
SIOCSIFADDR, SIOCSIFDSTADDR = 0x8916, 0x8918
"""linux/sockios.h"""
LONGEST = 65_535
MOST_FLYING = 10_000
"""Packets that are under way at a time; more are lost. Two calls have less than a hundred."""


class TunWire:
    """The two ends and the network behind the far one. Made by `tun_wire`."""

    def __init__(self, near: int, far: int, network: int) -> None:
        self._ends, self._network = (near, far), network
        self.lost = self.doubled = self.overtaken = 0
        """Packets, of both directions, in all weathers that are over."""

    def beyond(self) -> AbstractContextManager[None]:
        """Move this thread to the network behind the wire, and back; processes that it starts are there."""
        return within(self._network)

    @asynccontextmanager
    async def carrying(self, weather: Weather, seed: int) -> AsyncIterator[None]:
        """Carry packets while the context is open; nothing gets through at other times."""
        ends = [str(end) for end in self._ends]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.tun_wire", *ends, str(seed), json.dumps(weather)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=self._ends,
        )
        try:
            yield
        finally:
            said, _ = await process.communicate(b"")
        lost, doubled, overtaken = json.loads(said)
        self.lost += lost
        self.doubled += doubled
        self.overtaken += overtaken


@contextmanager
def tun_wire() -> Iterator[TunWire]:
    """From the network that this thread is in, where `NEAR` is then, to one that has `FAR` alone.

    Raises:
        OSError: the kernel has no TUN devices, or we may not make one.
    """
    near = _end(NEAR, FAR)
    try:
        with private_network():
            far, network = _end(FAR, NEAR), this_network()
        try:
            yield TunWire(near, far, network)
        finally:
            os.close(far)
            os.close(network)
    finally:
        os.close(near)


def _end(address: str, other: str) -> int:
    """A TUN device in the network of this thread; its packets are read and written at the descriptor."""
    end = _open_tun()
    try:
        fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", NAME.encode(), IFF_TUN | IFF_NO_PI))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            for request, host in ((SIOCSIFADDR, address), (SIOCSIFDSTADDR, other)):
                family = struct.pack("@H2x", socket.AF_INET)
                fcntl.ioctl(
                    control, request, struct.pack("16s4s4s8x", NAME.encode(), family, socket.inet_aton(host))
                )
        raise_interface(NAME)
    except BaseException:
        os.close(end)
        raise
    return end


def _open_tun() -> int:
    """The device; containers often have no file of it, which root can make."""
    if TUN.exists():
        return os.open(TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "tun"
        os.mknod(file, stat.S_IFCHR | 0o600, TUN_NUMBER)
        return os.open(file, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)


class Carrier:
    """One direction: what has been taken at an end, until it is due at the other. Pure."""

    def __init__(self, weather: Weather, seed: int) -> None:
        self.lost = self.doubled = self.overtaken = 0
        self._weather, self._dice = weather, random.Random(seed)
        self._flying: list[tuple[float, int, bytes]] = []
        self._taken = self._newest = 0

    @property
    def next(self) -> float | None:
        """When the next packet is due."""
        return self._flying[0][0] if self._flying else None

    def take(self, packet: bytes, now: float) -> None:
        """A packet begins its way."""
        copies = self._weather.copies(self._dice) if len(self._flying) < MOST_FLYING else []
        self._taken += 1
        self.lost += not copies
        self.doubled += len(copies) > 1
        for delay in copies:
            heapq.heappush(self._flying, (now + delay, self._taken, packet))

    def due(self, now: float) -> Iterator[bytes]:
        """What has arrived."""
        while self._flying and self._flying[0][0] <= now:
            _, number, packet = heapq.heappop(self._flying)
            self.overtaken += number < self._newest
            self._newest = max(self._newest, number)
            yield packet


def _carry(ends: tuple[int, int], carriers: tuple[Carrier, Carrier]) -> None:
    """Until the standard input ends."""
    ways = tuple(zip(ends, reversed(ends), carriers, strict=True))
    while True:
        now = time.monotonic()
        for _, target, carrier in ways:
            for packet in carrier.due(now):
                os.write(target, packet)
        coming = [carrier.next for carrier in carriers if carrier.next is not None]
        patience = max(min(coming) - time.monotonic(), 0.0) if coming else None
        ready, _, _ = select.select([*ends, sys.stdin], [], [], patience)
        if sys.stdin in ready:
            return
        for source, _, carrier in ways:
            if source in ready:
                carrier.take(os.read(source, LONGEST), time.monotonic())


def main() -> None:
    """Both directions, each with its own dice; in the end it tells what it did."""
    ends, seed = (int(sys.argv[1]), int(sys.argv[2])), int(sys.argv[3])
    loss, doubled, delay = json.loads(sys.argv[4])
    weather = Weather(loss, doubled, tuple(delay))
    carriers = Carrier(weather, seed), Carrier(weather, seed + 1)
    _carry(ends, carriers)
    counts = ([each.lost, each.doubled, each.overtaken] for each in carriers)
    print(json.dumps([sum(both) for both in zip(*counts, strict=True)]))  # noqa: T201 - what it tells


if __name__ == "__main__":
    main()
