"""A worker before, while and after it works: compiled it waits for a memory to serve on, and for an heir."""

import asyncio
import os
import socket
from collections.abc import Callable

from media import control
from media.control.standing import StandingOrders
from media.errors import MediaError
from media.worker.ledger import Memory, Size, open_memory
from media.worker.legacy import bequeath, heir_at
from media.worker.sockets import Loans
from media.worker.worker import Worker


class Spare:
    """Takes commands from the first on. `done` is set when the process should exit."""

    def __init__(self, size: Size, loans: Loans, notify: Callable[[control.Notice], None]) -> None:
        self._size = size
        self._loans = loans
        self._notify = notify
        self._worker: Worker | None = None
        self._memory: int | None = None
        self._orders = StandingOrders()
        self._waiting: asyncio.Task[None] | None = None
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
            case control.Serve(identity=identity) if self._worker is None:
                self._serve(identity)
            case _ if self._worker is not None:
                self._orders.note(command)
                self._worker.carry_out(command)
            case control.Ping(nonce=nonce):
                self._notify(_idle(nonce))
            case _:
                reason = "this worker does not serve yet"
                self._notify(control.Refused(command=type(command).__name__, subject="", reason=reason))

    def orphan(self) -> None:
        """The gateway is gone: go on for the next one while there are legs.

        Without, or when none comes, exit; and leave the recordings as they are for the next one to find.
        """
        self._orphaned = True
        if self._worker is None or not self._orders.legs or self._loans.door is None or self.done.is_set():
            self.done.set()
        else:
            self._waiting = asyncio.create_task(
                self._wait_for_heir(self._loans.door), name="wait for an heir"
            )

    async def stop(self) -> None:
        """End what is under way."""
        if self._worker is not None:
            await self._worker.stop(as_wav=self._orphaned)
        self._loans.close()

    async def _wait_for_heir(self, door: socket.socket) -> None:
        heir = await heir_at(door)
        if heir is not None and self._worker is not None and self._memory is not None:
            try:
                bequeath(heir, self._memory, self._worker.pairs, self._orders.again())
            finally:
                # Whatever was not given is lost with us: who has the memory must have it alone, and sees by
                # the end of this connection that we have ended.
                os._exit(0)
        self.done.set()

    def _tell(self, notice: control.Notice) -> None:
        self._orders.heard(notice)
        self._notify(notice)

    def _serve(self, identity: bytes) -> None:
        try:
            memory = self._open_memory()
        except MediaError as error:
            # Of no use: its place is somebody else's.
            self._notify(control.Refused(command="Serve", subject="", reason=str(error)))
            self.done.set()
            return
        self._worker = Worker(memory, self._loans, self._tell, identity)
        self._worker.start()

    def _open_memory(self) -> Memory:
        self._memory = self._loans.take_memory()
        return open_memory(self._memory, self._size)


def _idle(nonce: int) -> control.Pong:
    return control.Pong(nonce=nonce, legs=0, ticks=0, late_p99_us=0.0, busy_p99_us=0.0, dropped_packets=0)
