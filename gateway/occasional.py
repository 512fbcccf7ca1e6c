"""A child process that is there only while somebody needs it, and for a while afterwards.

It is started by the first command, which it gets, with those that follow, once it is ready. Then it is looked
after as any other child: when it dies it is started again, and what is sent meanwhile is refused.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from gateway.errors import Unavailable
from gateway.supervisor import Child
from media.control import Command

log = logging.getLogger(__name__)

IDLE_S = 300.0
"""Starting again takes a second or two: who listened lately may soon listen again."""
LOOK_EVERY_S = 10.0
MAX_WAITING = 256
"""Commands for a child that is not ready: four for each thing that the hearing process does at a time."""


class Occasional:
    """One child, as `make` makes it when it is given what to call at each of its deaths."""

    def __init__(
        self,
        make: Callable[[Callable[[], None]], Child],
        is_needed: Callable[[], bool],
        on_lost: Callable[[], None],
    ) -> None:
        """`is_needed`: whether anything that was asked is not over. `on_lost`: all that was asked is lost."""
        self._child = make(self._lost)
        self.name = self._child.name
        self._is_needed = is_needed
        self._on_lost = on_lost
        self._waiting: list[Command] = []
        self._is_up = False
        self._is_closed = False
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._child.pid

    def send(self, command: Command) -> None:
        """Have it done as soon as the child is there. Raises Unavailable."""
        if self._is_up:
            self._child.send(command)
        elif len(self._waiting) >= MAX_WAITING:
            raise Unavailable(f"the {self.name} process is starting, and {MAX_WAITING} commands wait for it")
        else:
            self._waiting.append(command)
            self.wake()

    def wake(self) -> None:
        """It will be needed soon; nothing is done where it is there, or on its way."""
        if self._task is None and not self._is_closed:
            self._task = asyncio.create_task(self._live(), name=f"keep the {self.name} process")

    async def close(self) -> None:
        """End it, and start it no more."""
        self._is_closed, self._is_up = True, False
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._child.close()

    async def _live(self) -> None:
        try:
            while True:
                await self._child.start()
                self._hand_over()
                await self._until_idle()
                self._is_up = False
                await self._child.close()
                # More may have come while it ended.
                if not self._waiting:
                    return
        except Unavailable as error:
            log.error("%s", error.detail)
            self._lost()
        finally:
            self._task = None

    def _hand_over(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._is_up = True
        # One that has gone meanwhile says so itself, to all who wait.
        with contextlib.suppress(Unavailable):
            for command in waiting:
                self._child.send(command)

    def _lost(self) -> None:
        self._waiting.clear()
        self._on_lost()

    async def _until_idle(self) -> None:
        idle_s = 0.0
        while self._is_needed() or idle_s < IDLE_S:
            await asyncio.sleep(LOOK_EVERY_S)
            idle_s = 0.0 if self._is_needed() else idle_s + LOOK_EVERY_S
