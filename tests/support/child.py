"""A peer in a process of its own, which reports events as JSON lines on its standard output."""

import asyncio
import contextlib
import json
import sys
from pathlib import Path
from typing import Any, Self

Event = dict[str, Any]

STOP_TIMEOUT_S = 5.0


class ChildError(Exception):
    """The peer is gone, or did not report in time what was waited for."""


class Child:
    """`python -m MODULE ARGUMENTS`; it leaves when its standard input ends."""

    def __init__(self, module: str, *arguments: str, log: Path, start_timeout_s: float = 30.0) -> None:
        self.events: list[Event] = []
        self._module = module
        self._arguments = arguments
        self.log = log
        self._start_timeout_s = start_timeout_s
        self._untold: list[Event] = []
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        """Start it and wait for its event `ready`."""
        with self.log.open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
                *self._arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        self._reader = asyncio.create_task(self._read())
        try:
            self.ready = await self.wait("ready", within_s=self._start_timeout_s)
        except ChildError:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """End the process: by its standard input, and by force if it does not leave."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await self._reader

    async def order(self, *words: str) -> None:
        """Send one order, as a JSON array."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words).encode() + b"\n")
        await self._process.stdin.drain()

    async def wait(self, name: str, *, within_s: float = 10.0, **fields: object) -> Event:
        """The oldest event with that name and those fields that no earlier `wait` has returned."""
        try:
            async with asyncio.timeout(within_s), self._news:
                while True:
                    for event in self._untold:
                        if event["name"] == name and all(
                            event.get(key) == value for key, value in fields.items()
                        ):
                            self._untold.remove(event)
                            return event
                    if self._reader.done():
                        raise ChildError(f"{self._module} is gone; {self._story()}")
                    await self._news.wait()
        except TimeoutError:
            raise ChildError(f"no {name} {fields} within {within_s:g} s; {self._story()}") from None

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            event: Event = json.loads(line)
            async with self._news:
                self.events.append(event)
                self._untold.append(event)
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    def _story(self) -> str:
        return (
            f"it reported {self.events}; its log ends with {self.log.read_text(errors='replace')[-2000:]!r}"
        )


def report(name: str, **fields: object) -> None:
    """For the child's side: one event."""
    sys.stdout.write(json.dumps({"name": name, **fields}) + "\n")
    sys.stdout.flush()
