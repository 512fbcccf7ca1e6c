"""The finished gateway in the test's own process, where what it leaves behind can be counted."""

import asyncio
import contextlib
import gc
import os
from collections import Counter
from functools import _lru_cache_wrapper
from pathlib import Path

from gateway import app
from gateway.config.account import with_account
from gateway.config.loader import load
from tests.support.gateway import START_TIMEOUT_S, RunningGateway

OURS = ("gateway.", "media.", "signalling.")


class GatewayInside(RunningGateway):
    """As `RunningGateway`, without a process of its own for anything but its media."""

    _running: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        return os.getpid()

    async def start(self) -> None:
        """Start it and wait until it serves."""
        ready = asyncio.Event()
        settings = with_account(load(self._config, {}))
        self._running = asyncio.create_task(app.run(settings, ready=lambda _: ready.set()))
        waiting = asyncio.create_task(ready.wait())
        async with asyncio.timeout(START_TIMEOUT_S):
            await asyncio.wait({self._running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._running.done():
            await self._running

    async def stop(self) -> None:
        """End it as SIGTERM does."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running

    def held(self) -> Counter[str]:
        """What it has at the moment: objects of our classes, tasks, and files and sockets of each process."""
        for each in gc.get_objects():
            if isinstance(each, _lru_cache_wrapper) and _is_ours(each):
                # What is remembered has a bound of its own.
                each.cache_clear()
        gc.collect()
        kinds = (type(each) for each in gc.get_objects())
        held = Counter(f"{kind.__module__}.{kind.__qualname__}" for kind in kinds if _is_ours(kind))
        held["tasks"] = len(asyncio.all_tasks())
        for pid in (self.pid, self.worker_pid):
            held[f"files of {'the worker' if pid == self.worker_pid else 'the gateway'}"] = _open_files(pid)
        return held


def _is_ours(kind: object) -> bool:
    return str(getattr(kind, "__module__", "")).startswith(OURS)


def _open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
