"""The examples as a newcomer runs them: programs of their own that print what they have learnt."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from tests.support.clients import TIMEOUT_S, end, modules
from tests.support.customer import Customer
from tests.support.gateway import API_KEY, API_SECRET
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def settings_of(customer: Customer) -> dict[str, str]:
    """The variables by which an example finds its gateway, its account and its application."""
    return {
        "GATEWAY_URL": customer.gateway.url,
        "VONAGE_API_KEY": API_KEY,
        "VONAGE_API_SECRET": API_SECRET,
        "VONAGE_APPLICATION_ID": customer.app.id,
        "VONAGE_PRIVATE_KEY": str(customer.key),
    }


class Example:
    """An example that runs; `printed` is what it has printed so far, errors among it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._reading = asyncio.create_task(self._read())
        self.printed: list[str] = []

    @classmethod
    @asynccontextmanager
    async def started(cls, name: str, *words: str, **environ: str) -> AsyncIterator[Self]:
        """Start a file of the examples, and end it if it has not ended by itself."""
        process = await asyncio.create_subprocess_exec(
            *command_of(name),
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, **surroundings(name), "PYTHONUNBUFFERED": "1", **environ},
        )
        example = cls(process)
        try:
            yield example
        finally:
            await end(process)
            await example._reading

    async def type(self, line: str) -> None:
        """What somebody types at its keyboard."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()

    async def shows(self, words: str) -> str:
        """The first line with these words, as soon as it has printed it."""
        await until(lambda: self.line(words) or self._reading.done(), f"{words!r} in {self.printed}")
        found = self.line(words)
        assert found is not None, f"{words!r} is not in {self.printed}"
        return found

    def line(self, words: str) -> str | None:
        """The first line with these words, if there is one."""
        return next((line for line in self.printed if words in line), None)

    def told(self, name: str) -> list[str]:
        """What it has printed as `name: value`, time after time."""
        return [line.removeprefix(f"{name}: ") for line in self.printed if line.startswith(f"{name}: ")]

    async def status(self) -> int:
        """How it ends."""
        async with asyncio.timeout(TIMEOUT_S):
            await self._reading
            return await self._process.wait()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.printed.append(line.decode().rstrip("\n"))


async def learnt(name: str, *words: str, **environ: str) -> dict[str, Any]:
    """Run an example to its good end; the `name: value` lines that it has printed."""
    async with Example.started(name, *words, **environ) as example:
        assert await example.status() == 0, example.printed
        return values(example.printed)


async def failure(name: str, *words: str, **environ: str) -> str:
    """Run an example that has to fail; what it has printed."""
    async with Example.started(name, *words, **environ) as example:
        assert await example.status() != 0, example.printed
        return "\n".join(example.printed)


def values(lines: list[str]) -> dict[str, Any]:
    """Names and values, which are JSON or plain text."""
    found: dict[str, Any] = {}
    for line in lines:
        name, _, text = line.partition(": ")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def command_of(name: str) -> tuple[str, ...]:
    """How the file is run from the checkout."""
    path = EXAMPLES / name
    assert path.is_file()
    if path.suffix == ".py":
        return sys.executable, "-m", f"examples.{path.stem}"
    return {".js": "node", ".sh": "sh"}[path.suffix], str(path)


def surroundings(name: str) -> Mapping[str, str]:
    """What the file needs besides its settings: the installed library, or this environment's commands."""
    if name.endswith(".js"):
        return {"NODE_PATH": str(modules("server-sdk"))}
    return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
