"""SIPp as a peer: runs one scenario of fixtures/sipp for one call, bounded in time, and tells how it went."""

import asyncio
import contextlib
import re
import shutil
import socket
from pathlib import Path
from typing import Self

import pytest

from tests.support.ports import free_ports, is_bound

SIPP = shutil.which("sipp")
SCENARIOS = Path(__file__).parents[2] / "fixtures" / "sipp"
TIMEOUT_S = 40
"""What a whole scenario may take; SIPp counts the call as failed after that."""

START_POLLS = 200
"""Looks, twenty a second, at whether it listens."""

needs_sipp = pytest.mark.skipif(SIPP is None, reason="sipp is not installed (Debian package sip-tester)")


def can_play() -> bool:
    """Whether this machine lets it send RTP of its own, which it does by raw sockets."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP).close()
    except PermissionError:
        return False
    return True


class Sipp:
    """One run of a scenario with one call; an async context.

    Args:
        scenario: File name without `.xml`.
        directory: Where the logs go.
        to: `host:port` to call; empty for a scenario that waits for a call.
        keys: Values of the scenario's own `[key]` words, for example `rtp_port`.
        options: More command line options, for example `-s` with the user that is called.
        port: Where it is; 0 takes any free one.
    """

    def __init__(
        self,
        scenario: str,
        directory: Path,
        *,
        to: str = "",
        keys: dict[str, object] | None = None,
        options: tuple[str, ...] = (),
        port: int = 0,
    ) -> None:
        self.scenario = scenario
        self.port = port or free_ports(1)[0]
        directory.mkdir(parents=True, exist_ok=True)
        self._messages = directory / f"{scenario}-{self.port}-messages.log"
        self._errors = directory / f"{scenario}-{self.port}-errors.log"
        self._screen = directory / f"{scenario}-{self.port}-screen.log"
        words = [part for key, value in (keys or {}).items() for part in ("-key", key, str(value))]
        local = () if "-i" in options else ("-i", "127.0.0.1")
        bounds = ("-m", "1", "-timeout", str(TIMEOUT_S), "-timeout_error", "-nostdin")
        logs = (
            "-trace_msg",
            "-message_file",
            str(self._messages),
            "-trace_err",
            "-error_file",
            str(self._errors),
        )
        where = (
            *((to,) if to else ()),
            "-sf",
            str(SCENARIOS / f"{scenario}.xml"),
            *local,
            "-p",
            str(self.port),
        )
        self._command = [str(SIPP), *where, *bounds, *logs, *words, *options]

    @property
    def uri(self) -> str:
        """Where a waiting scenario can be called."""
        return f"sip:sipp@127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        with self._screen.open("wb") as screen:
            self._process = await asyncio.create_subprocess_exec(*self._command, stdout=screen, stderr=screen)
        for _ in range(START_POLLS):
            if is_bound(self.port) or self._process.returncode is not None:
                break
            await asyncio.sleep(0.05)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def finish(self) -> None:
        """Wait for the end; the scenario must have gone as it is written."""
        async with asyncio.timeout(TIMEOUT_S + 10):
            status = await self._process.wait()
        assert status == 0, (
            f"{self.scenario}: sipp ended with {status}\n{self._read(self._errors)}\n{self.messages()}"
        )

    def messages(self) -> str:
        """Every message sent and received, as SIPp traced it."""
        return self._read(self._messages)

    def received(self) -> list[str]:
        """The messages received, oldest first."""
        parts = re.split(r"^-{10,}.*$", self.messages(), flags=re.MULTILINE)
        return [part.split("\n\n", 1)[-1].strip() for part in parts if "message received" in part]

    async def far_rtp_port(self, *, within_s: float = 10.0) -> int:
        """The audio port in the first SDP that came from the other side."""
        async with asyncio.timeout(within_s):
            while True:
                for message in self.received():
                    if found := re.search(r"^m=audio (\d+)", message, re.MULTILINE):
                        return int(found[1])
                await asyncio.sleep(0.05)

    @staticmethod
    def _read(path: Path) -> str:
        return path.read_text(errors="replace") if path.exists() else ""
