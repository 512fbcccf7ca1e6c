"""Who fills the post of the media worker: one process, and a spare that waits to take its place.

A spare has compiled and waits. When the worker dies, or is silent for half a second and is killed, the spare
takes over within a few ticks, and another spare is started. Workers that die more often than the operator
could overlook get no new legs; what kills one worker after the other must lie in the memory that they hand
on, and that is given up then, with its legs.
"""

import asyncio
import logging
import resource
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from gateway.clock import Clock
from gateway.errors import Unavailable
from gateway.workers.post import Post
from gateway.workers.process import WorkerProcess
from media.control import AnyNotice, Command, OpenRtp, OpenWebsocket, Pong, Refused, Serving, Settled
from media.control.standing import StandingOrders

log = logging.getLogger(__name__)

WINDOW_S = 10.0
DEGRADED = 3
"""Deaths within WINDOW_S after which no new legs are taken."""
HOPELESS = 10
"""Deaths within WINDOW_S after which the memory is given up."""
FULL = 0.6
"""Of 20 ms. A tick that takes longer has too little left for what else the machine does: no new legs then."""
FAILED_STARTS = 5
"""In a row, after which no more processes are started."""
RETRY_S = 0.2
"""After the first start that failed; twice after the second …"""
SOCKETS_PER_LEG = 2
OTHER_FILES = 1000
"""Of the gateway: connections of clients, of SIP, of databases."""
SERVING_DEADLINE_S = 30.0


class Crew:
    """The processes around one post. `on_notice` hears the worker; `on_lost` that all legs are gone."""

    name = "media worker"

    def __init__(
        self,
        arguments: list[str],
        post: Post,
        clock: Clock,
        on_notice: Callable[[AnyNotice], None],
        on_lost: Callable[[], None],
    ) -> None:
        self.fingerprint = ""
        """SHA-256 of the certificate for DTLS-SRTP that all workers have; empty before there is one."""
        self._arguments = arguments
        self._post = post
        self._clock = clock
        self._on_notice = on_notice
        self._on_lost = on_lost
        self._spare: WorkerProcess | None = None
        self._starting: WorkerProcess | None = None
        self._wanted = asyncio.Event()
        """A process is needed: to fill the post, or in reserve."""
        self._serving = asyncio.Event()
        self._deaths: deque[float] = deque(maxlen=HOPELESS)
        self._task: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._is_over = False

    async def start(self, max_legs: int) -> None:
        """Have the post filled. Raises Unavailable."""
        _allow_files(SOCKETS_PER_LEG * max_legs + OTHER_FILES)
        self._wanted.set()
        self._task = asyncio.create_task(self._recruit(), name="recruit media workers")
        serving = asyncio.create_task(self._serving.wait())
        try:
            await asyncio.wait({serving, self._task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            serving.cancel()
        if self._task.done():
            raise Unavailable("the media worker process does not start; its own message is above")

    async def close(self) -> None:
        """Let the worker finish what it records, and end all processes."""
        self._is_over = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        processes = [each for each in (self._post.holder, self._spare, self._starting) if each is not None]
        await asyncio.gather(*(process.close() for process in processes), *self._closing)
        self._post.close()

    @property
    def pid(self) -> int | None:
        """Of the process that serves."""
        return None if self._post.holder is None else self._post.holder.pid

    @property
    def spare_pid(self) -> int | None:
        """Of the one that waits."""
        return None if self._spare is None else self._spare.pid

    @property
    def last_pong(self) -> Pong | None:
        """What the worker last told of its ticks."""
        return None if self._post.holder is None else self._post.holder.last_pong

    @property
    def is_degraded(self) -> bool:
        """Whether workers die so often that new legs are better refused."""
        now = self._clock.monotonic()
        return sum(now - death < WINDOW_S for death in self._deaths) > DEGRADED

    def admit(self) -> None:
        """Raise Unavailable while new legs would disturb those that there are."""
        if self.is_degraded:
            raise Unavailable("media workers die too often: no new legs for a while")
        pong = self.last_pong
        if pong is not None and pong.load > FULL:
            raise Unavailable(f"media is busy for {pong.load:.0%} of the time: no new legs for a while")

    def send(self, command: Command) -> None:
        """Ask the worker for something. Raises Unavailable."""
        if self._task is None or self._task.done():
            raise Unavailable("there is no media worker process")
        if isinstance(command, OpenRtp | OpenWebsocket):
            self.admit()
        self._post.send(command)

    async def _recruit(self) -> None:
        failed = 0
        while failed < FAILED_STARTS:
            await self._wanted.wait()
            process = self._starting = self._make()
            try:
                await process.start()
            except Unavailable:
                failed += 1
                await asyncio.sleep(RETRY_S * 2**failed)
                continue
            finally:
                self._starting = None
            failed = 0
            self._wanted.clear()
            # As late as can be: what a gateway before this one left sounds until then.
            await self._post.inherit()
            self._spare = process
            self._fill()
        log.critical("media worker processes do not start any more")

    def _make(self) -> WorkerProcess:
        def on_notice(notice: AnyNotice) -> None:
            self._heard(notice)

        def on_death() -> None:
            self._died(process)

        process = WorkerProcess(self._arguments, self._clock, on_notice, on_death)
        return process

    def _fill(self) -> None:
        """Let the spare take the post if that is vacant, and have another spare."""
        process = self._spare
        if process is None or self._post.holder is not None:
            return
        self._spare = None
        self._wanted.set()
        # One that has just died says so itself.
        with suppress(Unavailable):
            self._post.fill(process)

    def _died(self, process: WorkerProcess) -> None:
        process.forget()
        if process is self._spare:
            self._spare = None
            self._wanted.set()
        if process is not self._post.holder or self._is_over:
            return
        self._post.vacate()
        self._deaths.append(self._clock.monotonic())
        if len(self._deaths) == HOPELESS and self._deaths[-1] - self._deaths[0] < WINDOW_S:
            log.critical("media workers die one after the other: all legs are given up")
            self._deaths.clear()
            self._post.clear()
            self._on_lost()
        self._wanted.set()
        self._fill()

    @property
    def standing(self) -> list[StandingOrders]:
        """What has been asked of workers and is not over."""
        return [self._post.orders]

    def _heard(self, notice: AnyNotice) -> None:
        if isinstance(notice, Serving):
            self.fingerprint = notice.fingerprint
            self._serving.set()
            return
        if isinstance(notice, Settled):
            self._post.settled()
            return
        if isinstance(notice, Refused) and notice.command == "Serve":
            log.error("what an earlier gateway left behind cannot be gone on with: %s", notice.reason)
            self._post.clear()
            self._on_lost()
            return
        self._post.heard(notice)
        self._on_notice(notice)


def _allow_files(wanted: int) -> None:
    """Raise the limit of open files, which is often 1024, to what is needed if the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
