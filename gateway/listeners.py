"""The sockets of the HTTP interface: bound before anything is started, served when everything is.

So an address that is taken is found out at once, and the port is known when the configuration says "any" (0).
Until everything runs nobody listens: who comes early is refused, and not left to wait for an answer that
comes when it has given up.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from gateway.config import ServerSettings
from gateway.stray import Tolerant

CLOSE_S = 2.0
"""For requests that are being answered when the gateway ends."""
BACKLOG = 128


class Listeners:
    """One socket for HTTP and, with a certificate, one for HTTPS."""

    def __init__(self, settings: ServerSettings) -> None:
        """Raises OSError for an address that cannot be bound or a certificate that cannot be read."""
        self._host = settings.host
        self._plain = _bind(settings.host, settings.port)
        self._secure: socket.socket | None = None
        self._tls: ssl.SSLContext | None = None
        if settings.tls_certificate:
            self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._tls.load_cert_chain(settings.tls_certificate, settings.tls_key)
            self._secure = _bind(settings.host, settings.tls_port)

    @property
    def http(self) -> str:
        """The address of the plain interface."""
        return f"http://{_literal(self._host)}:{self._plain.getsockname()[1]}"

    @property
    def https(self) -> str | None:
        """The address of the interface with TLS."""
        if self._secure is None:
            return None
        return f"https://{_literal(self._host)}:{self._secure.getsockname()[1]}"

    def close(self) -> None:
        """Let go of the sockets."""
        for each in (self._plain, self._secure):
            if each is not None:
                each.close()

    @asynccontextmanager
    async def serve(self, app: web.Application) -> AsyncIterator[None]:
        """Answer requests inside the context."""
        # What is not HTTP is answered with 400; a stranger's garbage must not fill the log with tracebacks.
        # What goes wrong in a handler is logged where it becomes an answer.
        logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_S, auto_decompress=False)
        await runner.setup()
        listening = []
        try:
            listening.append(await _listen(runner, self._plain, None))
            if self._secure is not None:
                listening.append(await _listen(runner, self._secure, self._tls))
            yield
        finally:
            for each in listening:
                each.close()
            await runner.cleanup()


async def _listen(runner: web.AppRunner, bound: socket.socket, tls: ssl.SSLContext | None) -> asyncio.Server:
    server = runner.server
    if server is None:
        raise RuntimeError("the runner is not set up")
    return await asyncio.get_running_loop().create_server(
        lambda: Tolerant(server()), sock=bound, ssl=tls, backlog=BACKLOG
    )


def _bind(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def _literal(host: str) -> str:
    return f"[{host}]" if ":" in host else host
