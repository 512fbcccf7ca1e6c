"""The socket of a websocket leg: connects to an application and carries the protocol.

We are the client. The gateway has resolved and admitted one address; the connection goes there and nowhere
else, while the Host header and the TLS server name stay the application's. Redirects and compression are
refused, messages are bounded, and an application that stops reading loses audio and delays nobody.
"""

import asyncio
import functools
import os
import socket
import ssl
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

import aiohttp
from yarl import URL

from media.control import Notice, OpenWebsocket, WebsocketClosed, WebsocketFailed, WebsocketOpened
from media.engine.ports import EnginePort
from media.errors import MediaError
from media.legs.crowd import Crowd
from media.legs.port import FramePort
from media.legs.websocket_protocol import WebsocketProtocol
from media.legs.websocket_sending import Outlet, limit

HANDSHAKE_S = 5
"""From the first packet to the upgrade, TLS included."""
CLOSE_S = 1
"""How long saying goodbye may take, when the application does not read."""
MAX_MESSAGE = 64 << 10
"""Octets in one message from an application, 2 s of audio at 16 kHz; more closes with 1009."""
HEARTBEAT_S = 40
"""A ping after this much silence; no answer within half of it ends the leg."""

ABNORMAL = 1006
"""RFC 6455 §7.4.1: the connection went without a closing handshake."""

_T = TypeVar("_T")


