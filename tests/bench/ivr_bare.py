"""A menu with nothing behind it, the yardstick of `ivr`: `python -m tests.bench.ivr_bare URL`.

Canned SIP answers, a packet for each call every 20 ms, one tone as a prompt and the same again after each
key that was reported to the URL. No parsing beyond what it echoes, no log, no mixer, no jitter buffer. Tells
its port on standard output and leaves when its standard input ends.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import cast

import aiohttp
import uvloop

from tests.bench.callees import ECHOED, HOST
from tests.bench.ivr_ear import EVENT, FRAME, FRAME_S, SILENCE
from tests.support.rtp_party import mulaw_tone

PROMPT_FRAMES = 50
"""A second."""
SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)
_TONE = mulaw_tone(1000)
_PROMPT = [_TONE[start : start + FRAME] for start in range(0, PROMPT_FRAMES * FRAME, FRAME)]


class _Menu(asyncio.DatagramProtocol):
    """The sound of one call."""

    def __init__(self, peer_port: int, session: aiohttp.ClientSession, url: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._peer = (HOST, peer_port)
        self._session, self._url = session, url
        self._prompt: Iterator[bytes] = iter(_PROMPT)
        self._sequence = 0
        self._asking: asyncio.Task[None] | None = None
        self._is_open = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._send(self._loop.time())

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data[1] & 0x7F == EVENT and data[13] & 0x80 and self._asking is None:
            self._asking = asyncio.create_task(self._ask(data[12]))

    def close(self) -> None:
        self._is_open = False
        self._transport.close()

    async def _ask(self, digit: int) -> None:
        async with self._session.post(self._url, json={"dtmf": {"digits": str(digit)}}) as response:
            json.loads(await response.read())
        self._prompt = iter(_PROMPT)

    def _send(self, due: float) -> None:
        if not self._is_open:
            return
        payload = next(self._prompt, SILENCE)
        header = b"\x80\x00" + self._sequence.to_bytes(2, "big") + (self._sequence * FRAME).to_bytes(4, "big")
        self._transport.sendto(header + b"bare" + payload, self._peer)
        self._sequence += 1
        self._loop.call_at(due + FRAME_S, self._send, due + FRAME_S)


class BareMenu(asyncio.DatagramProtocol):
    """200 to each INVITE, and a menu; 200 to each BYE."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url
        self._menus: dict[bytes, _Menu] = {}
        self._answering: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        call = data.partition(b"Call-ID: ")[2].partition(b"\r\n")[0]
        if data.startswith(b"INVITE"):
            task = asyncio.create_task(self._answer(call, data, addr))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif data.startswith(b"BYE"):
            self._respond(data, b"Content-Length: 0\r\n\r\n", addr)
            if menu := self._menus.pop(call, None):
                menu.close()

    async def _answer(self, call: bytes, invite: bytes, addr: tuple[str, int]) -> None:
        peer_port = int(invite.partition(b"m=audio ")[2].partition(b" ")[0])
        transport, menu = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Menu(peer_port, self._session, self._url), local_addr=(HOST, 0)
        )
        self._menus[call] = menu
        sdp = SDP.format(port=transport.get_extra_info("sockname")[1]).encode()
        head = b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n" % len(sdp)
        self._respond(invite, head + sdp, addr)

    def _respond(self, request: bytes, tail: bytes, addr: tuple[str, int]) -> None:
        lines = [b"SIP/2.0 200 OK"]
        for line in request.split(b"\r\n"):
            if line[:8].lower().startswith(ECHOED):
                is_new = line.startswith(b"To:") and b";tag=" not in line
                lines.append(line + b";tag=bare" if is_new else line)
        self._transport.sendto(b"\r\n".join([*lines, tail]), addr)


async def main(url: str) -> None:
    """Serve until nobody listens any more."""
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as session:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: BareMenu(session, url), local_addr=(HOST, 0)
        )
        sys.stdout.write(f"{transport.get_extra_info('sockname')[1]}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        transport.close()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
