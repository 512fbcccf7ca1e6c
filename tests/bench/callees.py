"""Programs that answer SIP calls, for `call_setups`: `python -m tests.bench.callees bare|shell`.

`bare` is the yardstick: a UDP socket and canned responses, no parsing beyond the lines that it echoes, no
state, no timers. `shell` is Cordboard's signalling alone: every call accepted at once, nothing behind it.
Each tells its port on standard output and leaves when its standard input ends.
"""

import asyncio
import sys
from ipaddress import ip_network
from typing import cast

import uvloop

from signalling.io.shell import SipShell
from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import AnyCallEvent, IncomingCall
from signalling.sip.config import EndpointConfig
from signalling.sip.digest import Nonces
from signalling.sip.guard import Guard

HOST = "127.0.0.1"
NEW_CALLS_PER_S = 100_000
"""The guard's limit is not what is measured."""
ECHOED = (b"via:", b"from:", b"to:", b"call-id:", b"cseq:")
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 40000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)
TRYING = b"Content-Length: 0\r\n\r\n"
ANSWER = b"Contact: <sip:127.0.0.1>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%b" % (
    len(SDP),
    SDP,
)


class BareCallee(asyncio.DatagramProtocol):
    """100 and 200 to each INVITE, 200 to each BYE."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data.startswith(b"INVITE"):
            self._send(b"100 Trying", data, TRYING, addr)
            self._send(b"200 OK", data, ANSWER, addr)
        elif data.startswith(b"BYE"):
            self._send(b"200 OK", data, TRYING, addr)

    def _send(self, status: bytes, request: bytes, tail: bytes, addr: tuple[str, int]) -> None:
        lines = [b"SIP/2.0 " + status]
        for line in request.split(b"\r\n"):
            lower = line[:8].lower()
            if lower.startswith(ECHOED):
                is_new = lower.startswith(b"to:") and b";tag=" not in line
                lines.append(line + b";tag=bare" if is_new else line)
        self._transport.sendto(b"\r\n".join([*lines, tail]), addr)


async def bare() -> None:
    """The yardstick."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(BareCallee, local_addr=(HOST, 0))
    await _serve(transport.get_extra_info("sockname")[1])
    transport.close()


async def shell() -> None:
    """Signalling alone."""

    def on_event(event: AnyCallEvent) -> None:
        if isinstance(event, IncomingCall):
            endpoint.accept(event.call, LocalMedia(HOST, 40000))

    guard = Guard([ip_network("127.0.0.0/8")], {}, "bench", Nonces(b"x" * 32))
    config = EndpointConfig(HOST, 0, guard, max_new_calls_per_s=NEW_CALLS_PER_S)
    async with SipShell(config, on_event) as endpoint:
        await _serve(endpoint.port)


async def _serve(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    await reader.read()


if __name__ == "__main__":
    uvloop.run({"bare": bare, "shell": shell}[sys.argv[1]]())
