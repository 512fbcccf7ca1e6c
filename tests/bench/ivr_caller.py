"""Makes plain SIP calls at a steady rate, each with a talk of its own."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Generic, Self, TypeVar, cast

from tests.bench.caller import HOST, NO_BODY, REQUEST, SDP
from tests.bench.ivr_ear import Ear

CALL_LIMIT_S = 12.0
"""A call that lasts longer has failed; one that goes well takes half as long."""

Passed = TypeVar("Passed")
Talk = Callable[[Ear, str], Awaitable[Passed]]
"""What a caller does from the answer to hanging up, with an ear and the number that it calls from."""
_FROM = "447700900999"
"""Whom REQUEST is from."""


class Refused(Exception):
    """A request had a final response that is no success."""


class Went(Generic[Passed]):
    """What became of the calls of one go."""

    def __init__(self, begun: int, outcomes: list[Passed | None], most_at_once: int) -> None:
        self.begun = begun
        self.most_at_once = most_at_once
        self.passed = [outcome for outcome in outcomes if outcome is not None]

    @property
    def lost(self) -> int:
        """Calls that were refused, or had no end."""
        return self.begun - len(self.passed)


class TalkingCaller(asyncio.DatagramProtocol, Generic[Passed]):
    """A user agent with one UDP socket for SIP, and an ear for each call."""

    def __init__(self, to_port: int, number: str, talk: Talk[Passed]) -> None:
        self._to_port = to_port
        self._number = number
        self._talk = talk
        self._numbers = map(str, itertools.count(447_600_000_000))
        self._awaited: dict[str, asyncio.Future[str]] = {}

    @classmethod
    async def open(cls, to_port: int, number: str, talk: Talk[Passed]) -> Self:
        """A caller with a socket, for calls to this number at that port."""
        loop = asyncio.get_running_loop()
        _, caller = await loop.create_datagram_endpoint(
            lambda: cls(to_port, number, talk), local_addr=(HOST, 0)
        )
        return caller

    def close(self) -> None:
        self._transport.close()

    async def call(self, rate: float, count: int) -> Went[Passed]:
        """Begin so many calls at so many a second, and wait for the end of all."""
        loop = asyncio.get_running_loop()
        start, most = loop.time(), 0
        calls: list[asyncio.Task[Passed | None]] = []
        for index in range(count):
            await asyncio.sleep(start + index / rate - loop.time())
            calls.append(asyncio.create_task(self._call()))
            most = max(most, sum(not call.done() for call in calls))
        return Went(count, await asyncio.gather(*calls), most)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        text = data.decode()
        if not text.startswith("SIP/2.0") or int(text[8:11]) < 200:
            return
        awaited = self._awaited.get(_value(text, "CSeq").partition(" ")[2] + _value(text, "Call-ID"))
        if awaited is not None and not awaited.done():
            awaited.set_result(text)

    async def _call(self) -> Passed | None:
        """One call; None when it failed."""
        me, to = next(self._numbers), f"<sip:{self._number}@127.0.0.1>"
        async with Ear() as ear:
            try:
                async with asyncio.timeout(CALL_LIMIT_S):
                    answer = await self._request("INVITE", me, to, 1, _offer(ear.port))
                    to = _value(answer, "To")
                    self._send("ACK", me, to, 1)
                    ear.speak_to(_audio_port(answer))
                    passed = await self._talk(ear, me)
                    await self._request("BYE", me, to, 2)
            except (TimeoutError, Refused):
                self._send("BYE", me, to, 2)
                return None
        return passed

    async def _request(self, method: str, me: str, to: str, cseq: int, body: str = NO_BODY) -> str:
        """Send, and wait for the final response. Raises Refused."""
        key = f"{method}{self._call_id(me)}@bench"
        self._awaited[key] = asyncio.get_running_loop().create_future()
        try:
            self._send(method, me, to, cseq, body)
            response = await self._awaited[key]
        finally:
            del self._awaited[key]
        if not response.startswith("SIP/2.0 2"):
            raise Refused(response.partition("\r\n")[0])
        return response

    def _send(self, method: str, me: str, to: str, cseq: int, body: str = NO_BODY) -> None:
        places = {"number": self._number, "to_port": self._to_port, "port": self._port}
        head = REQUEST.format(method=method, call=self._call_id(me), to=to, cseq=cseq, **places)
        head = head.replace(_FROM, me)
        self._transport.sendto((head + body).encode(), (HOST, self._to_port))

    def _call_id(self, me: str) -> str:
        return f"{self._port}x{me}"


def _offer(rtp_port: int) -> str:
    sdp = SDP.replace("m=audio 9 ", f"m=audio {rtp_port} ")
    return f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}"


def _audio_port(message: str) -> int:
    return int(message.partition("m=audio ")[2].partition(" ")[0])


def _value(text: str, name: str) -> str:
    """The value of a header field that stands in the message once."""
    return text.partition(f"\r\n{name}: ")[2].partition("\r\n")[0]
