"""The program baresip as Debian packages it: a phone that is driven over its control port.

It is years older than the library behind baresip-python, and of another line. It shows every SIP message
that it sends and receives, saves what it hears, and says a tone.
"""

import asyncio
import contextlib
import json
import shutil
from pathlib import Path
from typing import Any, Self

from tests.support.make_audio import RATE_HZ, write_tone
from tests.support.ports import free_ports

BARESIP = shutil.which("baresip")
MODULES = Path("/usr/lib/baresip/modules")
SPEECH_S = 120
"""The file that it says is not repeated; no call of a test is as long."""
START_S = 20.0
STOP_S = 5.0
PATIENCE_S = 30.0
NETSTRING_OCTETS = 65536
"""No event of it is longer."""

CONFIG = """\
sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
module_path {modules}
module g711.so
module g722.so
module opus.so
module srtp.so
module aufile.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
rtp_ports 10000-19998
audio_path {directory}
audio_source aufile,{speech}
ausrc_srate {rate}
ausrc_channels 1
snd_path {directory}
{more}
"""
TOLD = {
    "CALL_ESTABLISHED": "established",
    "CALL_CLOSED": "closed",
    "CALL_DTMF_START": "dtmf",
}
"""Its events → ours."""


class DebianBaresip:
    """One phone that answers whoever calls; an async context.

    Args:
        account: Parameters of its account, as baresip writes them: `mediaenc=srtp-mand`, `regint=60`.
        config: More lines of its configuration.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        *,
        tone_hz: int,
        transport: str = "udp",
        domain: str = "",
        codec: str = "pcmu",
        account: tuple[str, ...] = (),
        config: tuple[str, ...] = (),
    ) -> None:
        self._directory = directory / name
        self._directory.mkdir(parents=True, exist_ok=True)
        self._control = free_ports(1)[0]
        # It listens for TLS at the port after that for UDP and TCP.
        self.port = _free_pair()
        port = self.port + (transport == "tls")
        means = f";transport={transport}" * (transport != "udp")
        self.uri = f"sip:{name}@127.0.0.1:{port}{means}"
        speech = self._directory / "speech.wav"
        write_tone(speech, tone_hz, seconds=SPEECH_S)
        settings = CONFIG.format(
            port=self.port, control=self._control, modules=MODULES, directory=self._directory, speech=speech,
            rate=RATE_HZ, more="\n".join(config),
        )  # fmt: skip
        (self._directory / "config").write_text(settings)
        words = ";".join(("regint=0",) * (not domain) + (f"audio_codecs={codec}", "ptime=20", *account))
        (self._directory / "accounts").write_text(
            f"<sip:{name}@{domain or f'127.0.0.1:{port}'}{means}>;{words}\n"
        )
        (self._directory / "contacts").touch()
        self._log = self._directory / "log"
        self._events: list[dict[str, Any]] = []
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(BARESIP), "-s", "-f", str(self._directory),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            async with asyncio.timeout(START_S):
                self._reader, self._writer = await self._connect()
        except TimeoutError:
            await self._end()
            raise AssertionError(f"baresip does not listen: {self.trace()[-2000:]}") from None
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(ConnectionError):
            await self.order("quit")
        await self._end()
        await self._listening
        self._writer.close()

    @property
    def heard(self) -> Path:
        """What it heard in its newest call: a WAV file that grows, absent before."""
        files = sorted(self._directory.glob("dump-*-dec.wav"), key=lambda path: path.stat().st_mtime_ns)
        return files[-1] if files else self._directory / "nothing.wav"

    def trace(self) -> str:
        """What it has written, every SIP message among it."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    async def order(self, command: str, words: str = "") -> None:
        """Have it carry out one of its commands: `dial`, `hangup`, `hold`, `resume`, `transfer`."""
        text = json.dumps({"command": command, "params": words, "token": command}).encode()
        self._writer.write(b"%d:%s," % (len(text), text))
        await self._writer.drain()

    async def wait(self, name: str, *, text: str = "") -> None:
        """Wait for an event that no earlier wait has had: a value of `TOLD`."""
        async with self._news:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._news.wait_for(lambda: self._take(name, text))
            except TimeoutError:
                raise AssertionError(f"no {name} {text}; baresip wrote {self.trace()[-4000:]}") from None

    def _take(self, name: str, text: str) -> bool:
        for event in self._events:
            if TOLD.get(event["type"]) == name and text in ("", event.get("param")):
                self._events.remove(event)
                return True
        return False

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                return await asyncio.open_connection("127.0.0.1", self._control)
            await asyncio.sleep(0.05)

    async def _listen(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                size = int((await self._reader.readuntil(b":"))[:-1])
                assert size <= NETSTRING_OCTETS
                said = json.loads((await self._reader.readexactly(size + 1))[:-1])
                if "type" in said:
                    async with self._news:
                        self._events.append(said)
                        self._news.notify_all()

    async def _end(self) -> None:
        try:
            async with asyncio.timeout(STOP_S):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


def _free_pair() -> int:
    """A free port whose successor is free as well."""
    while True:
        ports = set(free_ports(100))
        for port in ports:
            if port + 1 in ports:
                return port
