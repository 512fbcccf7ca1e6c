"""A SIP caller whose messages are written out here, over a WebSocket or a datagram socket."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE_S = 30.0


class HandPhone:
    """One call. `transport` is the word for Via, `host` what Via and Contact say, brackets and all."""

    def __init__(self, transport: str, host: str, contact: str) -> None:
        self._transport = transport
        self._host = host
        self._contact = contact
        self._tag, self._call_id = secrets.token_hex(4), secrets.token_hex(8)
        self._to = ""
        self._target = ""
        self.send: Callable[[str], Awaitable[None]]
        self.receive: Callable[[], Awaitable[str]]

    async def call(self, uri: str, rtp_port: int) -> int:
        """Call, acknowledge the answer and return the far end's RTP port."""
        sdp = (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {rtp_port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
        )
        port = re.search(r"^m=audio (\d+)", await self.offer(uri, sdp), re.MULTILINE)
        assert port is not None
        return int(port[1])

    async def offer(self, uri: str, sdp: str) -> str:
        """Call with a description of the test's own, acknowledge the answer and return its description."""
        self._to, self._target = f"<{uri}>", uri
        await self.send(self._request("INVITE", 1, sdp))
        answer = await self._final()
        assert answer.startswith("SIP/2.0 200"), answer
        self._to = _field(answer, "To")
        contact = re.search(r"<(.+)>", _field(answer, "Contact"))
        assert contact is not None
        self._target = contact[1]
        await self.send(self._request("ACK", 1))
        return answer.partition("\r\n\r\n")[2]

    @property
    def far_contact(self) -> str:
        """The Contact that the far end answered with."""
        return self._target

    async def answer_bye(self) -> None:
        """Wait until the far end hangs up, and agree."""
        request = await self._next("BYE")
        lines = ["SIP/2.0 200 OK", *re.findall(r"^Via: .+(?=\r$)", request, re.MULTILINE)]
        lines += [f"{name}: {_field(request, name)}" for name in ("From", "To", "Call-ID", "CSeq")]
        await self.send("\r\n".join([*lines, "Content-Length: 0", "", ""]))

    async def bye(self) -> None:
        """Hang up."""
        await self.send(self._request("BYE", 2))
        answer = await self._final()
        assert answer.startswith("SIP/2.0 200"), answer

    async def _final(self) -> str:
        while True:
            message = await self._next("SIP/2.0")
            if not message.startswith("SIP/2.0 1"):
                return message

    async def _next(self, start: str) -> str:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.receive()
                if message.startswith(start):
                    return message

    def _request(self, method: str, cseq: int, body: str = "") -> str:
        lines = [
            f"{method} {self._target} SIP/2.0",
            f"Via: SIP/2.0/{self._transport} {self._host};rport;branch=z9hG4bK{secrets.token_hex(6)}",
            "Max-Forwards: 70",
            f"From: <sip:447700000009@{self._host}>;tag={self._tag}",
            f"To: {self._to}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <{self._contact}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join([*lines, "", body])


class WebSocketPhone(HandPhone):
    """As a browser does it (RFC 7118): nobody can reach its address, all goes over its connection."""

    def __init__(self, connection: ClientConnection) -> None:
        host = f"{secrets.token_hex(4)}.invalid"
        super().__init__("WS", host, f"sip:447700000009@{host};transport=ws")
        self.send = connection.send
        self.receive = self._receive
        self._connection = connection

    @staticmethod
    def connect(url: str) -> connect:
        """The connection, as an async context."""
        return connect(url, subprotocols=[Subprotocol("sip")])

    async def _receive(self) -> str:
        message = await self._connection.recv()
        return message if isinstance(message, str) else message.decode()


class DatagramPhone(HandPhone, asyncio.DatagramProtocol):
    """Over UDP; an async context."""

    def __init__(self, local: str, remote: tuple[str, int]) -> None:
        self._local, self._remote = local, remote
        self._heard: asyncio.Queue[str] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=(self._local, 0), remote_addr=self._remote
        )
        self._socket = transport
        port = transport.get_extra_info("sockname")[1]
        host = f"[{self._local}]:{port}" if ":" in self._local else f"{self._local}:{port}"
        HandPhone.__init__(self, "UDP", host, f"sip:447700000009@{host}")
        self.send = self._send
        self.receive = self._heard.get
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()

    async def _send(self, message: str) -> None:
        self._socket.sendto(message.encode())

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._heard.put_nowait(data.decode())


def _field(message: str, name: str) -> str:
    found = re.search(rf"^{name}: (.+?)\r$", message, re.MULTILINE)
    assert found is not None, f"no {name} in\n{message}"
    return found[1]
