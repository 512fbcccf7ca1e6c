"""What is under way beside a leg's inbox: clocks that will tell it something, and work that takes long."""

import asyncio
from collections.abc import Callable, Collection, Coroutine

from gateway.calls.messages import Message
from gateway.ncco.happenings import Happening


class Pending:
    """One leg's. `tell` puts a message into its inbox."""

    def __init__(self, leg_id: str, tell: Callable[[Message | Happening], None]) -> None:
        self.timers: dict[str, asyncio.TimerHandle] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self._leg_id = leg_id
        self._tell = tell

    def set_timer(self, timer: str, seconds: float, message: Message | Happening) -> None:
        """Tell the leg the message after so many seconds."""
        self.clear_timer(timer)
        self.timers[timer] = asyncio.get_running_loop().call_later(seconds, self._tell, message)

    def clear_timer(self, timer: str) -> None:
        """Tell it nothing."""
        handle = self.timers.pop(timer, None)
        if handle is not None:
            handle.cancel()

    def run(self, work: Coroutine[object, object, None]) -> None:
        """Do something that takes long while the leg goes on."""
        self.keep(asyncio.create_task(work, name=f"beside leg {self._leg_id}"))

    def keep(self, task: asyncio.Task[None]) -> None:
        """This is under way for it, too."""
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def pass_on(self, heir: "Pending", *, keeps: Collection[str]) -> None:
        """All is another leg's from now on, but for these timers."""
        for timer in self.timers.keys() - set(keeps):
            heir.timers[timer] = self.timers.pop(timer)
        for task in self.tasks:
            heir.keep(task)
        self.tasks = set()

    def clear_timers(self) -> None:
        """No clock runs any more."""
        for timer in list(self.timers):
            self.clear_timer(timer)

    async def cancel(self) -> None:
        """Nothing is done any more."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
