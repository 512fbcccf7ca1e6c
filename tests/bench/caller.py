"""Makes SIP calls at a steady rate: INVITE, 200, ACK, BYE, 200, with canned text over one UDP socket."""

import asyncio
import itertools
import statistics
from typing import Self, cast

import msgspec

HOST = "127.0.0.1"
SET_UP_LIMIT_S = 0.5
"""T1 of RFC 3261: who waits longer for an answer would have repeated the INVITE, had no 100 come."""
END_LIMIT_S = 10.0
"""How long calls may go on after the last one began."""

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)
REQUEST = (
    "{method} sip:{number}@127.0.0.1:{to_port} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{call}{method};rport\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:447700900999@127.0.0.1>;tag={call}\r\n"
    "To: {to}\r\n"
    "Call-ID: {call}@bench\r\n"
    "CSeq: {cseq} {method}\r\n"
    "Contact: <sip:447700900999@127.0.0.1:{port}>\r\n"
)
BODY = f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}"
NO_BODY = "Content-Length: 0\r\n\r\n"


class Outcome(msgspec.Struct, frozen=True):
    """What became of the calls of one go."""

    begun: int
    completed: int
    set_ups_s: tuple[float, ...]
    """From INVITE to 200, for each answered call."""

    @property
    def lost(self) -> int:
        """Calls that were refused or had no end."""
        return self.begun - self.completed

    @property
    def is_carried(self) -> bool:
        """Whether no call was lost or answered too late."""
        return not self.lost and max(self.set_ups_s) <= SET_UP_LIMIT_S

    @property
    def median_set_up_s(self) -> float:
        return statistics.median(self.set_ups_s) if self.set_ups_s else float("inf")


class _Call:
    """One call: when it began, and what it waits for."""

    def __init__(self, now: float) -> None:
        self.began = now
        self.is_answered = False


class Caller(asyncio.DatagramProtocol):
    """A user agent that can do nothing but call a number and hang up when it is answered."""

    def __init__(self, to_port: int, number: str) -> None:
        self._to_port = to_port
        self._number = number
        self._ids = itertools.count(1)
        self._calls: dict[str, _Call] = {}
        self._set_ups: list[float] = []
        self._completed = 0
        self._quiet = asyncio.Event()

    @classmethod
    async def open(cls, to_port: int, number: str) -> Self:
        """A caller with a socket, for calls to this number at that port."""
        loop = asyncio.get_running_loop()
        _, caller = await loop.create_datagram_endpoint(lambda: cls(to_port, number), local_addr=(HOST, 0))
        return caller

    def close(self) -> None:
        self._transport.close()

    async def call(self, rate: float, count: int) -> Outcome:
        """Begin so many calls at so many a second, and wait for the end of all."""
        self._set_ups, self._completed = [], 0
        self._quiet.clear()
        loop = asyncio.get_running_loop()
        start = loop.time()
        for index in range(count):
            await asyncio.sleep(start + index / rate - loop.time())
            self._begin(loop.time())
        try:
            async with asyncio.timeout(END_LIMIT_S):
                while self._calls:
                    self._quiet.clear()
                    await self._quiet.wait()
        except TimeoutError:
            self._calls.clear()
        return Outcome(count, self._completed, tuple(self._set_ups))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        text = data.decode()
        if not text.startswith("SIP/2.0"):
            return
        status = int(text[8:11])
        call_id = _value(text, "Call-ID").partition("@")[0]
        call = self._calls.get(call_id)
        if call is None or status < 200:
            return
        is_bye = _value(text, "CSeq").endswith("BYE")
        if status != 200 or is_bye:
            self._end(call_id, is_completed=status == 200 and is_bye)
            return
        if call.is_answered:
            return
        call.is_answered = True
        self._set_ups.append(asyncio.get_running_loop().time() - call.began)
        to = _value(text, "To")
        self._send("ACK", call_id, to, 1)
        self._send("BYE", call_id, to, 2)

    def _begin(self, now: float) -> None:
        call_id = f"{self._port}x{next(self._ids)}"
        self._calls[call_id] = _Call(now)
        self._send("INVITE", call_id, f"<sip:{self._number}@127.0.0.1>", 1)

    def _end(self, call_id: str, *, is_completed: bool) -> None:
        del self._calls[call_id]
        self._completed += is_completed
        self._quiet.set()

    def _send(self, method: str, call_id: str, to: str, cseq: int) -> None:
        head = REQUEST.format(
            method=method,
            number=self._number,
            to_port=self._to_port,
            port=self._port,
            call=call_id,
            to=to,
            cseq=cseq,
        )
        body = BODY if method == "INVITE" else NO_BODY
        self._transport.sendto((head + body).encode(), (HOST, self._to_port))


def _value(text: str, name: str) -> str:
    """The value of a header field that stands in the message once."""
    return text.partition(f"\r\n{name}: ")[2].partition("\r\n")[0]
