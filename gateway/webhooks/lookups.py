"""Which addresses the names of customers' hosts have. A name is asked for once at a time, whoever wants it.

A name whose servers are silent holds one thread until the system gives up, however many requests want it, and
nobody waits for it longer than DNS_TIMEOUT_S.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from gateway.webhooks.failures import DnsFailure, InvalidUrl
from gateway.webhooks.targets import Target

DNS_TIMEOUT_S = 3.0
THREADS = 64
"""Names looked up at once."""
MAX_RUNNING = 256
"""Names that are being looked up or wait for a thread; past that, none is waited for."""

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""A host and port in, its addresses out. Raises OSError when it has none."""


class Lookups:
    """Asks the system's resolver, or the one that is given."""

    def __init__(self, resolve: Resolve | None = None) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="egress-lookup")
        self._resolve = resolve or self._ask_system
        self._running: dict[Target, asyncio.Task[list[str]]] = {}

    def close(self) -> None:
        """Start no more, and wait for none."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for task in self._running.values():
            task.cancel()

    async def addresses(self, target: Target) -> list[str]:
        """At least one. Raises DnsFailure, and InvalidUrl for what cannot be a name."""
        try:
            async with asyncio.timeout(DNS_TIMEOUT_S):
                addresses = await asyncio.shield(self._task(target))
        except UnicodeError:
            raise InvalidUrl from None
        except OSError:  # which TimeoutError is, too
            raise DnsFailure from None
        if not addresses:
            raise DnsFailure
        return addresses

    def _task(self, target: Target) -> "asyncio.Task[list[str]]":
        task = self._running.get(target)
        if task is None:
            if len(self._running) >= MAX_RUNNING:
                raise DnsFailure
            task = self._running[target] = asyncio.ensure_future(self._ask(target))
            task.add_done_callback(lambda done: self._forget(target, done))
        return task

    async def _ask(self, target: Target) -> list[str]:
        return await self._resolve(target.host, target.port)

    def _forget(self, target: Target, task: "asyncio.Task[list[str]]") -> None:
        del self._running[target]
        with contextlib.suppress(asyncio.CancelledError):
            task.exception()  # nobody may be left who waits for it

    async def _ask_system(self, host: str, port: int) -> list[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(entry[4][0]) for entry in found]
