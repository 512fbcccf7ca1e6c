"""A real media worker process on a socket pair, and telephones made of plain UDP sockets."""

import asyncio
import os
import signal
import socket
import struct
import sys
from collections import deque
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from gateway.workers.sockets import bind_pair
from media.control import (
    AnyNotice,
    Command,
    Framer,
    Notice,
    OpenRtp,
    Ready,
    Serve,
    Serving,
    Settle,
    StartRtp,
    decode_notice,
    encode,
)
from media.control.lending import Loan, Pair, in_loans, lend
from media.control.standing import StandingOrders
from tests.support.rtp_party import DECODED, mulaw_tone

N = TypeVar("N", bound=Notice)

COMPILE_S = 300.0
"""A worker that finds no compiled kernels makes them first."""
PATIENCE_S = 10.0
FRAME = 160


class Estate:
    """What outlives a worker."""

    def __init__(self, ports: range) -> None:
        self.memory = os.memfd_create("estate")
        self.orders = StandingOrders()
        self.pairs: dict[str, Pair] = {}
        self.door: socket.socket | None = None
        """Where workers wait for another gateway; they end with this one when None."""
        self._ports = ports

    def bind(self, leg: str) -> Pair:
        """Sockets for a leg."""
        return self.pairs.setdefault(leg, bind_pair("127.0.0.1", self._ports))

    def hear(self, notice: AnyNotice) -> None:
        """What a worker tells of it."""
        self.orders.heard(notice)
        for leg in [leg for leg in self.pairs if not self.orders.has(leg)]:
            self.pairs.pop(leg).close()

    def close(self) -> None:
        """Give all back."""
        os.close(self.memory)
        for pair in self.pairs.values():
            pair.close()