class _NotUpgraded(MediaError):
    """The application answered the handshake with another status than 101."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the application answered {status} instead of upgrading")
        self.status = status


class _NoTls(MediaError):
    """The application can be reached, and does not speak TLS."""


class _Line(NamedTuple):
    """A connection: what is read from, and what is written to."""

    ws: aiohttp.ClientWebSocketResponse
    outlet: Outlet


class WebsocketLeg:
    """One leg: `run` is its life, `tick` its beat. Everything is called from the event loop's thread.

    Tells `notify` either WebsocketFailed, or WebsocketOpened and then WebsocketClosed; nothing after `close`.
    """

    def __init__(self, command: OpenWebsocket, port: FramePort, notify: Callable[[Notice], None]) -> None:
        self._command = command
        self._port = port
        self._notify = notify
        self._protocol = WebsocketProtocol(port, command.rate)
        self._closing = asyncio.Event()
        self._transport: asyncio.Transport | None = None
        self._outlet: Outlet | None = None
        """Only while the leg is open."""
        self._socket: socket.socket | None = None
        self._connected = False
        """TLS is up, where there is to be one."""

    @property
    def rate(self) -> int:
        """In Hz, at which it is talked to."""
        return self._command.rate

    @property
    def protocol(self) -> WebsocketProtocol:
        """The leg's counters are here."""
        return self._protocol

    async def run(self) -> None:
        """Connect, and carry audio until either side closes."""
        connector = aiohttp.TCPConnector(force_close=True, socket_factory=self._make_socket)
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(),
            middlewares=(self._upgrade,),
            trace_configs=[self._trace()],
        ) as session:
            try:
                line = await self._unless_closing(self._connect(session))
            except (aiohttp.ClientError, OSError, ValueError, MediaError) as error:
                self._notify(_failure(self._command.leg, error))
                return
            if line is not None:
                await self._carry(line)

    def tick(self, crowd: Crowd | None = None) -> None:
        """Move audio both ways; called about every 20 ms. What is heard before the leg is open is lost.

        Who can be sent to with the others joins the `crowd`.
        """
        if self._outlet is None:
            while self._port.pop() is not None:
                pass
            return
        self._protocol.tick()
        outlet, port = self._outlet, self._port
        if crowd is not None and outlet.is_idle and outlet.fd >= 0 and isinstance(port, EnginePort):
            crowd.add(port, outlet)
        else:
            self._protocol.hear()
            outlet.flush()

    def send_dtmf(self, digit: str, duration_ms: int) -> None:
        """Tell the application of a key press in the call."""
        if self._outlet is not None:
            self._protocol.send_dtmf(digit, duration_ms)
            self._outlet.flush()

    def close(self) -> None:
        """End the leg; `run` returns soon after, without a notice."""
        self._closing.set()

    async def _connect(self, session: aiohttp.ClientSession) -> _Line:
        """Raises TimeoutError, _NoTls, and whatever else comes of a handshake."""
        handshake = asyncio.ensure_future(self._shake_hands(session))
        try:
            await asyncio.wait({handshake}, timeout=HANDSHAKE_S)
            if handshake.done():
                return handshake.result()
            raise self._too_late()
        finally:
            handshake.cancel()
            await asyncio.gather(handshake, return_exceptions=True)

    async def _shake_hands(self, session: aiohttp.ClientSession) -> _Line:
        uri = URL(self._command.uri)
        admitted = uri.with_user(None).with_host(self._command.address).with_port(self._command.port)
        headers = {
            **self._command.headers,
            "Host": uri.host_port_subcomponent or "",
            "User-Agent": "Cordboard",
        }
        ws = await session.ws_connect(
            admitted,
            headers=headers,
            ssl=await asyncio.to_thread(_tls) if uri.scheme == "wss" else True,
            server_hostname=uri.raw_host,
            max_msg_size=MAX_MESSAGE,
            heartbeat=HEARTBEAT_S,
            timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S),
        )
        if self._transport is None:
            raise MediaError("the connection was lost")
        await ws.send_str(self._command.first_message)
        return _Line(ws, Outlet(self._transport, self._protocol.outgoing))

    def _too_late(self) -> Exception:
        """What a handshake that takes too long means: a port that is open and waits may be a plain one."""
        if self._connected or self._socket is None or URL(self._command.uri).scheme != "wss":
            return TimeoutError()
        try:
            self._socket.getpeername()
        except OSError:
            return TimeoutError()
        return _NoTls(f"it says nothing within {HANDSHAKE_S} s")

    def _trace(self) -> aiohttp.TraceConfig:
        async def connected(*_: object) -> None:
            self._connected = True

        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(connected)
        return trace

    async def _carry(self, line: _Line) -> None:
        """From the first message to the last."""
        self._outlet = line.outlet
        self._notify(WebsocketOpened(leg=self._command.leg))
        try:
            closed = await self._unless_closing(self._receive(line))
        finally:
            self._outlet = None
            await self._hang_up(line.ws)
        if closed is not None:
            self._notify(closed)

    async def _receive(self, line: _Line) -> WebsocketClosed:
        """Read until the application, or the network, closes."""
        ws = line.ws
        while True:
            message = await ws.receive()
            if message.type is aiohttp.WSMsgType.BINARY:
                self._protocol.receive_binary(message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                self._protocol.receive_text(message.data)
                line.outlet.flush()
            elif message.type is aiohttp.WSMsgType.CLOSE:
                return WebsocketClosed(
                    leg=self._command.leg, code=int(message.data or ABNORMAL), reason=message.extra or ""
                )
            else:
                return WebsocketClosed(
                    leg=self._command.leg,
                    code=int(ws.close_code or ABNORMAL),
                    reason=str(ws.exception() or "the connection was lost"),
                )
            # Messages that are there already would be read without a pause, and the ticks would wait.
            await asyncio.sleep(0)

    async def _hang_up(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        """Close politely, then for certain: a transport with unsent data would wait for a deaf peer."""
        with suppress(aiohttp.ClientError, OSError):
            async with asyncio.timeout(CLOSE_S):
                await ws.close()
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    async def _unless_closing(self, work: Coroutine[Any, Any, _T]) -> _T | None:
        """The work's result, or None when `close` came first and the work was given up."""
        task = asyncio.ensure_future(work)
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait({task, closing}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            task.cancel()
            closing.cancel()
            await asyncio.gather(task, closing, return_exceptions=True)

    def _make_socket(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol = address[:3]
        self._socket = socket.socket(family, kind, protocol)
        limit(self._socket, self._command.rate)
        return self._socket

    async def _upgrade(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Refuse all else, before aiohttp follows a redirect, or reads a body that nobody wants."""
        response = await handler(request)
        if response.status != 101:
            response.close()
            raise _NotUpgraded(response.status)
        if response.connection is not None:
            self._transport = response.connection.transport
        return response


@functools.cache
def _tls() -> ssl.SSLContext:
    """The system's certificate authorities, and SSL_CERT_FILE. Read once: that takes longer than a tick."""
    return ssl.create_default_context()


def _failure(leg: str, error: Exception) -> WebsocketFailed:
    match error:
        case TimeoutError():
            reason = f"the application did not answer within {HANDSHAKE_S} s"
            return WebsocketFailed(leg=leg, reason=reason, timed_out=True)
        case _NotUpgraded():
            return WebsocketFailed(leg=leg, reason=str(error), status=error.status)
        case aiohttp.WSServerHandshakeError():
            reason = f"not a websocket handshake: {error.message}"
            return WebsocketFailed(leg=leg, reason=reason, status=error.status)
        case aiohttp.ClientConnectorCertificateError():
            reason = f"no TLS with the application: {error.certificate_error}"
            return WebsocketFailed(leg=leg, reason=reason)
        case aiohttp.ClientSSLError():
            return WebsocketFailed(leg=leg, reason=f"no TLS with the application: {error.os_error}")
        case _NoTls():
            return WebsocketFailed(leg=leg, reason=f"no TLS with the application: {error}")
        case OSError(errno=int(number)) if number > 0:
            return WebsocketFailed(leg=leg, reason=f"cannot connect: {os.strerror(number)}")
        case aiohttp.ClientConnectorError():
            return WebsocketFailed(leg=leg, reason="the connection was closed")
        case _:
            return WebsocketFailed(leg=leg, reason=f"cannot connect: {error}")
