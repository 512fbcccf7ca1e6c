"""A server for customers' misbehaviour: one TCP port, and a way of answering that each test chooses."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def http(
    status: int = 200, body: bytes = b"[]", content_type: str = "application/json", **headers: str
) -> bytes:
    """A whole HTTP response; `Content_Encoding` is a header's name."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def says(response: bytes) -> Answer:
    """Answer with these octets and close."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response)
        await writer.drain()

    return answer


def drips(response: bytes, interval_s: float) -> Answer:
    """Answer with one octet at a time."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for octet in response:
            writer.write(bytes([octet]))
            await writer.drain()
            await asyncio.sleep(interval_s)

    return answer


def keeps(*responses: bytes, then: Answer) -> Answer:
    """Answer one request after the other on one connection, and the last of them as `then` does."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for response in responses:
            writer.write(response)
            await _read_request(reader)
        await then(reader, writer)

    return answer


async def closes(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close without a word."""
    writer.close()


async def resets(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset the connection."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def stays_silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Accept, and never answer."""
    await reader.read()


class RudeServer:
    """Answers on a loopback port as `answer` says; `requests` holds what it was sent."""

    def __init__(self, answer: Answer, *, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self.reached = asyncio.Event()
        self.connections = 0
        self.port = 0
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/hook"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What it was told, by POST."""
        return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in self.requests]

    @property
    def open(self) -> int:
        """Connections that are not closed."""
        return len(self._tasks)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            self.requests.append(await _read_request(reader))
            self.reached.set()
            await self.answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.decode().split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = int(value)
    return head + await reader.readexactly(length)
