"""The demonstration's gateway: `cordboard serve` as a child process, on free ports."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 40.0
"""The first start on a machine compiles the media engine, about 20 s; later ones take two."""
STOP_TIMEOUT_S = 5.0

NUMBER = "447700900000"

_CONFIG = """\
data_directory = "{data}"
[server]
port = {http}
[sip]
port = {sip}
trusted = ["127.0.0.0/8"]
[media]
max_legs = 20
[egress]
allow = ["127.0.0.0/8"]
[[numbers]]
country = "GB"
first = "447700900000"
last = "447700900009"
"""


class ServerError(Exception):
    """The gateway did not start."""


class Server:
    """A running gateway. Made by `Server.start`, ended by `stop`."""

    def __init__(self, process: asyncio.subprocess.Process, config: Path, log: Path) -> None:
        self._process = process
        self.config = config
        self.log = log
        self.http = ""
        self.sip_port = 0
        self.account: dict[str, Any] = {}

    @classmethod
    async def start(cls, directory: Path) -> "Server":
        """Start it and wait until it serves. Raises ServerError with the end of its log."""
        config, log, data = directory / "cordboard.toml", directory / "gateway.log", directory / "data"
        config.write_text(_CONFIG.format(data=data, http=_free_port(), sip=_free_port()))
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "gateway.cli",
                "--config",
                str(config),
                "serve",
                "--json",
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                env={key: value for key, value in os.environ.items() if not key.startswith("CORDBOARD_")},
            )
        server = cls(process, config, log)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                addresses = json.loads(await _first_line(process))
            server.http, server.sip_port = addresses["http"], addresses["sip_port"]
            server.account = json.loads((data / "account.json").read_text())
        except (TimeoutError, ValueError, KeyError, OSError):
            await server.stop()
            words = log.read_text(errors="replace")[-3000:]
            raise ServerError(f"The gateway did not start. Its last words:\n{words}") from None
        return server

    def number_uri(self, number: str) -> str:
        """The SIP address of a number on this gateway."""
        return f"sip:{number}@127.0.0.1:{self.sip_port}"

    async def stop(self) -> None:
        """End it; kill it and its media processes when they do not go."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()


async def _first_line(process: asyncio.subprocess.Process) -> bytes:
    return await process.stdout.readline() if process.stdout else b""


def _free_port() -> int:
    """A port that neither TCP nor UDP uses now."""
    for _ in range(20):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        ):
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            with contextlib.suppress(OSError):
                udp.bind(("127.0.0.1", port))
                return port
    raise ServerError("No free port was found.")
