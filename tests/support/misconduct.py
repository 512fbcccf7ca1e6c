"""How customers' hosts misbehave: a row for each kind, for the pure machine and for real servers alike.

A row says what one attempt comes to and how long it takes, and how often a request is made to a URL that is
like that: one that waits for its reply (answer, input, notify, …), and a plain event.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

import trustme

from gateway.calls.scripting import NO_NCCO, SYNTAX_ERROR
from gateway.webhooks.delivery import EVENT_DELAYS_S, Failure, Outcome
from gateway.webhooks.egress import MAX_REPLY
from gateway.webhooks.exchange import MAX_NCCO, Reply
from tests.support.rude_server import Answer, RudeServer, closes, drips, http, resets, says, stays_silent

Host = Callable[[], AbstractAsyncContextManager[str]]
"""Opens a host, and gives the URL of a webhook there."""

CONNECT_S, SOCKET_S = 1.0, 5.0
"""The published limits of an answer URL."""

ONCE, TWICE, FOR_A_DAY = 1, 2, len(EVENT_DELAYS_S) + 1
"""Attempts at one URL."""

Limit = Literal["nothing", "connect", "socket", "both"]

NCCO = b'[{"action":"talk","text":"hello"}]'


@dataclass(frozen=True)
class Row:
    """One kind of misconduct."""

    name: str
    host: Host = field(repr=False)
    reason: str
    """What the fallback is told."""
    question: int
    """Attempts of a request that waits for its reply."""
    event: int
    """Attempts of a plain event."""
    delivers: bool = False
    """Whether a plain event has arrived all the same: nobody reads the reply to it."""
    spends: Limit = "nothing"
    """Which of the webhook's time limits an attempt uses up."""
    status: int | None = None
    """Of the response, where it is that what is wrong."""

    def outcome(self, *, wants_reply: bool) -> Outcome:
        """What the outbox makes of an attempt."""
        if self.delivers and not wants_reply:
            return Reply(200, "text/html", b"")
        if self.status is not None:
            return Reply(self.status, "application/json", NCCO)
        return Failure(self.reason, retryable=self.question == TWICE)

    @property
    def attempt_s(self) -> float:
        """How long an attempt takes under the published limits."""
        return {"nothing": 0.0, "connect": CONNECT_S, "socket": SOCKET_S, "both": CONNECT_S + SOCKET_S}[
            self.spends
        ]


def serves(answer: Answer) -> Host:
    """A host that listens, and answers so."""

    @asynccontextmanager
    async def host() -> AsyncIterator[str]:
        async with RudeServer(answer) as server:
            yield server.url

    return host


@asynccontextmanager
async def refuses() -> AsyncIterator[str]:
    """A host where nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}/hook"


@asynccontextmanager
async def black_hole() -> AsyncIterator[str]:
    """A host that lets no connection come about: its queue is full, and nobody takes from it."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}/hook"
        for client in waiting:
            client.close()


@asynccontextmanager
async def unknown_authority() -> AsyncIterator[str]:
    """A host whose certificate nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    async with RudeServer(says(http()), tls=context) as server:
        yield server.url


@asynccontextmanager
async def no_tls() -> AsyncIterator[str]:
    """A host that speaks HTTP where HTTPS is expected."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(http(400))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"


def at(url: str) -> Host:
    """A URL that leads nowhere."""

    @asynccontextmanager
    async def host() -> AsyncIterator[str]:
        yield url

    return host


def says_no(status: int, question: int, event: int, **headers: str) -> Row:
    """A host that answers with this status, even if it is with an NCCO."""
    host = serves(says(http(status, NCCO, **headers)))
    return Row(f"status {status}", host, f"HTTP {status}.", question, event, status=status)


def replies(body: bytes, content_type: str = "application/json") -> Host:
    """A host that has received the request, and answers this."""
    return serves(says(http(200, body, content_type)))


NO_ARRAY = f"{SYNTAX_ERROR} ncco: an NCCO is a JSON array of actions"
NO_ACTION = f"{SYNTAX_ERROR} ncco[0].action: 'dance' is not one of"

