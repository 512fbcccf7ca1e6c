"""SIP's sockets on loopback with nothing behind them: what they bring is noted."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from signalling.io.listening import Listening
from signalling.io.sockets import Sockets
from signalling.io.tls import TlsFiles
from signalling.sip.calls import Flow, Transport
from tests.support.tls import Certificate, make_certificate

HOST = "127.0.0.1"
PATIENCE_S = 20.0


class Noted:
    """A user of connections that notes what they bring."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[tuple[bytes, Flow]] = asyncio.Queue()
        self.closed: asyncio.Queue[Flow] = asyncio.Queue()
        self.oversize: asyncio.Queue[bytes] = asyncio.Queue()
        self.uses = False

    def receive(self, data: bytes, flow: Flow) -> None:
        self.received.put_nowait((data, flow))

    def receive_closed(self, flow: Flow) -> None:
        self.closed.put_nowait(flow)

    def is_used(self, flow: Flow) -> bool:
        return self.uses

    def is_welcome(self, host: str) -> bool:
        return True

    def admits(self, _data: bytes, _flow: Flow) -> bool:
        """Everything."""
        return True

    def receive_oversize(self, beginning: bytes, flow: Flow) -> None:
        self.oversize.put_nowait(beginning)

    async def message(self) -> tuple[bytes, Flow]:
        async with asyncio.timeout(PATIENCE_S):
            return await self.received.get()

    async def end(self) -> Flow:
        async with asyncio.timeout(PATIENCE_S):
            return await self.closed.get()


class Doors(Sockets):
    """The sockets with the user that notes."""

    def __init__(self, listening: Listening) -> None:
        self.user = Noted()
        super().__init__(listening, self.user)

    def at(self, transport: Transport) -> tuple[str, int]:
        """Where a transport can be reached."""
        return self.local(transport, HOST)

    def towards(self, transport: Transport, remote: tuple[str, int], name: str = "") -> Flow:
        """The flow to somebody else."""
        return Flow(transport, remote, self.local(transport, remote[0]), name=name)


@contextlib.asynccontextmanager
async def doors(
    *transports: Transport, tls: TlsFiles | None = None, host: str = HOST
) -> AsyncIterator[Doors]:
    """Sockets that listen, on any ports."""
    ports: Mapping[Transport, int] = dict.fromkeys(transports, 0)
    opened = Doors(Listening((host,), ports, tls or TlsFiles()))
    await opened.bind()
    try:
        yield opened
    finally:
        await opened.close()


def tls_files(directory: Path) -> tuple[TlsFiles, Certificate]:
    """A certificate for loopback, as the sockets want it, and who signed it."""
    made = make_certificate(directory)
    return TlsFiles(str(made.certificate), str(made.key), str(made.authority)), made


async def until_cut_off(reader: asyncio.StreamReader) -> None:
    """Read until the other side closes the connection, whatever it says before."""
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionError):
            while await reader.read(1000):
                pass


async def is_cut_off(reader: asyncio.StreamReader) -> bool:
    """Whether the other side closes the connection without a word."""
    async with asyncio.timeout(PATIENCE_S):
        try:
            return await reader.read() == b""
        except ConnectionError:
            return True
