"""Child processes that speak the control contract: start, ping, notice their death, start again.

A `Child` is a process for speech or hearing, or a media worker, whom others replace (`gateway.workers`). It
is started with one end of a socket pair; its death is seen as the end of that stream. A child that does not
get ready, or does not answer a ping, is killed. One that dies too often in a short time stays down: calls are
refused then, instead of failing one by one.
"""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, Protocol

import msgspec

from gateway.clock import Clock
from gateway.errors import Unavailable
from gateway.states import step
from media.control import AnyNotice, Command, Drain, Framer, Ping, Pong, Ready, decode_notice, encode

log = logging.getLogger(__name__)

State = Literal["starting", "ready", "draining", "dead"]
Turn = Literal["ready", "drain", "end", "start"]

TRANSITIONS: dict[tuple[State, Turn], State] = {
    ("starting", "ready"): "ready",
    ("starting", "end"): "dead",
    ("starting", "drain"): "draining",
    ("ready", "drain"): "draining",
    ("ready", "end"): "dead",
    ("draining", "ready"): "draining",
    ("draining", "end"): "dead",
    ("dead", "start"): "starting",
}

START_DEADLINE_S = 120.0
"""Until a child is ready: a first start compiles the media kernels."""
PING_EVERY_S = 1.0
PING_DEADLINE_S = 5.0
"""A child that is silent for so long is stuck and is killed."""
MAX_DEATHS = 5
"""Deaths within DEATHS_WINDOW_S after which a child stays down."""
DEATHS_WINDOW_S = 60.0
DRAIN_DEADLINE_S = 10.0
"""For a child that finishes what it records."""
EXIT_DEADLINE_S = 2.0
"""For a child that has closed its stream and is still there: it may be writing down why."""
MAX_UNSENT = 4 << 20
"""Octets of commands that wait for a child that does not read."""


PING_STEPS = 10
"""In which a silence is counted: while we were late ourselves, a child may have answered."""


class Care(NamedTuple):
    """How a child is looked after."""

    ping_every_s: float
    ping_deadline_s: float
    exit_deadline_s: float
    lives: int
    """Deaths within DEATHS_WINDOW_S after which it stays down."""


def usual_care() -> Care:
    """Of a process that is started again when it dies."""
    return Care(PING_EVERY_S, PING_DEADLINE_S, EXIT_DEADLINE_S, MAX_DEATHS)


