"""Published JavaScript clients: libraries driven by a program of tests/clients, and commands that are run."""

import asyncio
import contextlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from tests.support.network import with_hosts

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "tests" / "clients"
INSTALLED = ROOT / ".clients"
"""Where scripts/test-peers installs what the lock files in PROGRAMS name."""

TIMEOUT_S = 60.0
"""For one call or one command: only a fault takes that long."""
STOP_TIMEOUT_S = 5.0
THROTTLED = 429
THROTTLED_S = 0.3
MAX_LINE = 2**22
"""Bytes: an answer of a library, such as a list of everything, or a line of a command's log."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class ClientError(Exception):
    """What the library threw; if a response was the reason, with that response's status and body."""

    def __init__(self, message: str, status: int | None, body: object) -> None:
        super().__init__(message, status, body)
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Ran:
    """How a command ended, and everything that it printed, without colours."""

    status: int
    output: str


def modules(client: str) -> Path:
    """The installed packages of a client; the test is skipped where there are none."""
    if shutil.which("node") is None:
        pytest.skip("node is missing")
    if not (INSTALLED / client / "installed").is_file():
        pytest.skip(f"{client} is not installed: run scripts/test-peers")
    return INSTALLED / client / "node_modules"


class Library:
    """A library in a process of its own, `node CLIENT/program.js ARGUMENTS`; an async context."""

    def __init__(self, client: str, *arguments: str) -> None:
        self._environ = {**os.environ, "NODE_PATH": str(modules(client))}
        self._command = ("node", str(PROGRAMS / client / "program.js"), *arguments)
        self._calls = 0

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=MAX_LINE,
            env=self._environ,
        )
        try:
            async with asyncio.timeout(TIMEOUT_S):
                assert await self._answer() == {"id": 0, "value": "ready"}
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await end(self._process)

    async def call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - JSON
        """What `method`, such as `vonage.users.createUser`, returned; raises ClientError if it threw.

        What the gateway has throttled is repeated, as every program does that places many calls.
        """
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                try:
                    return await self._call(method, *arguments)
                except ClientError as error:
                    if error.status != THROTTLED:
                        raise
                await asyncio.sleep(THROTTLED_S)

    async def _call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - JSON
        self._calls += 1
        call = {"id": self._calls, "method": method, "arguments": arguments}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(call).encode() + b"\n")
        await self._process.stdin.drain()
        answer = await self._answer()
        assert answer["id"] == self._calls, answer
        if error := answer.get("error"):
            raise ClientError(error["message"], error.get("status"), error.get("body"))
        return answer.get("value")

    async def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, f"{self._command[1]} is gone"
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass(frozen=True)
class Terminal:
    """Where a customer runs commands: a directory, variables, and the file that is /etc/hosts there."""

    directory: Path
    environ: Mapping[str, str]
    hosts: Path

    async def start(self, *command: str) -> asyncio.subprocess.Process:
        """Start a command with nobody at its keyboard; its standard output is piped."""
        return await asyncio.create_subprocess_exec(
            *with_hosts(self.hosts, command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=MAX_LINE,
            cwd=self.directory,
            env={**os.environ, **self.environ},
        )

    async def run(self, *command: str) -> Ran:
        """Run a command to its end."""
        process = await self.start(*command)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                output, _ = await process.communicate()
        finally:
            await end(process)
        assert process.returncode is not None
        return Ran(process.returncode, _COLOUR.sub("", output.decode(errors="replace")))


async def end(process: asyncio.subprocess.Process) -> None:
    """Ask a process to leave, and insist if it does not."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    try:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