ROWS = [
    Row("refuse", refuses, "Connection closed.", TWICE, FOR_A_DAY),
    Row("black hole", black_hole, "Connection timed out.", TWICE, FOR_A_DAY, spends="connect"),
    Row("close", serves(closes), "Connection closed.", TWICE, FOR_A_DAY),
    Row("reset", serves(resets), "Connection closed.", TWICE, FOR_A_DAY),
    Row(
        "cut short",
        serves(says(http(body=NCCO)[:-1])),
        "Connection closed.",
        TWICE,
        FOR_A_DAY,
    ),
    Row("silence", serves(stays_silent), "Response timed out.", TWICE, FOR_A_DAY, spends="socket"),
    Row(
        "slow drip",
        serves(drips(http(body=NCCO), 0.02)),
        "Response timed out.",
        TWICE,
        FOR_A_DAY,
        spends="both",
    ),
    *(says_no(code, TWICE, FOR_A_DAY) for code in (429, 503, 504)),
    *(says_no(code, ONCE, FOR_A_DAY) for code in (408, 500, 502)),
    *(says_no(code, ONCE, ONCE) for code in (206, 400, 401, 403, 404, 410)),
    *(says_no(code, ONCE, ONCE, Location="http://127.0.0.1/") for code in (301, 302, 307)),
    Row("unknown authority", unknown_authority, "TLS failure.", ONCE, ONCE),
    Row("no TLS", no_tls, "TLS failure.", ONCE, ONCE),
    Row("not HTTP", serves(says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")), "Not HTTP.", ONCE, ONCE),
    Row("no URL", at("http://shop.example:port/"), "Invalid URL.", ONCE, ONCE),
    Row("private address", at("http://10.0.0.1/"), "Address not allowed.", ONCE, ONCE),
    Row(
        "wrong content type",
        replies(NCCO, "text/html"),
        "Unexpected content type.",
        ONCE,
        ONCE,
        delivers=True,
    ),
    Row("no content type", replies(NCCO, ""), "Unexpected content type.", ONCE, ONCE, delivers=True),
    Row("no JSON", replies(b"<html>"), "Invalid JSON.", ONCE, ONCE, delivers=True),
    Row("half an array", replies(b'[{"action":', "text/plain"), "Invalid JSON.", ONCE, ONCE, delivers=True),
    Row("no such action", replies(b'[{"action":"dance"}]'), NO_ACTION, ONCE, ONCE, delivers=True),
    Row("large", replies(b" " * (MAX_NCCO + 1)), "Response too large.", ONCE, ONCE, delivers=True),
    Row("huge", replies(b" " * (2 * MAX_REPLY)), "Response too large.", ONCE, ONCE, delivers=True),
]

USELESS_ANSWERS = [
    Row("no content", serves(says(http(204, b""))), NO_NCCO, ONCE, ONCE, delivers=True),
    Row("empty body", replies(b""), NO_NCCO, ONCE, ONCE, delivers=True),
    Row("{}", replies(b"{}"), NO_NCCO, ONCE, ONCE, delivers=True),
    Row("OK", replies(b"OK", "text/plain"), "Invalid JSON.", ONCE, ONCE, delivers=True),
    Row("null", replies(b"null"), NO_ARRAY, ONCE, ONCE, delivers=True),
    Row("a string", replies(b'"ok"'), NO_ARRAY, ONCE, ONCE, delivers=True),
    Row("an object", replies(b'{"status":"ok"}', "text/plain"), NO_ARRAY, ONCE, ONCE, delivers=True),
]
"""What is fine as the reply to an event, and no answer to a call that has nothing to do yet."""

GOOD = [
    replies(NCCO),
    replies(NCCO, "text/plain"),
    replies(NCCO, "Application/JSON; charset=utf-8"),
    *(serves(says(http(code, NCCO))) for code in (201, 202, 203)),
]
"""What counts."""
