"""GET requests over kept connections, from a client so small that the server is what one measures."""

import asyncio
import statistics
import time

import msgspec

CONNECTIONS = 8
"""Requests in flight: enough that the server never waits for the client."""


class Outcome(msgspec.Struct, frozen=True):
    """What a go of requests showed."""

    median_ms: float
    """From a request to the end of its answer."""


class UnexpectedAnswer(Exception):
    """The server did not answer 200: its figures would mean nothing."""


async def get(port: int, path: str, token: str, count: int, connections: int = CONNECTIONS) -> Outcome:
    """Send `count` GETs in all and read their answers. Raises UnexpectedAnswer."""
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    shares = [count // connections] * connections
    waits = await asyncio.gather(*(_one_connection(port, head, max(1, share)) for share in shares))
    return Outcome(statistics.median(wait for each in waits for wait in each) * 1000)


async def _one_connection(port: int, head: bytes, count: int) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waits = []
    try:
        for _ in range(count):
            start = time.perf_counter()
            writer.write(head)
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 200"):
                raise UnexpectedAnswer(answer.decode(errors="replace"))
            await reader.readexactly(_length(answer))
            waits.append(time.perf_counter() - start)
    finally:
        writer.close()
    return waits


def _length(answer: bytes) -> int:
    for line in answer.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    raise UnexpectedAnswer("an answer without a length")
