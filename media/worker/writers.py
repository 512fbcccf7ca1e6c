"""Threads that move what was tapped into files: all that grow, in one go, sixteen times a second.

A disk may keep a thread waiting for as long as it likes. The sweep that comes next has another thread, and
leaves alone what the first waits for: one slow file makes no other late.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from media.engine.state import State
from media.worker.tape import Tape

T = TypeVar("T")

FLUSH_S = 0.06
"""What a kill of all processes loses, with the time that writing takes: less than 100 ms."""
KEEP_S = 1.0
"""How long audio may be in the files before the disk is made to keep it, with all that it keeps then."""


@dataclass(slots=True, eq=False)
class Growing:
    """A tape whose file grows."""

    tape: Tape
    row: int
    """Of the recording in the engine."""
    over: Callable[[str], None]
    """Called once in the loop, when no sweep writes any more: with the reason, empty after a long silence."""
    ended: bool = False
    broken: bool = False
    """The file takes no more."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Of whoever drains it."""


class Writers:
    """So many threads, and what they write. `state` has the rings' counters."""

    def __init__(self, state: State, threads: int, name: str) -> None:
        self._state = state
        self._threads = ThreadPoolExecutor(threads, name)
        self._idle = threading.BoundedSemaphore(threads)
        self._keeping = threading.Lock()
        """One at a time waits for disks to keep what they have: the others are for what is to be written."""
        self._kept = time.monotonic()
        """When they were asked to last."""
        self._growing: set[Growing] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def do(self, work: Callable[[], T]) -> T:
        """Let a thread do something else that may wait for the disk."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def add(self, growing: Growing) -> None:
        """Write this one from now on."""
        self._growing.add(growing)
        if self._timer is None:
            self._sweep_later()

    async def end(self, growing: Growing) -> None:
        """Write what is left in the ring, and no more. Raises MediaError."""
        self._growing.discard(growing)
        growing.ended = True
        await self.do(partial(self._drain_rest, growing))

    def shutdown(self) -> None:
        """Wait for the threads; everything that grew has been ended."""
        self._threads.shutdown()

    def _sweep_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self._begin_sweep)

    def _begin_sweep(self) -> None:
        self._timer = None
        if self._growing:
            if self._idle.acquire(blocking=False):
                self._threads.submit(self._sweep, tuple(self._growing), asyncio.get_running_loop())
            self._sweep_later()

    def _sweep(self, growing: tuple[Growing, ...], loop: asyncio.AbstractEventLoop) -> None:
        """In a thread. Write all of them and, once a second, make the disk keep them."""
        try:
            for each in growing:
                self._write(each, loop)
            if time.monotonic() - self._kept >= KEEP_S and self._keeping.acquire(blocking=False):
                try:
                    self._kept = time.monotonic()
                    _keep(growing, loop)
                finally:
                    self._keeping.release()
        finally:
            self._idle.release()

    def _write(self, each: Growing, loop: asyncio.AbstractEventLoop) -> None:
        """Unless another sweep is still at it."""
        if not each.lock.acquire(blocking=False):
            return
        try:
            _attempt(each, partial(each.tape.drain, self._state, each.row), loop)
            if each.tape.is_over and not each.ended:
                _end(each, "", loop)
        finally:
            each.lock.release()

    def _drain_rest(self, growing: Growing) -> None:
        with growing.lock:
            if not growing.broken:
                growing.tape.drain(self._state, growing.row)


def _keep(growing: tuple[Growing, ...], loop: asyncio.AbstractEventLoop) -> None:
    """Make the disk keep all of them, after it has begun with all."""
    for each in growing:
        _attempt(each, each.tape.hasten, loop)
    for each in growing:
        _attempt(each, each.tape.keep, loop)


def _attempt(each: Growing, work: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
    if each.ended:
        return
    try:
        work()
    except Exception as error:
        # Whatever it is, the others are written.
        each.broken = True
        _end(each, str(error), loop)


def _end(each: Growing, reason: str, loop: asyncio.AbstractEventLoop) -> None:
    each.ended = True
    loop.call_soon_threadsafe(each.over, reason)
