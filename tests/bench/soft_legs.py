"""What RTP legs beyond plain G.711 cost: beside plain legs in the same run, and their codec or cipher alone.

The worker is on one CPU, the telephones are this process on the other. Their packets are made, and sealed,
before the clock runs. A leg's own cost is what it takes more than a plain one; it is held against encoding,
or sealing, one packet and decoding, or opening, one, by the library itself: for as many streams, a packet of
each in 20 ms, since again and again and in warm caches a cipher takes a tenth of what it takes in calls.

python -m tests.bench.soft_legs [--quick] [NAME ...]
"""

import asyncio
import functools
import itertools
import os
import secrets
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from media.codecs.codec import FORMATS
from media.control import Codec, Join, OpenRtp, Ping, Pong, RtpOpened, SdesKeys, StartRtp
from media.engine.compile import kernel
from media.engine.state import PACKET
from media.rtp import sealing
from media.rtp.srtp import Opener, Sealer
from tests.bench import machine
from tests.bench.effort import Effort, full, quick
from tests.bench.report import Aim, Figure, Report, Yardstick, show
from tests.support.media_worker import MediaWorker

LEGS = 40
WARM_S = 1.0
COUNT_S = 4.0
TICK_S = 0.02
AIM = 1.3
LEAST_SHARE = 0.97
"""Of the packets that should come back."""
ATTEMPTS = 4
ROUNDS = 3
"""At most: each takes long."""
TRIALS = 50
"""Ticks in which the codec or cipher alone is given a packet of each leg."""
SUITE = "AES_CM_128_HMAC_SHA1_80"


Part = Codec | Literal["cipher"]


@dataclass(frozen=True)
class Kind:
    """Legs of one kind."""

    name: str
    codec: Codec
    payload_type: int
    sealed: bool = False
    parts: tuple[Part, ...] = field(default=())
    """What is its own."""


PLAIN = Kind("plain G.711", "PCMU", 0)
KINDS = {
    "srtp": Kind("G.711 under SRTP", "PCMU", 0, sealed=True, parts=("cipher",)),
    "g722": Kind("G.722", "G722", 9, parts=("G722",)),
    "opus": Kind("Opus", "opus", 111, parts=("opus",)),
    "opus-srtp": Kind("Opus under SRTP", "opus", 111, sealed=True, parts=("opus", "cipher")),
}


class Disturbed(Exception):
    """A run in which the machine, not the program, was measured."""


def measure(effort: Effort, names: Sequence[str] = tuple(KINDS)) -> list[Figure]:
    """What each kind of leg takes more than a plain one, beside its codec and cipher alone."""
    own: dict[str, list[float]] = {name: [] for name in names}
    bare: dict[str, list[float]] = {name: [] for name in names}
    seconds = max(COUNT_S * effort.share, 1.0)
    for _ in itertools.islice(effort.rounds(f"{LEGS} legs of each kind"), ROUNDS):
        plain = _valid_us(PLAIN, seconds)
        for name in names:
            own[name].append(_valid_us(KINDS[name], seconds) - plain)
            bare[name].append(sum(_part_us(part) for part in KINDS[name].parts))
    return [
        Figure(
            f"CPU of a leg of {KINDS[name].name} and tick, less that of a plain one",
            "us",
            tuple(own[name]),
            Yardstick("codec or cipher alone, of as many streams", tuple(bare[name])),
            Aim(AIM),
        )
        for name in names
    ]


def _valid_us(kind: Kind, seconds: float) -> float:
    """CPU time of the worker for each leg and tick, in a run that was not disturbed."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with machine.pinned(machine.BENCH_CPU):
                return asyncio.run(_legs_us(kind, seconds))
        except Disturbed:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


async def _legs_us(kind: Kind, seconds: float) -> float:
    async with AsyncExitStack() as stack:
        phones = [Phone(kind, WARM_S + seconds + 1) for _ in range(LEGS)]
        for phone in phones:
            stack.callback(phone.close)
        with machine.pinned(machine.SERVED_CPU):
            worker = await stack.enter_async_context(MediaWorker("--max-legs", str(LEGS)))
        for leg, phone in enumerate(phones):
            worker.do(OpenRtp(leg=str(leg)))
            port = (await worker.told(RtpOpened, leg=str(leg))).port
            worker.do(phone.start(str(leg)))
            worker.do(Join(leg=str(leg), room=str(leg // 2)))
            phone.dial(port)
        worker.do(Ping(nonce=0))
        await worker.told(Pong)
        crowd = Crowd(phones)
        stack.callback(crowd.stop)
        await asyncio.sleep(WARM_S)
        heard, spent, begun = crowd.heard, machine.cpu_s(worker.process.pid), time.monotonic()
        await asyncio.sleep(seconds)
        spent = machine.cpu_s(worker.process.pid) - spent
        ticks = (time.monotonic() - begun) / TICK_S
        if crowd.heard - heard < LEAST_SHARE * ticks * LEGS:
            raise Disturbed(f"{crowd.heard - heard} of {ticks * LEGS:.0f} packets came")
    return spent * 1e6 / (ticks * LEGS)


class Phone:
    """A telephone that has said everything beforehand, in packets of 20 ms."""

    def __init__(self, kind: Kind, seconds: float) -> None:
        self.kind = kind
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(("127.0.0.1", 0))
        self.keys = _keys() if kind.sealed else None
        sealer = Sealer(SUITE, self.keys.peer_key) if self.keys is not None else None
        made = _packets(kind, int(seconds / TICK_S))
        self.packets = made if sealer is None else [sealer.rtp(packet) for packet in made]

    def start(self, leg: str) -> StartRtp:
        """The command that makes a leg this telephone's."""
        return StartRtp(
            leg=leg,
            remote_host="127.0.0.1",
            remote_port=self.socket.getsockname()[1],
            codec=self.kind.codec,
            payload_type=self.kind.payload_type,
            dtmf_payload_type=101,
            security=self.keys,
        )

    def dial(self, port: int) -> None:
        """Speak with this port alone."""
        self.socket.connect(("127.0.0.1", port))

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


