"""Upkeep: what falls due is done soon after, and what fell due while nothing ran is done after the start.

A chore asks the store by an index for a bite of what is due, never for all of it, and does that. Between two
bites everybody else has their turn.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from gateway.clock import Clock

BITE = 200
"""Rows of one bite: a few milliseconds of the one thread that writes."""
PAUSE_S = 0.05
"""Between two bites of a chore that has more to do."""

_log = logging.getLogger(__name__)

Bite = Callable[[float], Awaitable[bool]]
"""Does at most BITE of what is due at that wall clock time; whether more is left."""


class Chore(msgspec.Struct, frozen=True):
    """Something that is looked after."""

    name: str
    every_s: float
    """How long a due thing may have to wait."""
    bite: Bite


class Upkeep:
    """Does the chores, one bite at a time, each as often as it wants."""

    def __init__(
        self,
        chores: Sequence[Chore],
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._turns = dict.fromkeys(chores, clock.monotonic())
        """When each is to be looked after next."""
        self._clock = clock
        self._sleep = sleep
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with everything that is overdue."""
        self._task = asyncio.create_task(self.run())

    async def close(self) -> None:
        """Stop. What is not done stays due."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def run(self) -> None:
        """Until cancelled."""
        while self._turns:
            chore, at = min(self._turns.items(), key=lambda turn: turn[1])
            await self._sleep(max(0.0, at - self._clock.monotonic()))
            pause_s = PAUSE_S if await self._more(chore) else chore.every_s
            self._turns[chore] = self._clock.monotonic() + pause_s

    async def _more(self, chore: Chore) -> bool:
        try:
            return await chore.bite(self._clock.wall())
        except Exception:
            # Whatever is wrong with one chore must not end the others; it has its turn again.
            _log.exception("the chore %r failed", chore.name)
            return False
