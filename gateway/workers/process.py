"""One media worker process: it waits for a post, fills it, and is not started again when it dies."""

import contextlib
import socket
from collections.abc import Callable, Sequence

from gateway.clock import Clock
from gateway.errors import Unavailable
from gateway.supervisor import Care, Child, Process
from gateway.workers.forge import Forge
from media.control import AnyNotice
from media.control.lending import Loan, lend

CARE = Care(ping_every_s=0.25, ping_deadline_s=0.5, exit_deadline_s=0.1, lives=1)
"""Half a second of silence is a fault that all hear; whoever takes over needs the worker dead at once."""


SETTLING_S = 30.0
"""How long a worker may be silent that takes over: a thousand legs in one room take it a second."""


class WorkerProcess(Child):
    """A process that can be lent descriptors."""

    def __init__(
        self,
        arguments: list[str],
        clock: Clock,
        on_notice: Callable[[AnyNotice], None],
        on_death: Callable[[], None],
        forge: Forge | None = None,
    ) -> None:
        """Without a `forge` it is a process that loads everything itself."""
        super().__init__("media worker", arguments, clock, on_notice, on_death, care=CARE)
        self._forge = forge
        self._lending: socket.socket | None = None

    def lend(self, loan: Loan, descriptors: Sequence[int]) -> None:
        """Give it descriptors to use beside us. Raises Unavailable.

        Only where the command that is about them can be written, too: nobody would let go of them otherwise.
        """
        self.require()
        try:
            if self._lending is None:
                raise Unavailable("the media worker process has gone")
            lend(self._lending, loan, descriptors)
        except OSError as error:
            raise Unavailable(f"the media worker process does not take sockets: {error.strerror}") from error

    async def close(self) -> None:
        """Let the process finish what it records, and end it."""
        await super().close()
        self.forget()

    def be_patient(self) -> None:
        """It has much to do at once, and then says that it has settled."""
        self.ping_deadline_s = SETTLING_S

    def settled(self) -> None:
        """It has done that."""
        self.ping_deadline_s = CARE.ping_deadline_s

    def forget(self) -> None:
        """It is dead: lend it nothing any more."""
        if self._lending is not None:
            self._lending.close()
            self._lending = None

    async def _spawn(self, control: socket.socket) -> Process:
        with self._pair() as lending:
            if self._forge is None:
                return await self._execute({"--control-fd": control, "--lending-fd": lending})
            return await self._forge.fork(control.fileno(), lending.fileno())

    def _pair(self) -> socket.socket:
        self._lending, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with contextlib.suppress(OSError):
            self._lending.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._lending.setblocking(False)
        return theirs
