"""The README's first application, typed as it stands into shells beside a real gateway.

Only the ports differ: what the README names is free on a newcomer's machine, not on every machine that tests.
The softphones that it speaks of are SIP endpoints of ours.
"""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Self

import pytest

from gateway.demo.hearing import is_speech_like
from signalling.io.shell import SipShell
from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import AnyCallEvent, CallEnded, IncomingCall
from signalling.sip.config import EndpointConfig, Invitation
from signalling.sip.uri import SipUri
from tests.support.ports import free_ports
from tests.support.rtp_party import RtpParty
from tests.support.wire import guard

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
APPLICATION_PORT, PHONE_PORT = "3000", "5062"
ACTIVATE = ". .venv/bin/activate\n"
PATIENCE_S = 60.0
"""For each thing that is to be seen; the first start of a gateway compiles the media engine."""
STOP_S = 10.0


class Terminal:
    """A shell in the checkout; `words` is all that it has shown so far."""

    def __init__(self, process: asyncio.subprocess.Process, screen: Path) -> None:
        self._process = process
        self._screen = screen

    @classmethod
    @asynccontextmanager
    async def typing(cls, text: str, screen: Path, environ: dict[str, str]) -> AsyncIterator[Self]:
        """Type this; the first line that fails is the last. Whatever still runs at the end is ended."""
        with screen.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *("sh", "-e", "-c", text),
                cwd=screen.parent,
                env=environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            yield cls(process, screen)
        finally:
            await _end(process)

    @property
    def words(self) -> str:
        return self._screen.read_text(errors="replace")

    async def shows(self, pattern: str) -> re.Match[str]:
        """Wait until it shows this."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self._process.returncode is None and not re.search(pattern, self.words):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        found = re.search(pattern, self.words)
        assert found is not None, f"nothing like {pattern!r} in:\n{self.words}"
        return found

    async def succeeds(self) -> None:
        """Wait until everything that was typed is done."""
        async with asyncio.timeout(PATIENCE_S):
            status = await self._process.wait()
        assert status == 0, self.words


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask what was typed last to leave, and end what is left of it."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_S):
            await process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


class Phone:
    """Takes every call, can make one, and hears what is said in them."""

    def __init__(self, ear: RtpParty) -> None:
        self.shell = SipShell(EndpointConfig(HOST, 0, guard("127.0.0.0/8")), self._on_event)
        self.ear = ear
        self._media = LocalMedia(HOST, ear.port)
        self._over = asyncio.Event()

    def call(self, uri: str) -> None:
        """Call a gateway of this machine."""
        target = SipUri.parse(uri)
        flow = self.shell.flow(target.host, target.port or 0)
        self.shell.invite(Invitation(target, flow, "447700900001", self._media))

    async def call_is_over(self) -> None:
        """Wait until a call was answered and hung up again."""
        async with asyncio.timeout(PATIENCE_S):
            await self._over.wait()

    def _on_event(self, event: AnyCallEvent) -> None:
        if isinstance(event, IncomingCall):
            self.shell.accept(event.call, self._media)
        elif isinstance(event, CallEnded):
            self._over.set()


@asynccontextmanager
async def a_phone() -> AsyncIterator[Phone]:
    async with RtpParty() as ear:
        phone = Phone(ear)
        async with phone.shell:
            yield phone


def checkout(directory: Path, port: str) -> None:
    """What the snippets need of a checkout, with the example's port changed."""
    (directory / ".venv").symlink_to(sys.prefix)
    shutil.copytree(ROOT / "examples", directory / "examples")
    hello = directory / "examples" / "hello.py"
    assert APPLICATION_PORT in hello.read_text()
    hello.write_text(hello.read_text().replace(APPLICATION_PORT, port))


def surroundings(directory: Path) -> dict[str, str]:
    """A newcomer's environment, but for the ports and the place of the data."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CORDBOARD_")}
    return environ | {
        "CORDBOARD_DATA_DIRECTORY": str(directory / "data"),
        "CORDBOARD_SERVER_PORT": "0",
        "CORDBOARD_SIP_PORT": "0",
        "CORDBOARD_MEDIA_MAX_LEGS": "16",
        "PYTHONUNBUFFERED": "1",
    }


async def test_the_first_application_answers_and_calls(running: AsyncExitStack, tmp_path: Path) -> None:
    port = str(free_ports(1)[0])
    checkout(tmp_path, port)
    environ = surroundings(tmp_path)
    softphone, called = [await running.enter_async_context(a_phone()) for _ in range(2)]

    async def terminal(name: str, text: str) -> Terminal:
        typed = text.replace(APPLICATION_PORT, port).replace(PHONE_PORT, str(called.shell.port))
        return await running.enter_async_context(Terminal.typing(typed, tmp_path / name, environ))

    start, first_steps, call = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    gateway = await terminal("gateway", f"{ACTIVATE}exec cordboard serve")
    address = await gateway.shows(r"sip:NUMBER@\S+:\d+")
    assert (tmp_path / "cordboard.toml").is_file()
    assert (tmp_path / "data" / "account.json").is_file()
    hello = await terminal("hello", start)
    await hello.shows("Running on")
    tail = await terminal("tail", first_steps)
    await tail.shows("Number linked: (447700900000)")

    softphone.call(address[0].replace("NUMBER", "447700900000"))
    await softphone.call_is_over()
    assert is_speech_like(softphone.ear.heard()), "the caller is greeted"
    await hello.shows("completed")

    calling = await terminal("calling", ACTIVATE + call)
    await calling.succeeds()
    assert re.findall(r"started|answered|completed", calling.words)[-1] == "completed"
    assert is_speech_like(called.ear.heard()), "the called phone hears the talk"
    await tail.shows("sip:hangup")