class Crowd:
    """Lets telephones talk, from a thread of its own."""

    def __init__(self, phones: Sequence[Phone]) -> None:
        self.heard = 0
        """Packets of all of them together."""
        self._phones = phones
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def stop(self) -> None:
        """End the talking."""
        self._stop.set()
        self._thread.join()

    def _talk(self) -> None:
        due = time.monotonic()
        for said in zip(*(phone.packets for phone in self._phones), strict=True):
            for phone, packet in zip(self._phones, said, strict=True):
                phone.socket.send(packet)
                self._listen(phone.socket)
            due += TICK_S
            if self._stop.wait(max(due - time.monotonic(), 0)):
                return

    def _listen(self, sock: socket.socket) -> None:
        try:
            while sock.recv(2048):
                self.heard += 1
        except BlockingIOError:
            pass


def _keys() -> SdesKeys:
    return SdesKeys(suite=SUITE, key=os.urandom(30), peer_suite=SUITE, peer_key=os.urandom(30))


def _packets(kind: Kind, count: int) -> list[bytes]:
    clock, ssrc = FORMATS[kind.codec].clock // 50, secrets.randbits(32)
    return [
        struct.pack("!BBHII", 0x80, kind.payload_type, k & 0xFFFF, k * clock, ssrc) + payload
        for k, payload in zip(range(count), itertools.cycle(_payloads(kind.codec)), strict=False)
    ]


@functools.cache
def _payloads(codec: Codec) -> list[bytes]:
    encoder = FORMATS[codec].make()
    return [encoder.encode(frame) for frame in _frames(codec)]


def _frames(codec: Codec) -> list[bytes]:
    """A second of something like speech: a buzz whose pitch and loudness change."""
    rate = FORMATS[codec].rate
    at = np.arange(rate) / rate
    buzz = sum(np.sin(2 * np.pi * 120 * k * at + 6 * np.sin(2 * np.pi * 3 * at)) / k for k in range(1, 25))
    wave = (4000 * buzz * (0.55 + 0.45 * np.sin(2 * np.pi * 2 * at))).astype("<i2")
    return [part.tobytes() for part in wave.reshape(50, -1)]


def _part_us(part: Part) -> float:
    with machine.pinned(machine.SERVED_CPU):
        return _each_us(Cipher() if part == "cipher" else _codec(part))


def _codec(name: Codec) -> Callable[[int], object]:
    """Encode and decode a packet of each of LEGS streams."""
    codecs = [FORMATS[name].make() for _ in range(LEGS)]
    frames = _frames(name)

    def tick(k: int) -> None:
        made = [codec.encode(frames[k % len(frames)]) for codec in codecs]
        for codec, payload in zip(codecs, made, strict=True):
            codec.decode(payload)

    return tick


class Cipher:
    """Seals and opens a packet of each of LEGS streams, without the interpreter."""

    def __init__(self) -> None:
        keys = [os.urandom(30) for _ in range(LEGS)]
        # Kept, since only their addresses are used.
        self._sides = [[make(SUITE, key) for key in keys] for make in (Sealer, Opener)]
        self._sessions = np.array([[each.address for each in side] for side in self._sides], np.int64)
        self._said = [np.frombuffer(packet, np.uint8) for packet in _packets(PLAIN, TRIALS + 1)]
        self._packets = np.zeros((LEGS, PACKET), np.uint8)
        self._size = np.zeros(1, np.int32)
        # That compiles.
        self(TRIALS)

    def __call__(self, k: int) -> None:
        """The packets of tick k."""
        length = self._said[k].size
        self._packets[:, :length] = self._said[k]
        if _seal_and_open(self._sessions, self._packets, length, self._size):
            raise AssertionError("libsrtp has refused its own packet")


@kernel
def _seal_and_open(
    sessions: NDArray[np.int64], packets: NDArray[np.uint8], length: int, size: NDArray[np.int32]
) -> int:
    """How many were refused."""
    refused = 0
    for row in range(packets.shape[0]):
        sealed = sealing.seal(sessions[0, row], packets[row], length, size)
        refused += sealing.open_sealed(sessions[1, row], packets[row], sealed, size) != length
    return refused


def _each_us(tick: Callable[[int], object]) -> float:
    """CPU time for each of LEGS streams in ticks as far apart as those of calls, with caches as cold."""
    spent = 0.0
    for k in range(TRIALS):
        begun = time.thread_time()
        tick(k)
        took = time.thread_time() - begun
        spent += took
        time.sleep(max(TICK_S - took, 0))
    return spent * 1e6 / (TRIALS * LEGS)


def main() -> None:
    """Measure by itself."""
    from rich.console import Console

    console = Console()
    effort = (quick if "--quick" in sys.argv else full)(console.print, console.print)
    start = machine.Jiffies.now()
    names = [argument for argument in sys.argv[1:] if argument in KINDS] or list(KINDS)
    figures = measure(effort, names)
    warnings = machine.foreign_load(start, machine.Jiffies.now())
    show(Report(machine.describe(), {"soft legs": figures}, {}, warnings), console)


if __name__ == "__main__":
    main()
