"""Start of sound: from INVITE, and from 200, until the first sound of a `talk` reaches the caller.

The gateway is `cordboard serve`, as an operator runs it; the caller is a canned user agent with an RTP port.
The first figure is the very first call of a gateway's life, the others have texts that nobody has heard
before, and texts that have been said. The first sound is the first sample above SOUND.
"""

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self, cast

import msgspec
import numpy as np

from tests.bench.caller import HOST, NO_BODY, REQUEST, SDP
from tests.bench.effort import Effort
from tests.bench.report import Aim, Figure
from tests.support.gateway import RunningGateway
from tests.support.rtp_party import DECODED, RtpParty
from tests.support.webhook_app import Hook, WebhookApp

CALLS = 12
"""Texts of one go."""
SOUND = 300
"""Of 32768: forty decibels below full scale; comfort noise and dither stay below."""
LIMIT_S = 20.0
LEAD_S = 0.3
"""Between two calls, so that the end of one is not in the way of the next."""
AIM = Aim(at_most=300.0, of="value")


class Start(msgspec.Struct, frozen=True):
    """When a call was made and answered, and when something was heard (seconds)."""

    from_invite_s: float
    from_answer_s: float


class _Line(asyncio.DatagramProtocol):
    """A socket for SIP; each message that comes is put into a queue with its time."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._responses: asyncio.Queue[tuple[float, str]] = asyncio.Queue()

    @classmethod
    async def open(cls, to_port: int) -> Self:
        loop = asyncio.get_running_loop()
        _, line = await loop.create_datagram_endpoint(lambda: cls(to_port), local_addr=(HOST, 0))
        return line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._responses.put_nowait((time.monotonic(), data.decode()))

    def close(self) -> None:
        self._transport.close()

    def send(self, method: str, number: str, call: str, to: str, rtp_port: int = 0) -> None:
        """A request of a call; with an offer when there is a port."""
        cseq = 2 if method == "BYE" else 1
        places = {"number": number, "to_port": self._to_port, "port": self._port, "call": call, "to": to}
        body = _offer(rtp_port) if rtp_port else NO_BODY
        text = REQUEST.format(method=method, cseq=cseq, **places) + body
        self._transport.sendto(text.encode(), (HOST, self._to_port))

    async def final(self, method: str) -> tuple[float, str]:
        """When the final response to a method came, and the To with its tag."""
        while True:
            at, text = await self._responses.get()
            head, *fields = text.split("\r\n")
            values = dict(field.partition(": ")[::2] for field in fields)
            if head.startswith("SIP/2.0 2") and values.get("CSeq", "").endswith(method):
                return at, values["To"]


def _offer(rtp_port: int) -> str:
    sdp = SDP.replace("m=audio 9 ", f"m=audio {rtp_port} ")
    return f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}"


def measure(effort: Effort) -> list[Figure]:
    """The start of sound for the first call of all, for new texts and for known ones."""
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory:
        return asyncio.run(_measure(effort, Path(directory)))


async def _measure(effort: Effort, directory: Path) -> list[Figure]:
    firsts: list[Start] = []
    fresh: list[Start] = []
    known: list[Start] = []
    for go in effort.rounds("start of sound"):
        async with _gateway(directory / str(go)) as (line, number, application):
            starts = [await _start(line, number) for _ in range(1 + effort.count(CALLS))]
            firsts.append(starts[0])
            fresh += starts[1:]
            application.says_again = True
            known += [await _start(line, number) for _ in range(effort.count(CALLS))]
    return [
        _figure("INVITE to first sound, first call of a gateway", firsts),
        _figure("INVITE to first sound, new text", fresh),
        _figure("INVITE to first sound, text said before", known),
        _figure("200 to first sound, new text", fresh, answered=True),
        _figure("200 to first sound, text said before", known, answered=True),
    ]


def _figure(name: str, starts: Sequence[Start], *, answered: bool = False) -> Figure:
    values = [start.from_answer_s if answered else start.from_invite_s for start in starts]
    return Figure(name, "ms", tuple(value * 1000 for value in values), aim=AIM)


class _Application:
    """Says a new text to each caller, or an old one."""

    def __init__(self) -> None:
        self.says_again = False
        self._count = itertools.count(1)

    def answer(self, _hook: Hook) -> list[dict[str, Any]]:
        number = 1 if self.says_again else next(self._count)
        return [{"action": "talk", "text": f"You are caller number {number}."}]


async def _start(line: _Line, number: str) -> Start:
    """One call: made, heard, and hung up."""
    call = f"sound{time.monotonic_ns()}"
    async with RtpParty() as ear, asyncio.timeout(LIMIT_S):
        invited = time.monotonic()
        line.send("INVITE", number, call, f"<sip:{number}@127.0.0.1>", ear.port)
        answered, to = await line.final("INVITE")
        line.send("ACK", number, call, to)
        heard = await _first_sound(ear)
        line.send("BYE", number, call, to)
        await line.final("BYE")
    await asyncio.sleep(LEAD_S)
    return Start(heard - invited, heard - answered)


async def _first_sound(ear: RtpParty) -> float:
    looked_at = 0
    while True:
        for at, payload in ear.arrivals[looked_at:]:
            if np.abs(DECODED[np.frombuffer(payload, np.uint8)]).max() > SOUND:
                return at
        looked_at = len(ear.arrivals)
        await asyncio.sleep(0.005)


@asynccontextmanager
async def _gateway(directory: Path) -> AsyncIterator[tuple[_Line, str, _Application]]:
    """A caller's line to a gateway, the number to call, and who answers it."""
    application = _Application()
    async with WebhookApp() as webhooks, RunningGateway(directory) as gateway:
        webhooks.on("/answer", application.answer)
        number = await gateway.number_for(await gateway.application(webhooks))
        line = await _Line.open(gateway.sip_port)
        try:
            yield line, number, application
        finally:
            line.close()