class Process(Protocol):
    """One that runs, or did."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    def kill(self) -> None:
        """SIGKILL. ProcessLookupError when it has ended."""
        ...

    async def wait(self) -> object:
        """Until it has ended."""
        ...


class Child:
    """One supervised process. `on_notice` hears all but Ready and Pong; `on_death` each unwanted end."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        clock: Clock,
        on_notice: Callable[[AnyNotice], None],
        on_death: Callable[[], None],
        environment: Mapping[str, str] | None = None,
        care: Care | None = None,
    ) -> None:
        """`environment`: variables of its own, besides ours; what must not be on a command line."""
        self.name = name
        self.state: State = "dead"
        self.pid: int | None = None
        self.presented: Ready | None = None
        """How the latest process introduced itself."""
        self.last_pong: Pong | None = None
        """What it last told of its ticks."""
        self._arguments = arguments
        self._environment = environment or {}
        self._clock = clock
        self._on_notice = on_notice
        self._on_death = on_death
        self._writer: asyncio.StreamWriter | None = None
        self._ready = asyncio.Event()
        self._ponged = asyncio.Event()
        self._care = care or usual_care()
        self.ping_deadline_s = self._care.ping_deadline_s
        """How long it may be silent at the moment."""
        self._deaths: deque[float] = deque(maxlen=self._care.lives)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the process and wait until it is ready. Raises Unavailable when it cannot be brought up."""
        self._task = asyncio.create_task(self._supervise(), name=f"supervise {self.name}")
        ready = asyncio.create_task(self._ready.wait())
        try:
            await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if self._task.done():
            raise Unavailable(f"the {self.name} process does not start; its own message is above")

    async def close(self) -> None:
        """Let the process finish what it records, and end it."""
        if self._task is None:
            return
        if self.state in ("starting", "ready"):
            self._turn("drain")
            self._ask_to_drain()
        await asyncio.wait({self._task}, timeout=DRAIN_DEADLINE_S)
        if not self._task.done():
            log.error("the %s process does not end by itself", self.name)
            self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def has_gone(self) -> bool:
        """Whether nobody reads what is sent, though its end may not have been told yet."""
        return self.state != "ready" or self._writer is None or self._writer.is_closing()

    def send(self, command: Command) -> None:
        """Write a command. Raises Unavailable when the process is not there to read it."""
        self.require()
        self._write(command)

    def require(self) -> None:
        """Raise Unavailable when a command could not be written now."""
        if self.state != "ready":
            raise Unavailable(f"the {self.name} process is {self.state}")
        self._open_writer()

    def _write(self, command: Command) -> None:
        self._open_writer().write(encode(command))

    def _open_writer(self) -> asyncio.StreamWriter:
        if self._writer is None or self._writer.is_closing():
            raise Unavailable(f"the {self.name} process has gone")
        if self._writer.transport.get_write_buffer_size() > MAX_UNSENT:
            raise Unavailable(f"the {self.name} process does not read its commands")
        return self._writer

    def _ask_to_drain(self) -> None:
        # Whoever cannot be asked now is asked once it is connected, or is killed for not ending.
        with contextlib.suppress(Unavailable):
            self._write(Drain())

    async def _supervise(self) -> None:
        while True:
            self._turn("start")
            try:
                await self._live_once()
            except Exception:
                log.exception("the %s process cannot be looked after", self.name)
            finally:
                wanted = self.state == "draining"
                self._turn("end")
                self._ready.clear()
            if wanted:
                return
            log.error("the %s process ended unexpectedly", self.name)
            self._deaths.append(self._clock.monotonic())
            self._tell(self._on_death)
            if self._is_hopeless():
                return

    def _is_hopeless(self) -> bool:
        deaths, lives = self._deaths, self._care.lives
        if len(deaths) < lives or (lives > 1 and deaths[-1] - deaths[0] >= DEATHS_WINDOW_S):
            return False
        if lives > 1:
            log.critical("the %s process died %d times in a row and stays down", self.name, lives)
        return True

    async def _live_once(self) -> None:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await self._spawn(theirs)
        except BaseException:
            ours.close()
            raise
        self.pid = process.pid
        try:
            reader, self._writer = await asyncio.open_connection(sock=ours)
            await self._attend(process, reader, self._writer)
        finally:
            self._writer = None
            _kill(process)
            await process.wait()
            self.pid = None

    async def _spawn(self, control: socket.socket) -> Process:
        """A new process, with its end of the control channel. Raises OSError and Unavailable."""
        return await self._execute({"--control-fd": control})

    async def _execute(self, inherited: Mapping[str, socket.socket]) -> Process:
        """A child of ours with these sockets, which are named by options."""
        fds = {option: sock.fileno() for option, sock in inherited.items()}
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *self._arguments),
            *(word for option, fd in fds.items() for word in (option, str(fd))),
            pass_fds=list(fds.values()),
            start_new_session=True,
            env={**os.environ, **self._environment},
        )

    async def _attend(
        self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Listen to the process until it has ended; it is killed when it does not by itself."""
        if self.state == "draining":
            self._ask_to_drain()
        pinging = asyncio.create_task(self._ping(process))
        try:
            await self._read(reader)
        finally:
            pinging.cancel()
            writer.close()
        patience_s = DRAIN_DEADLINE_S if self.state == "draining" else self._care.exit_deadline_s
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), patience_s)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        framer = Framer()
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                for body in framer.feed(data):
                    try:
                        notice = decode_notice(body)
                    except msgspec.DecodeError:
                        log.exception("the %s process sent something that is not a notice", self.name)
                        continue
                    self._take(notice)

    def _take(self, notice: AnyNotice) -> None:
        match notice:
            case Ready():
                self.presented = notice
                self._turn("ready")
                self._ready.set()
            case Pong():
                self.last_pong = notice
                self._ponged.set()
            case _:
                self._tell(lambda: self._on_notice(notice))

    def _tell(self, tell: Callable[[], None]) -> None:
        """A listener that breaks must not end the supervision."""
        try:
            tell()
        except Exception:
            log.exception("what the %s process told was not heard", self.name)

    async def _ping(self, process: Process) -> None:
        """Kill the process as soon as it is late."""
        try:
            await asyncio.wait_for(self._ready.wait(), START_DEADLINE_S)
            nonce = 0
            while True:
                nonce += 1
                self._ponged.clear()
                self._write(Ping(nonce=nonce))
                await self._pong_in_time()
                await asyncio.sleep(self._care.ping_every_s)
        except (TimeoutError, Unavailable):
            log.error("the %s process does not answer", self.name)
            _kill(process)

    async def _pong_in_time(self) -> None:
        """Raises TimeoutError."""
        for _ in range(PING_STEPS):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ponged.wait(), self.ping_deadline_s / PING_STEPS)
                return
        raise TimeoutError

    def _turn(self, turn: Turn) -> None:
        self.state = step(TRANSITIONS, self.state, turn)


def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
