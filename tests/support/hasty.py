"""A SIP endpoint on real sockets whose clock runs fast: what takes a minute is over while SIPp looks on."""

import asyncio
import selectors
import threading
from collections.abc import Callable
from functools import partial
from typing import Self

from signalling.io.shell import SipShell
from signalling.sip.calls import AnyCallEvent, CallEnded, CallFailed
from signalling.sip.config import EndpointConfig
from tests.support.waiting import until

SPEED = 10
"""Its seconds in one of ours: T1 is 50 ms, and 64*T1 three seconds."""

Behaviour = Callable[[SipShell, AnyCallEvent], None]
"""What its user does when something happens."""


class _Selector(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(None if timeout is None else timeout / SPEED)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__(_Selector())

    def time(self) -> float:
        return super().time() * SPEED


class HastyParty:
    """One endpoint, in a thread of its own while the context lasts."""

    def __init__(self, config: EndpointConfig, behave: Behaviour) -> None:
        self.events: list[AnyCallEvent] = []
        self._config = config
        self._behave = behave
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._live)

    async def __aenter__(self) -> Self:
        self._thread.start()
        await asyncio.to_thread(self._is_ready.wait)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        await asyncio.to_thread(self._thread.join)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._shell.port

    def do(self, what: Callable[[SipShell], object]) -> None:
        """Let its user do something."""
        self._loop.call_soon_threadsafe(what, self._shell)

    async def end(self) -> CallEnded | CallFailed:
        """Wait for the end of its call."""
        await until(self._ends, "the end of the call", every_s=0.02)
        return self._ends()[0]

    def _ends(self) -> list[CallEnded | CallFailed]:
        return [event for event in self.events if isinstance(event, CallEnded | CallFailed)]

    def _live(self) -> None:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._is_over = asyncio.get_running_loop(), asyncio.Event()
        self._shell = SipShell(self._config, self._hear)
        async with self._shell:
            self._is_ready.set()
            await self._is_over.wait()

    def _hear(self, event: AnyCallEvent) -> None:
        self.events.append(event)
        self._loop.call_soon(partial(self._behave, self._shell, event))
