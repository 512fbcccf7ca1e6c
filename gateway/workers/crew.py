"""Who fills the posts of the media workers: a process each, and one spare that waits to take any's place.

A spare has compiled and waits. When a worker dies, or is silent for half a second and is killed, the spare
takes over within a few ticks, and another spare is started; the legs of the other workers notice nothing.
Workers that die more often than the operator could overlook get no new legs; what kills one worker after the
other must lie in the memory that they hand on, and that is given up then, with its legs.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

from gateway.clock import Clock
from gateway.errors import Unavailable
from gateway.workers.dispatch import Dispatch
from gateway.workers.forge import Forge
from gateway.workers.post import Post
from gateway.workers.process import WorkerProcess
from gateway.workers.report import Report
from media.control import AnyNotice, Command, Refused, Serving, Settled
from media.control.lending import SOCKETS_PER_LEG, allow_files
from media.control.standing import StandingOrders

log = logging.getLogger(__name__)

FAILED_STARTS = 5
"""In a row, after which no more processes are started."""
RETRY_S = 0.2
"""After the first start that failed; twice after the second …"""
OTHER_FILES = 1000
"""Of the gateway: connections of clients, of SIP, of databases."""


class Crew:
    """The processes around the posts. `on_notice` hears the workers; `on_lost` the names of what is lost."""

    name = "media worker"

    def __init__(
        self,
        arguments: list[str],
        posts: Sequence[Post],
        clock: Clock,
        on_notice: Callable[[AnyNotice], None],
        on_lost: Callable[[frozenset[str]], None],
        *,
        forks: bool = False,
    ) -> None:
        """`arguments`: the module of the workers, and how they are to be; with `forks`, it can fork them."""
        self.fingerprint = ""
        """SHA-256 of the certificate for DTLS-SRTP that all workers have; empty before there is one."""
        self.posts = tuple(posts)
        self._identity = b""
        self._arguments = arguments
        self.forge = Forge(arguments) if forks else None
        self._clock = clock
        self._on_notice = on_notice
        self._on_lost = on_lost
        self._dispatch: Dispatch | None = None
        self._spare: WorkerProcess | None = None
        self._starting: WorkerProcess | None = None
        self._wanted = asyncio.Event()
        """A process is needed: to fill a post, or in reserve."""
        self._served: set[Post] = set()
        self._serving = asyncio.Event()
        """Every post has been filled once."""
        self._task: asyncio.Task[None] | None = None
        self._is_over = False

    async def start(self, max_legs: int) -> None:
        """Have the posts filled. Raises Unavailable."""
        allow_files(SOCKETS_PER_LEG * max_legs + OTHER_FILES)
        self._dispatch = Dispatch(self.posts, self._clock, max_legs)
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
        """Let the workers finish what they record, and end all processes."""
        self._is_over = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        processes = [*(post.holder for post in self.posts), self._spare, self._starting]
        await asyncio.gather(*(process.close() for process in processes if process is not None))
        if self.forge is not None:
            await self.forge.close()
        for post in self.posts:
            post.close()

    @property
    def pids(self) -> list[int | None]:
        """Of the processes that serve; None where a post is vacant."""
        return [None if post.holder is None else post.holder.pid for post in self.posts]

    @property
    def pid(self) -> int | None:
        """Of the first of them."""
        return self.pids[0]

    @property
    def spare_pid(self) -> int | None:
        """Of the one that waits."""
        return None if self._spare is None else self._spare.pid

    @property
    def standing(self) -> tuple[StandingOrders, ...]:
        """What was asked at each post and is not over; to be looked at only."""
        return tuple(post.orders for post in self.posts)

    def reports(self) -> list[Report]:
        """What is to be shown of each worker."""
        now = self._clock.monotonic()
        return [post.report(now) for post in self.posts]

    def admit(self, room: str = "") -> None:
        """Raise Unavailable while a new leg, in that room or a new one, would disturb those there are."""
        self._at_work().admit(room)

    def drain(self) -> None:
        """Take no new conversations; legs for those that there are remain welcome."""
        for post in self.posts:
            post.is_draining = True

    def expect(self, leg: str, room: str) -> None:
        """The leg will be in that room first; until it is over (`forget`)."""
        self._at_work().expect(leg, room)

    def forget(self, leg: str) -> None:
        """The leg is over."""
        self._at_work().forget(leg)

    def send(self, command: Command) -> None:
        """Ask the worker that a command concerns. Raises Unavailable."""
        self._at_work().send(command)

    def _at_work(self) -> Dispatch:
        if self._dispatch is None or self._task is None or self._task.done():
            raise Unavailable("there is no media worker process")
        return self._dispatch

    async def _recruit(self) -> None:
        failed = 0
        while failed < FAILED_STARTS:
            await self._wanted.wait()
            # After a failure it loads everything itself: what forks may be at fault, and has to load again.
            process = self._starting = self._make(None if failed else self.forge)
            try:
                await process.start()
            except Unavailable:
                failed += 1
                await asyncio.sleep(RETRY_S * 2**failed)
                continue
            failed = 0
            self._wanted.clear()
            vacant = next((post for post in self.posts if post.holder is None), None)
            if vacant is not None:
                # As late as can be: what an earlier gateway left there sounds until then.
                await vacant.inherit()
            self._spare, self._starting = process, None
            self._fill()
        log.critical("media worker processes do not start any more")

    def _make(self, forge: Forge | None) -> WorkerProcess:
        def on_notice(notice: AnyNotice) -> None:
            self._heard(process, notice)

        def on_death() -> None:
            self._died(process)

        process = WorkerProcess(self._arguments, self._clock, on_notice, on_death, forge)
        return process

    def _fill(self) -> None:
        """Let the spare take a post that is vacant, and have another spare."""
        process, vacant = self._spare, [post for post in self.posts if post.holder is None]
        # The first worker makes the certificate that all others are given.
        is_first = len(vacant) == len(self.posts)
        if process is None or not vacant or not (self.fingerprint or is_first):
            return
        self._spare = None
        self._wanted.set()
        # One that has just died says so itself.
        with suppress(Unavailable):
            vacant[0].fill(process, self._identity)

    def _died(self, process: WorkerProcess) -> None:
        process.forget()
        if process is self._spare:
            self._spare = None
            self._wanted.set()
        post = self._post_of(process)
        if post is None or self._is_over:
            return
        if post.vacate(self._clock.monotonic()):
            log.critical("media workers die one after the other: all legs of theirs are given up")
            lost = self._at_work().lost(post)
            post.clear()
            self._on_lost(lost)
        self._wanted.set()
        self._fill()

    def _heard(self, process: WorkerProcess, notice: AnyNotice) -> None:
        post = self._post_of(process)
        if post is None:
            return
        match notice:
            case Serving():
                self.fingerprint, self._identity = notice.fingerprint, notice.identity
                self._served.add(post)
                if len(self._served) == len(self.posts):
                    self._serving.set()
                self._fill()
            case Settled():
                post.settled()
            case Refused(command="Serve", reason=reason):
                log.error("what an earlier gateway left cannot be gone on with: %s", reason)
                lost = self._at_work().lost(post)
                post.clear()
                self._on_lost(lost)
            case _:
                if self._dispatch is not None:
                    self._dispatch.heard(post, notice)
                self._on_notice(notice)

    def _post_of(self, process: WorkerProcess) -> Post | None:
        return next((post for post in self.posts if post.holder is process), None)
