"""A worker before and while it works: it waits, compiled, for a memory to serve on."""

import asyncio
import os
from collections.abc import Callable

from media import control
from media.errors import MediaError
from media.worker.ledger import Memory, Size, open_memory
from media.worker.sockets import Loans
from media.worker.worker import Worker


class Spare:
    """Takes commands from the first on. `done` is set when the process should exit."""

    def __init__(self, size: Size, loans: Loans, notify: Callable[[control.Notice], None]) -> None:
        self._size = size
        self._loans = loans
        self._notify = notify
        self._worker: Worker | None = None
        self._orphaned = False
        self.done = asyncio.Event()

    def start(self) -> None:
        """Tell the gateway that it may send commands."""
        self._notify(control.Ready(pid=os.getpid()))

    def carry_out(self, command: control.AnyCommand) -> None:
        """Do what the gateway asks."""
        match command:
            case control.Drain():
                self.done.set()
            case control.Serve() if self._worker is None:
                self._serve()
            case _ if self._worker is not None:
                self._worker.carry_out(command)
            case control.Ping(nonce=nonce):
                self._notify(_idle(nonce))
            case _:
                reason = "this worker does not serve yet"
                self._notify(control.Refused(command=type(command).__name__, subject="", reason=reason))

    def orphan(self) -> None:
        """The gateway is gone: exit, and leave the recordings as they are for the next one to find."""
        self._orphaned = True
        self.done.set()

    async def stop(self) -> None:
        """End what is under way."""
        if self._worker is not None:
            await self._worker.stop(as_wav=self._orphaned)
        self._loans.close()

    def _serve(self) -> None:
        try:
            memory = self._open_memory()
        except MediaError as error:
            # Of no use: its place is somebody else's.
            self._notify(control.Refused(command="Serve", subject="", reason=str(error)))
            self.done.set()
            return
        self._worker = Worker(memory, self._loans, self._notify)
        self._worker.start()

    def _open_memory(self) -> Memory:
        fd = self._loans.take_memory()
        try:
            return open_memory(fd, self._size)
        finally:
            os.close(fd)


def _idle(nonce: int) -> control.Pong:
    return control.Pong(nonce=nonce, legs=0, ticks=0, late_p99_us=0.0, busy_p99_us=0.0, dropped_packets=0)
