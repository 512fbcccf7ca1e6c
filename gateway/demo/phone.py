"""A softphone for demonstrations and tests, driven from asyncio.

The phone itself is baresip, which is not our code, in a process of its own (`gateway.demo.softphone`): that
library allows one SIP stack a process. The two talk in JSON lines: orders on the child's standard input,
events on its standard output.
"""

import asyncio
import contextlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

START_TIMEOUT_S = 15.0
"""Loading the SIP stack takes about a second; a loaded machine may take several times as long."""
STOP_TIMEOUT_S = 4.0
"""What the child gets to hang up and leave by itself before it is killed."""
PASSWORD_VARIABLE = "CORDBOARD_PHONE_PASSWORD"  # noqa: S105 - the name of a variable
"""How the password travels to the process: arguments can be read by everybody on the machine."""
MAX_EVENTS = 10_000
"""Events kept for `wait`; a call makes about five, so this much means that something runs in circles."""


class PhoneError(Exception):
    """The phone could not start, is gone, or did not see in time what was waited for."""


@dataclass(frozen=True, kw_only=True)
class PhoneSettings:
    """What one phone is: its number or name, its tone and where it keeps what it heard."""

    name: str
    """User part of its SIP address; a phone number for a phone behind a trunk."""
    directory: Path
    """Where `NAME.wav` (everything heard) and `NAME.log` (the process's own words) go."""
    tone_hz: int = 0
    """The tone that it says all the time while in a call; 0 for silence."""
    level_dbov: float = -20.0
    password: str = ""
    """What it answers a challenge with, as the user `name`."""
    host: str = "127.0.0.1"
    """The IPv4 address of its SIP and RTP."""
    answers: bool = True
    """Whether it picks up by itself; otherwise it rings until `answer()`."""
    port: int = 0
    """UDP port of SIP; 0 for any that is free."""
    transport: str = "udp"
    """What it is called over, on that port: `udp` or `tcp`. It calls over whatever the address names."""
    proxy: str = ""
    """`host:port` that its calls go to, whatever host they name; the host itself when empty."""
    domain: str = ""
    """Where it registers, through the proxy; nowhere when empty."""
    encryption: str = ""
    """`srtp` offers keys for its audio and takes plain audio too, `srtp-mand` insists; empty has none."""
    codecs: tuple[str, ...] = ("pcmu", "pcma")
    """In order of preference, as baresip names them: also `g722/16000/1` and `opus/48000/2`."""
    parameters: tuple[str, ...] = ()
    """More parameters of its account, as baresip writes them: `dtmfmode=info`, `100rel=required`."""
    traced: bool = False
    """Whether its log has every SIP message that it sends and receives."""


@dataclass(frozen=True, kw_only=True)
class PhoneEvent:
    """Something that the phone saw.

    `name` is one of `ringing` (ours or the far end's), `established`, `closed`, `dtmf`, `said`, `held`,
    `resumed`, `registered`, `refused` (it may not register) and `error`.
    """

    name: str
    heard_s: float
    """Seconds of sound in the `heard` file at that moment: where in the file the event happened."""
    text: str = ""
    """The peer of `ringing`, the digit of `dtmf`, the problem of `error`; of `closed` the reason in baresip's
    words: `486 Busy Here` after a refusal, `Connection reset by peer [104]` after the far end's BYE."""


