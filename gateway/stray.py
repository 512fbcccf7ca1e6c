"""Octets that published clients send where HTTP has none.

The old Node libraries end a DELETE with the body `{}` and say nothing of it in the head, neither its length
nor that it comes in chunks. By RFC 9112 §6.3 such a request has no body, and no next one can begin with a
brace: a server that insists answers 400, and what was to be deleted stays.
"""

import asyncio
import re

STRAY = b"{}"

_HEAD_END = b"\r\n\r\n"
_HAS_BODY = re.compile(rb"\r\n(?:content-length|transfer-encoding)[ \t]*:", re.IGNORECASE)


class Stray:
    """What a connection brings, less what is stray in it."""

    def __init__(self) -> None:
        self._may_come = False

    def without(self, data: bytes) -> bytes:
        """The octets that are HTTP. A head that comes in pieces is left alone."""
        if self._may_come and data:
            self._may_come = False
            return data.removeprefix(STRAY)
        if not data.startswith(b"DELETE "):
            return data
        end = data.find(_HEAD_END)
        if end < 0 or _HAS_BODY.search(data, 0, end + len(_HEAD_END)):
            return data
        head, rest = data[: end + len(_HEAD_END)], data[end + len(_HEAD_END) :]
        self._may_come = not rest
        return head + rest.removeprefix(STRAY)


class Tolerant(asyncio.Protocol):
    """A server's protocol that is spared stray octets."""

    def __init__(self, inner: asyncio.Protocol) -> None:
        self._inner = inner
        self._stray = Stray()

    def data_received(self, data: bytes) -> None:
        """Some octets came."""
        if data := self._stray.without(data):
            self._inner.data_received(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Passed on, as everything else is."""
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Passed on."""
        self._inner.connection_lost(exc)

    def eof_received(self) -> bool | None:
        """Passed on."""
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        """Passed on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Passed on."""
        self._inner.resume_writing()
