"""The finished gateway as a process of its own, as an operator would run it."""

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import aiohttp

from tests.support.ports import free_ports
from tests.support.rest import App, Rest
from tests.support.tls import Certificate
from tests.support.webhook_app import WebhookApp

CORDBOARD = Path(sys.executable).with_name("cordboard")
NUMBERS = tuple(f"44770000{index:04d}" for index in range(2, 100))
"""The pool to rent from; the callers in tests have other numbers."""
START_TIMEOUT_S = 240.0
"""The first start compiles the media kernels, which takes a busy machine minutes."""
STOP_TIMEOUT_S = 10.0
RTP_PORTS = 200
PORTS_PER_LEG = 4
"""Twice what a leg needs: ports are picked at random, and other programs have some."""
MAX_LEGS = 32
API_KEY, API_SECRET = "abcd1234", "not a secret: only this test knows it"
SIGNATURE_SECRET = "x" * 32

Trunk = Mapping[str, object]


class RunningGateway:
    """`cordboard serve` with a configuration of its own; entered and left as an async context."""

    def __init__(
        self,
        directory: Path,
        *,
        trunks: Sequence[Trunk] = (),
        sip: Mapping[str, object] | None = None,
        tls: Certificate | None = None,
        max_legs: int = MAX_LEGS,
        egress: Sequence[str] = ("127.0.0.0/8",),
        more: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        """`egress`: the networks that applications may name besides the public ones.

        `more`: tables of the configuration besides the usual ones, by name.
        """
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.data = directory / "data"
        self.log = directory / "gateway.log"
        self.http_port, self.sip_port, self.tls_port = free_ports(3)
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.rest = Rest(self.url, API_KEY, API_SECRET)
        self._rtp_port = random.randrange(20_000, 26_000, RTP_PORTS)
        self._max_legs = max_legs
        self._egress = egress
        self._process: asyncio.subprocess.Process | None = None
        self._children: dict[int, str] = {}
        self._config = directory / "cordboard.toml"
        self._config.write_text(self._toml(trunks, {"trusted": ["127.0.0.1/32"], **(sip or {})}, tls))
        with self._config.open("a") as config:
            config.writelines(_toml_table(f"[{name}]", table) for name, table in (more or {}).items())

    async def __aenter__(self) -> Self:
        await self.rest.__aenter__()
        try:
            await self.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        await self.rest.__aexit__()

    @property
    def pid(self) -> int:
        assert self._process is not None, "the gateway is not running"
        return self._process.pid

    @property
    def worker_pid(self) -> int:
        """The media worker among the gateway's children; one that is only a spare has no engine's memory."""
        return next(
            pid
            for pid, command in self.children().items()
            if "media.worker" in command and "memfd:cordboard-media" in Path(f"/proc/{pid}/maps").read_text()
        )

    @property
    def workers(self) -> list[int]:
        """The media workers, and who waits to be one; what forks them is the gateway's own child."""
        return [
            pid
            for pid, command in self.children().items()
            if "media.worker" in command and _parent_of(pid) != self.pid
        ]

    def sip_uri(self, user: str) -> str:
        """A SIP address at the gateway."""
        return f"sip:{user}@127.0.0.1:{self.sip_port}"

    def words(self) -> str:
        """Its log so far."""
        return self.log.read_text(errors="replace")

    def children(self) -> dict[int, str]:
        """Pid and command line of every process below the gateway."""
        return dict(_descendants(self.pid))

    @staticmethod
    def still_alive(children: Mapping[int, str]) -> list[int]:
        """Which of them run, known by pid and command line."""
        return [pid for pid, command in children.items() if command and _command_of(pid) == command]

    async def start(self) -> None:
        """Start it and wait until it serves."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(CORDBOARD), "--config", str(self._config), "serve", stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        async with aiohttp.ClientSession() as session:
            while True:
                assert self._process.returncode is None, f"the gateway ended at once:\n{self.words()[-4000:]}"
                assert time.monotonic() < deadline, (
                    f"the gateway does not get healthy:\n{self.words()[-4000:]}"
                )
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"{self.url}/health") as response:
                        if response.status == 200:
                            break
                await asyncio.sleep(0.1)
        self._children |= self.children()

    async def kill(self) -> None:
        """SIGKILL, as when the machine's memory runs out.

        Its children are left to find out by themselves; media workers with legs wait for the next one.
        """
        await self._end(signal.SIGKILL)

    async def reset(self) -> None:
        """SIGKILL of it and of all its children, as when the machine is reset."""
        children = self.children()
        await self.kill()
        for pid in self.still_alive(children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def restart(self) -> None:
        """Start again on the same data, after `kill` or `reset`."""
        await self.start()

    def ask_to_stop(self) -> None:
        """SIGTERM, as a service manager does; `stop` waits for the end as well."""
        os.kill(self.pid, signal.SIGTERM)

    async def ended(self) -> int:
        """Its exit status, once it has ended by itself."""
        assert self._process is not None, "the gateway is not running"
        async with asyncio.timeout(START_TIMEOUT_S):
            return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to leave, insist if it does not, and leave no process behind."""
        await self._end(signal.SIGTERM)
        for pid in self.still_alive(self._children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def application(self, webhooks: WebhookApp) -> App:
        """An application that points to these webhooks."""
        return await self.rest.create_application(webhooks.answer_url, webhooks.event_url)

    async def number_for(self, app: App) -> str:
        """Rent a number for the application."""
        found = await self.rest.expect(200, "GET", "/number/search?country=GB&size=1")
        number: str = found["numbers"][0]["msisdn"]
        await self.rest.rent(number, app)
        return number

    async def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            self._children |= self.children()
            process.send_signal(how)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        self._process = None

    def _media(self) -> dict[str, object]:
        last_port = self._rtp_port + max(RTP_PORTS, PORTS_PER_LEG * self._max_legs)
        return {"port_min": self._rtp_port, "port_max": last_port, "max_legs": self._max_legs}

    def _toml(self, trunks: Sequence[Trunk], sip: Mapping[str, object], tls: Certificate | None) -> str:
        server: dict[str, object] = {"port": self.http_port}
        if tls is not None:
            server |= {
                "tls_certificate": str(tls.certificate),
                "tls_key": str(tls.key),
                "tls_port": self.tls_port,
            }
        tables: list[tuple[str, Mapping[str, object]]] = [
            ("[server]", server),
            ("[sip]", {"port": self.sip_port, **sip}),
            ("[media]", self._media()),
            (
                "[account]",
                {"api_key": API_KEY, "api_secret": API_SECRET, "signature_secret": SIGNATURE_SECRET},
            ),
            ("[egress]", {"allow": list(self._egress)}),
            ("[[numbers]]", {"country": "GB", "first": NUMBERS[0], "last": NUMBERS[-1]}),
            *(("[[trunks]]", trunk) for trunk in trunks),
        ]
        lines = [f"data_directory = {_toml_value(str(self.data))}"]
        return "\n".join(lines) + "\n" + "".join(_toml_table(head, table) for head, table in tables)


def trunk_to(port: int, *prefixes: str, name: str = "carrier") -> Trunk:
    """A trunk to a phone on loopback, for numbers with these prefixes."""
    return {"name": name, "host": "127.0.0.1", "port": port, "prefixes": list(prefixes)}


def _toml_table(head: str, table: Mapping[str, object]) -> str:
    lines = ["", head, *(f"{key} = {_toml_value(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _toml_value(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else '"' + str(value).replace("\\", "\\\\") + '"'


def _descendants(pid: int) -> list[tuple[int, str]]:
    """Pid and command line of the processes below one, from /proc."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [(child, _command_of(child)), *_descendants(child)]
    return found


def _parent_of(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _command_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""