class MediaWorker:
    """`python -m media.worker`; commands go out with `do`, notices come in with `told`.

    It lends the worker its memory and the sockets of legs, as the gateway does. Another worker that is given
    the same `estate` takes over what one that was killed has left.
    """

    def __init__(
        self,
        *options: str,
        ports: range = range(20000, 30000),
        estate: Estate | None = None,
        serves: bool = True,
    ) -> None:
        """`serves` False: it only waits, as a spare."""
        self.notices: list[AnyNotice] = []
        self.estate = estate or Estate(ports)
        self._owns_estate = estate is None
        self._serves = serves
        self._options = options
        self._untold: list[AnyNotice] = []
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._lending, borrowing = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {**os.environ, "NUMBA_DISABLE_JIT": "0"}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "media.worker",
            "--control-fd",
            str(theirs.fileno()),
            "--lending-fd",
            str(borrowing.fileno()),
            *self._options,
            pass_fds=[theirs.fileno(), borrowing.fileno()],
            env=environment,
        )
        theirs.close()
        borrowing.close()
        self._reader, self._writer = await asyncio.open_unix_connection(sock=ours)
        self._listener = asyncio.create_task(self._listen())
        await self.told(Ready, within_s=COMPILE_S)
        if self._serves:
            await self.serve()
        return self

    async def serve(self) -> None:
        """Let it begin, or go on with what its estate holds."""
        door = [] if self.estate.door is None else [self.estate.door.fileno()]
        lend(self._lending, Loan(memory=True, door=bool(door)), [self.estate.memory, *door])
        for loan, descriptors in in_loans(self.estate.pairs):
            lend(self._lending, loan, descriptors)
        self.do(Serve())
        for command in self.estate.orders.again():
            self._writer.write(encode(command))
        self.do(Settle())
        await self.told(Serving)

    async def __aexit__(self, *_: object) -> None:
        self.hang_up()
        await self.exited()
        await asyncio.gather(self._listener, return_exceptions=True)
        self._lending.close()
        if self._owns_estate:
            self.estate.close()

    def do(self, command: Command) -> None:
        """Write a command; a leg's sockets are lent before it is opened."""
        if isinstance(command, OpenRtp) and not self.estate.orders.has(command.leg):
            lend(self._lending, Loan(legs=(command.leg,)), self.estate.bind(command.leg).descriptors)
        self.estate.orders.note(command)
        self._writer.write(encode(command))

    async def told(self, kind: type[N], *, within_s: float = PATIENCE_S, **fields: object) -> N:
        """The oldest notice of a kind with these fields that no earlier `told` has returned."""
        try:
            async with asyncio.timeout(within_s), self._news:
                while True:
                    for notice in self._untold:
                        if isinstance(notice, kind) and all(
                            getattr(notice, name) == value for name, value in fields.items()
                        ):
                            self._untold.remove(notice)
                            return notice
                    assert not self._listener.done(), f"the worker is gone; it said {self.notices}"
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(
                f"no {kind.__name__} {fields} within {within_s} s, but {self.notices}"
            ) from None

    def forget(self) -> None:
        """Be as if nothing had been told so far."""
        self.notices.clear()
        self._untold.clear()

    def write(self, data: bytes) -> None:
        """Write octets that need not be a command."""
        self._writer.write(data)

    def stop_listening(self) -> None:
        """Read no more notices."""
        self._listener.cancel()

    def hang_up(self) -> None:
        """Close the control channel."""
        self._writer.close()

    def kill(self) -> None:
        """SIGKILL."""
        self.process.send_signal(signal.SIGKILL)

    async def exited(self) -> int:
        """The exit status, when the process has ended."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()

    async def _listen(self) -> None:
        framer = Framer()
        while data := await self._reader.read(65536):
            async with self._news:
                for body in framer.feed(data):
                    notice = decode_notice(body)
                    self.estate.hear(notice)
                    self.notices.append(notice)
                    self._untold.append(notice)
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()


class Telephone(asyncio.DatagramProtocol):
    """A peer of one RTP leg: says a tone in PCMU and keeps what it hears."""

    MAX_PACKETS = 5000

    def __init__(self, tone_hz: int = 0) -> None:
        self.packets: deque[bytes] = deque(maxlen=self.MAX_PACKETS)
        self.leg_port = 0
        """The port that it speaks to."""
        self._tone = mulaw_tone(tone_hz, -20.0)
        self._news = asyncio.Event()
        self._sequence = 100
        self._timestamp = 1000
        self._peer: tuple[str, int] | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port: int = self._transport.get_extra_info("sockname")[1]
        self._mouth = asyncio.create_task(self._speak())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._mouth.cancel()
        await asyncio.gather(self._mouth, return_exceptions=True)
        self._transport.close()

    def datagram_received(self, data: bytes, _source: tuple[str, int]) -> None:
        self.packets.append(data)
        self._news.set()

    def speak_to(self, port: int) -> None:
        """Say the tone to this port from now on."""
        self.leg_port = port
        self._peer = ("127.0.0.1", port)

    def hush(self) -> None:
        """Say nothing more."""
        self._peer = None

    def press(self, code: int) -> None:
        """Send one telephone-event, payload type 101, as eight packets at once."""
        assert self._peer is not None
        for step in range(8):
            event = struct.pack("!BBH", code, 0x80 if step > 4 else 0, min(step + 1, 6) * FRAME)
            self._send(101, self._timestamp, event)

    def heard(self) -> NDArray[np.int16]:
        """All audio so far, one packet after the other."""
        audio = [DECODED[np.frombuffer(data[12:], np.uint8)] for data in self.packets if data[1] & 0x7F == 0]
        return np.concatenate(audio) if audio else np.zeros(0, np.int16)

    async def listen(self, frames: int = 25) -> NDArray[np.int16]:
        """What comes in from now on: that many frames of 20 ms."""
        before = len(self.heard())
        async with asyncio.timeout(PATIENCE_S):
            while len(self.heard()) < before + frames * FRAME:
                self._news.clear()
                await self._news.wait()
        return self.heard()[before : before + frames * FRAME]

    async def _speak(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if self._peer is not None:
                offset = self._timestamp % len(self._tone) // FRAME * FRAME
                self._send(0, self._timestamp, self._tone[offset : offset + FRAME])
            self._timestamp += FRAME
            due += 0.02
            await asyncio.sleep(max(due - loop.time(), 0))

    def _send(self, payload_type: int, timestamp: int, payload: bytes) -> None:
        header = struct.pack("!BBHII", 0x80, payload_type, self._sequence & 0xFFFF, timestamp, self.port)
        self._sequence += 1
        self._transport.sendto(header + payload, self._peer)


def plain(leg: str, port: int) -> StartRtp:
    """A peer on this machine with PCMU, and keys as telephone-events of type 101."""
    return StartRtp(
        leg=leg,
        remote_host="127.0.0.1",
        remote_port=port,
        codec="PCMU",
        payload_type=0,
        dtmf_payload_type=101,
    )


def level_dbov(audio: NDArray[np.int16], hertz: int) -> float:
    """How loud a tone is in the audio; -20 is what a Telephone says."""
    phase = np.exp(-2j * np.pi * hertz * np.arange(len(audio)) / 8000)
    amplitude = 2 * abs(np.dot(audio, phase)) / max(len(audio), 1)
    return float(20 * np.log10(max(amplitude / np.sqrt(2), 1e-3) / 32768))