class Phone:
    """One running softphone. Made by `Phone.start`, ended by `stop`; also an async context manager."""

    def __init__(self, settings: PhoneSettings, process: asyncio.subprocess.Process) -> None:
        self.name = settings.name
        self.host = settings.host
        self.tone_hz = settings.tone_hz
        self.transport = settings.transport
        self.heard = settings.directory / f"{settings.name}.wav"
        """Everything heard in all calls so far, one after the other: 16-bit mono WAV, 8 kHz, always whole."""
        self.port = 0
        self.events: list[PhoneEvent] = []
        self._process = process
        self._news = asyncio.Condition()
        self._untold: list[PhoneEvent] = []
        self._reader = asyncio.create_task(self._read_events(), name=f"phone {settings.name}")

    @classmethod
    async def start(cls, settings: PhoneSettings) -> "Phone":
        """Start the process and wait until it listens.

        Raises:
            PhoneError: it did not come up; the last lines of its log are in the text.
        """
        settings.directory.mkdir(parents=True, exist_ok=True)
        log = settings.directory / f"{settings.name}.log"
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *_command(settings),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env={**os.environ, PASSWORD_VARIABLE: settings.password},
            )
        phone = cls(settings, process)
        try:
            ready = await phone.wait("ready", timeout=START_TIMEOUT_S)
        except PhoneError as error:
            await phone.stop()
            raise PhoneError(
                f"{settings.name} did not start: {log.read_text(errors='replace')[-2000:]}"
            ) from error
        phone.port = int(ready.text)
        return phone

    @property
    def uri(self) -> str:
        """Its SIP address, as a peer would dial it."""
        means = "" if self.transport == "udp" else f";transport={self.transport}"
        return f"sip:{self.name}@{self.host}:{self.port}{means}"

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    async def call(self, uri: str) -> None:
        """Dial a SIP address."""
        await self._order("call", uri)

    async def answer(self) -> None:
        """Pick up the call that rings."""
        await self._order("answer")

    async def reject(self) -> None:
        """Refuse the call that rings, as busy."""
        await self._order("reject")

    async def hang_up(self) -> None:
        """End the call, or give up dialling."""
        await self._order("hang_up")

    async def hold(self) -> None:
        """Put the far end on hold (re-INVITE, sendonly)."""
        await self._order("hold")

    async def resume(self) -> None:
        """Take the far end back (re-INVITE, sendrecv)."""
        await self._order("resume")

    async def transfer(self, uri: str) -> None:
        """Send the far end to somebody else (REFER)."""
        await self._order("transfer", uri)

    async def consult(self, uri: str) -> None:
        """Dial somebody else besides; the first call waits."""
        await self._order("consult", uri)

    async def join(self) -> None:
        """Connect the two that it talks with, and leave (REFER with Replaces)."""
        await self._order("join")

    async def dtmf(self, digits: str) -> None:
        """Press keys, `0-9 A-D * #`, as RTP telephone events where its parameters do not say otherwise."""
        await self._order("dtmf", digits)

    async def say(self, path: Path) -> None:
        """Say a mono WAV file of 16 bits at 8 kHz, in place of the tone; `said` comes at its end."""
        await self._order("say", str(path))

    async def wait(self, name: str, *, text: str = "", timeout: float = 10.0) -> PhoneEvent:  # noqa: ASYNC109
        """The oldest event of that name that no earlier `wait` has returned.

        Args:
            name: The event's name, see `PhoneEvent`.
            text: When given, the event must carry exactly this text.
            timeout: Seconds to wait at most.

        Raises:
            PhoneError: not seen in time, or the process is gone. The text lists what was seen.
        """
        try:
            async with asyncio.timeout(timeout), self._news:
                while True:
                    for event in self._untold:
                        if event.name == name and text in ("", event.text):
                            self._untold.remove(event)
                            return event
                    if self._reader.done():
                        raise PhoneError(f"{self.name} is gone; {self._story()}")
                    await self._news.wait()
        except TimeoutError:
            raise PhoneError(
                f"{self.name} saw no {name} {text} within {timeout:g} s; {self._story()}"
            ) from None

    async def stop(self) -> None:
        """End the process; nothing is left of it. Doing it twice does no harm."""
        with contextlib.suppress(PhoneError):
            await self._order("quit")
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reader

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _order(self, verb: str, argument: str = "") -> None:
        stdin = self._process.stdin
        if stdin is None or self._process.returncode is not None:
            raise PhoneError(f"{self.name} is gone; {self._story()}")
        try:
            stdin.write(json.dumps([verb, argument]).encode() + b"\n")
            await stdin.drain()
        except ConnectionError as error:
            raise PhoneError(f"{self.name} is gone; {self._story()}") from error

    async def _read_events(self) -> None:
        stdout = self._process.stdout
        if stdout is None:
            return
        async for line in stdout:
            event = PhoneEvent(**json.loads(line))
            async with self._news:
                if len(self.events) < MAX_EVENTS:
                    self.events.append(event)
                    self._untold.append(event)
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    def _story(self) -> str:
        return "it saw: " + (
            ", ".join(f"{event.name} {event.text}".strip() for event in self.events) or "nothing"
        )


def _command(settings: PhoneSettings) -> list[str]:
    options = {
        "--name": settings.name,
        "--host": settings.host,
        "--port": settings.port,
        "--transport": settings.transport,
        "--tone": settings.tone_hz,
        "--level": settings.level_dbov,
        "--heard": settings.directory / f"{settings.name}.wav",
        "--answers": int(settings.answers),
        "--proxy": settings.proxy,
        "--domain": settings.domain,
        "--encryption": settings.encryption,
        "--codecs": ",".join(settings.codecs),
        "--parameters": ";".join(settings.parameters),
        "--traced": int(settings.traced),
    }
    return [
        sys.executable,
        "-m",
        "gateway.demo.softphone",
        *(f"{key}={value}" for key, value in options.items()),
    ]
