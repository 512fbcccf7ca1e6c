"""Where worker processes come from: one process that has everything loaded forks them.

It starts when the first is needed, and again when it has died, or hangs and is killed; its children live on
without it.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys

from gateway.errors import Unavailable
from media.control.lending import FORKED

COMPILE_DEADLINE_S = 300.0
"""Until the first child of all is there: a first start compiles the media kernels."""
LOAD_DEADLINE_S = 60.0
"""Until the first child of a later process is there, which loads what has been compiled: some seconds."""
FORK_DEADLINE_S = 2.0
"""Until a child of one that has loaded is there: some milliseconds."""


class Forked:
    """A process that is not our child, known by its pidfd."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid = pid
        self._descriptor = descriptor
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, self._on_end)

    def kill(self) -> None:
        """SIGKILL. ProcessLookupError when it has ended."""
        if self._ended.is_set():
            raise ProcessLookupError
        signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    async def wait(self) -> None:
        """Until it has ended."""
        await self._ended.wait()

    def _on_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._ended.set()


class Forge:
    """One for all workers. `arguments`: the module that forks, and how it is to be."""

    def __init__(self, arguments: list[str]) -> None:
        self._arguments = arguments
        self._channel: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._busy = asyncio.Lock()
        self._deadline_s = COMPILE_DEADLINE_S
        """For the next answer."""

    @property
    def pid(self) -> int | None:
        """Of the process that forks, while there is one."""
        return None if self._process is None else self._process.pid

    async def fork(self, control: int, lending: int) -> Forked:
        """A worker with these ends of its channels. Raises Unavailable."""
        async with self._busy:
            try:
                channel = self._channel or await self._start()
                forked = await _ask(channel, control, lending, self._deadline_s)
            except OSError as error:
                # Another is not asked for the same: a child that has these channels may be there after all.
                await self.close()
                raise Unavailable("the process that forks media workers has gone, or hangs") from error
            except asyncio.CancelledError:
                # Its answer would be taken for that to the next request.
                await self.close()
                raise
            self._deadline_s = FORK_DEADLINE_S
            return forked

    async def close(self) -> None:
        """End the process; those that it has forked live on."""
        if self._deadline_s == FORK_DEADLINE_S:
            self._deadline_s = LOAD_DEADLINE_S
        channel, self._channel = self._channel, None
        process, self._process = self._process, None
        if channel is not None:
            channel.close()
        if process is not None:
            # With it whoever compiles for it; those that it has forked have left its group.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._channel = ours
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *self._arguments, "--forge-fd", str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return ours


async def _ask(channel: socket.socket, control: int, lending: int, deadline_s: float) -> Forked:
    """Raises OSError."""
    socket.send_fds(channel, [b"\0"], [control, lending])
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_readable(channel), deadline_s)
    # Asked for in any case: it may have answered while we were late ourselves.
    answer, descriptors, _, _ = socket.recv_fds(channel, FORKED.size, 1)
    if not answer:
        raise ConnectionResetError("it has ended")
    (pid,) = FORKED.unpack(answer)
    return Forked(pid, descriptors[0])


async def _readable(channel: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    came = asyncio.Event()
    loop.add_reader(channel.fileno(), came.set)
    try:
        await came.wait()
    finally:
        loop.remove_reader(channel.fileno())
