"""Published JavaScript clients: libraries driven through a program of tests/clients, and commands that are run."""

import asyncio
import contextlib
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "tests" / "clients"
INSTALLED = ROOT / ".clients"
"""Where scripts/test-peers installs what the lock files in PROGRAMS name."""

TIMEOUT_S = 60.0
"""For one call or one command: only a fault takes that long."""
STOP_TIMEOUT_S = 5.0
MAX_LINE = 2**22
"""Bytes of one answer of a library, such as a list of everything."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class ClientError(Exception):
    """What the library threw: its words and, if a response was the reason, that response's status and body."""

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
    """A library in a process of its own, `node tests/clients/CLIENT/program.js ARGUMENTS`; an async context."""

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
            assert await self._answer() == {"id": 0, "value": "ready"}
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await end(self._process)

    async def call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - JSON
        """What `method`, such as `vonage.users.createUser`, returned; raises ClientError if it threw."""
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
        async with asyncio.timeout(TIMEOUT_S):
            line = await self._process.stdout.readline()
        assert line, f"{self._command[1]} is gone"
        answer: dict[str, Any] = json.loads(line)
        return answer


async def run(command: Sequence[str], *, directory: Path, environ: Mapping[str, str]) -> Ran:
    """Run a command to its end, with nobody at its keyboard."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=directory,
        env={**os.environ, **environ},
    )
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
