"""An application that reads late: what it gets then is younger than two seconds, over TCP and under TLS.

The server's end is a bare socket; the package websockets shakes hands and reads the frames.
"""

import asyncio
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trustme
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from media.control import WebsocketOpened
from media.legs import websocket
from tests.support.websocket_consumer import PATIENCE_S, Call

pytestmark = pytest.mark.contract

FRAME_OCTETS = 320
TOO_LATE = 100
"""Frames: two seconds."""
SPOKEN = 1000
"""Frames while nobody reads: twenty seconds."""
RECEIVE_BUFFER = 4096
THEIRS = 60
"""Frames that the system takes in the application's name; it doubles a buffer, and rounds it up."""


class Consumer:
    """An application that reads only when it is told to."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._protocol = ServerProtocol()
        self.heard: list[int] = []
        self.keys: list[str] = []

    def shake_hands(self) -> None:
        """Read the request, and agree."""
        while True:
            self._protocol.receive_data(self._socket.recv(4096))
            for event in self._protocol.events_received():
                if isinstance(event, Request):
                    self._protocol.send_response(self._protocol.accept(event))
                    self._socket.sendall(b"".join(self._protocol.data_to_send()))
                    return

    def read(self) -> None:
        """Read some of what has come."""
        self._protocol.receive_data(self._socket.recv(1 << 16))
        for event in self._protocol.events_received():
            assert isinstance(event, Frame)
            if event.opcode is Opcode.BINARY:
                self.heard.append(int.from_bytes(event.data[:4], "big"))
            else:
                self.keys += [json.loads(bytes(event.data)).get("digit", "")]


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        listener.settimeout(PATIENCE_S)
        yield listener


@pytest.fixture(params=["ws", "wss"])
def tls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext | None:
    """What the application speaks TLS with; None where it speaks none."""
    if request.param == "ws":
        return None
    authority, ours = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(ours)
    monkeypatch.setattr(websocket, "_tls", lambda: ours)
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("app.example").configure_cert(theirs)
    return theirs


def accept(listener: socket.socket, tls: ssl.SSLContext | None) -> Consumer:
    sock, _ = listener.accept()
    sock.settimeout(PATIENCE_S)
    if tls is not None:
        sock = tls.wrap_socket(sock, server_side=True)
    consumer = Consumer(sock)
    consumer.shake_hands()
    return consumer


async def test_who_reads_late_hears_nothing_older_than_two_seconds(tls: ssl.SSLContext | None) -> None:
    with listening() as listener:
        accepting = asyncio.create_task(asyncio.to_thread(accept, listener, tls))
        call = Call(listener.getsockname()[1], f"{'ws' if tls is None else 'wss'}://app.example/audio")
        consumer = await accepting
        assert isinstance(await call.notice(), WebsocketOpened)
        for number in range(SPOKEN):
            call.engine.heard.append(number.to_bytes(4, "big") + bytes(FRAME_OCTETS - 4))
            call.leg.tick()
            await asyncio.sleep(0)
        call.leg.send_dtmf("7", 100)
        reading = asyncio.create_task(_read_to_the_key(consumer))
        while not reading.done():
            call.leg.tick()
            await asyncio.sleep(0.001)
        await reading
        assert consumer.heard == sorted(consumer.heard)
        assert consumer.heard[-1] == SPOKEN - 1
        assert len(consumer.heard) <= TOO_LATE + THEIRS
        assert call.leg.protocol.dropped_outgoing >= SPOKEN - TOO_LATE - THEIRS
        await call.end()


async def _read_to_the_key(consumer: Consumer) -> None:
    while "7" not in consumer.keys:
        await asyncio.to_thread(consumer.read)


async def test_a_key_is_told_though_all_audio_is_dropped() -> None:
    with listening() as listener:
        accepting = asyncio.create_task(asyncio.to_thread(accept, listener, None))
        call = Call(listener.getsockname()[1])
        consumer = await accepting
        assert isinstance(await call.notice(), WebsocketOpened)
        call.engine.heard.extend(bytes(FRAME_OCTETS) for _ in range(SPOKEN))
        call.leg.tick()
        call.leg.send_dtmf("7", 100)
        for _ in range(SPOKEN):
            call.engine.heard.append(bytes(FRAME_OCTETS))
            call.leg.tick()
        reading = asyncio.create_task(_read_to_the_key(consumer))
        while not reading.done():
            call.leg.tick()
            await asyncio.sleep(0.001)
        await reading
        await call.end()
