"""Calls that go on while something else happens: each says a tone, and what all hear is judged afterwards.

They share a room. The kernel stamps what they receive, so that a judge on a busy CPU knows when it came.
"""

import asyncio
import itertools
import socket
import struct
from typing import Self

import numpy as np

from gateway.demo.hearing import Pcm, matrix
from tests.bench.caller import HOST, NO_BODY, REQUEST, SDP
from tests.support.rtp_party import DECODED, FRAME, RATE_HZ, mulaw_tone

SO_TIMESTAMPNS = 35
"""asm-generic/socket.h"""
FIRST_HZ, STEP_HZ = 300, 170
SPOKEN_DBOV, UNHEARD_DBOV = -20.0, -45.0
TOLERANCE_DB = 3.0
PATIENCE_S = 10.0
TICK_S = 0.02
_STAMP = struct.Struct("@qq")
_RTP = struct.Struct("!BBHII")


class Talker:
    """One call: a socket for its audio, what it says, and what it received."""

    def __init__(self, index: int) -> None:
        self.hertz = FIRST_HZ + STEP_HZ * index
        self.arrivals: list[tuple[float, int, bytes]] = []
        """When a packet came, its sequence number, and its payload."""
        self._tone = mulaw_tone(self.hertz, SPOKEN_DBOV)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.bind((HOST, 0))
        self.port: int = self._socket.getsockname()[1]
        self.far_port = 0

    def open(self) -> None:
        """Receive from now on."""
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def say(self, frame: int) -> None:
        """Send the packet with this number."""
        offset = frame * FRAME % RATE_HZ
        header = _RTP.pack(0x80, 0, frame & 0xFFFF, frame * FRAME & 0xFFFFFFFF, self.port)
        self._socket.sendto(header + self._tone[offset : offset + FRAME], (HOST, self.far_port))

    def heard(self) -> Pcm:
        """The audio in the order in which it was sent."""
        packets = sorted({sequence: payload for _, sequence, payload in self.arrivals}.items())
        return DECODED[np.frombuffer(b"".join(payload for _, payload in packets), np.uint8)]

    def lateness_ms(self) -> list[float]:
        """How much later each packet came than the most punctual one of the call."""
        late = [at - sequence * TICK_S for at, sequence, _ in self.arrivals]
        return [(each - min(late)) * 1000 for each in late]

    def _read(self) -> None:
        try:
            while True:
                data, extra, _, _ = self._socket.recvmsg(2048, 64)
                (stamp,) = (value for _, kind, value in extra if kind == SO_TIMESTAMPNS)
                seconds, nanoseconds = _STAMP.unpack(stamp[: _STAMP.size])
                if data[1] & 0x7F == 0:
                    self._keep(seconds + nanoseconds / 1e9, data)
        except BlockingIOError:
            return

    def _keep(self, at: float, data: bytes) -> None:
        sequence = int.from_bytes(data[2:4], "big")
        if self.arrivals:
            # Counted on beyond 16 bits.
            last = self.arrivals[-1][1]
            sequence = last + ((sequence - last + 0x8000) & 0xFFFF) - 0x8000
        self.arrivals.append((at, sequence, data[12:]))


class Talkers:
    """So many calls to one number; an async context."""

    def __init__(self, count: int, sip_port: int, number: str) -> None:
        self.talkers = [Talker(index) for index in range(count)]
        self._to = (HOST, sip_port)
        self._number = number
        self._ids = itertools.count(1)

    async def __aenter__(self) -> Self:
        self._sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sip.setblocking(False)
        self._sip.bind((HOST, 0))
        self._tags: list[str] = []
        for talker in self.talkers:
            talker.open()
            await self._call(talker)
        self._mouth = asyncio.create_task(self._speak())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._mouth.cancel()
        await asyncio.gather(self._mouth, return_exceptions=True)
        for index, talker in enumerate(self.talkers):
            self._send("BYE", index, self._tags[index], 2, NO_BODY)
            talker.close()
        self._sip.close()

    def forget(self) -> None:
        """Judge what comes from now on."""
        for talker in self.talkers:
            talker.arrivals.clear()

    def wrong_pairs(self) -> int:
        """Pairs of the matrix that do not hear each other as loud as they should, and who hears himself."""
        heard = {str(talker.hertz): talker.heard() for talker in self.talkers}
        tones = {str(talker.hertz): float(talker.hertz) for talker in self.talkers}
        wrong = 0
        for listener, levels in matrix(heard, tones).items():
            for speaker, level in levels.items():
                is_right = (
                    level <= UNHEARD_DBOV if speaker == listener else abs(level - SPOKEN_DBOV) <= TOLERANCE_DB
                )
                wrong += not is_right
        return wrong

    def lateness_ms(self) -> list[float]:
        """Of all packets of all calls."""
        return [late for talker in self.talkers for late in talker.lateness_ms()]

    async def _call(self, talker: Talker) -> None:
        index = len(self._tags)
        body = SDP.replace("m=audio 9", f"m=audio {talker.port}")
        head = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n"
        self._send("INVITE", index, f"<sip:{self._number}@{HOST}>", 1, head + body)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_S):
            while not (text := (await loop.sock_recv(self._sip, 4096)).decode()).startswith("SIP/2.0 200"):
                pass
        to = text.partition("\r\nTo: ")[2].partition("\r\n")[0]
        self._tags.append(to)
        talker.far_port = int(text.partition("m=audio ")[2].split()[0])
        self._send("ACK", index, to, 1, NO_BODY)

    async def _speak(self) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        for frame in itertools.count():
            await asyncio.sleep(start + frame * TICK_S - loop.time())
            for talker in self.talkers:
                talker.say(frame)

    def _send(self, method: str, index: int, to: str, cseq: int, rest: str) -> None:
        port = self._sip.getsockname()[1]
        call = f"talk{port}x{index}"
        head = REQUEST.format(
            method=method, number=self._number, to_port=self._to[1], port=port, call=call, to=to, cseq=cseq
        )
        self._sip.sendto((head + rest).encode(), self._to)
