"""RTP from a stranger to every port of media: calls that go on do not hear it, and nothing goes there.

Who sprays before a phone has said a word is heard, and hears, until that phone speaks.

The attack of rtpengine's "RTP bleed" and "RTP inject" advisories (ES2025-01): whoever finds a port of a call
sprays it, to be taken for the peer. Levels tell who hears whom.
"""

import asyncio
import socket
import struct
from contextlib import AsyncExitStack
from typing import Self

import msgspec
import pytest

from gateway.demo.hearing import matrix
from media.control import Join, OpenRtp, RtpLatched, RtpOpened
from tests.support.media_worker import MediaWorker, Telephone, plain
from tests.support.rtp_party import mulaw_tone

pytestmark = pytest.mark.security

PORTS = range(28_800, 28_832)
TONES = {"a": 440, "b": 700, "c": 1100, "d": 1500}
FORGED_HZ = 2300
SPOKEN, UNHEARD = -20.0, -50.0
BATCH, PAUSE_S = 50, 0.01
"""5000 packets a second."""
SPRAYER = "127.0.0.66"
NOWHERE = 9
"""A port where no phone is."""
PLACES: dict[str, dict[str, object]] = {
    "exactly-there": {},
    "another-port": {"remote_port": NOWHERE},
    "where-it-signals": {
        "remote_host": "127.0.0.5",
        "remote_port": NOWHERE,
        "signalling_host": "127.0.0.1",
    },
}
"""What a phone's SDP is, where the phone itself is at 127.0.0.1."""
CARRIERS: dict[str, dict[str, object]] = {"engine": {}, "soft": {"rtcp_mux": True}}


class Sprayer:
    """Says a tone to every port in turn, and counts what comes back."""

    def __init__(self, host: str = SPRAYER) -> None:
        self.sent = self.heard = 0
        self._tone = mulaw_tone(FORGED_HZ)
        self._host = host

    async def __aenter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((self._host, 0))
        self._task = asyncio.create_task(self._spray())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._socket.close()

    async def _spray(self) -> None:
        while True:
            for _ in range(BATCH):
                self._exchange()
            await asyncio.sleep(PAUSE_S)

    def _exchange(self) -> None:
        step = self.sent // len(PORTS)
        offset = step * 160 % 8000
        header = struct.pack("!BBHII", 0x80, 0, step & 0xFFFF, step * 160 & 0xFFFFFFFF, 0xBAD)
        try:
            self._socket.sendto(
                header + self._tone[offset : offset + 160], ("127.0.0.1", PORTS[self.sent % len(PORTS)])
            )
            self.sent += 1
            while self._socket.recv(2048):
                self.heard += 1
        except BlockingIOError:
            return


async def open_leg(worker: MediaWorker, leg: str) -> int:
    worker.do(OpenRtp(leg=leg))
    return (await worker.told(RtpOpened, leg=leg)).port


def start(worker: MediaWorker, leg: str, phone: Telephone, **changes: object) -> None:
    worker.do(msgspec.structs.replace(plain(leg, phone.port), **changes))
    worker.do(Join(leg=leg, room="r"))


async def test_calls_hear_each_other_through_a_spray_of_every_port() -> None:
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(MediaWorker("--max-legs", "8", ports=PORTS))
        phones = {}
        for leg, hertz in TONES.items():
            phones[leg] = phone = await stack.enter_async_context(Telephone(hertz))
            port = await open_leg(worker, leg)
            start(worker, leg, phone)
            phone.speak_to(port)
            latched = await worker.told(RtpLatched, leg=leg)
            assert latched.port == phone.port
        sprayer = await stack.enter_async_context(Sprayer())
        await asyncio.gather(*(phone.listen(25) for phone in phones.values()))
        sounds = await asyncio.gather(*(phone.listen(125) for phone in phones.values()))
        levels = matrix(dict(zip(phones, sounds, strict=True)), {**TONES, "forged": FORGED_HZ})
        for listener, heard in levels.items():
            assert heard.pop("forged") < UNHEARD, listener
            assert heard.pop(listener) < UNHEARD, listener
            assert all(level == pytest.approx(SPOKEN, abs=3) for level in heard.values()), levels
        assert sprayer.sent > 100 * len(PORTS)
        assert sprayer.heard == 0


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("carrier", CARRIERS)
async def test_phones_take_their_calls_back_from_who_was_faster(place: str, carrier: str) -> None:
    """The spray is there before the calls are, and each phone speaks late."""
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(MediaWorker("--max-legs", "8", ports=PORTS))
        sprayer = await stack.enter_async_context(Sprayer())
        phones = {}
        for leg in ("a", "b"):
            phones[leg] = phone = await stack.enter_async_context(Telephone(TONES[leg]))
            port = await open_leg(worker, leg)
            start(worker, leg, phone, **PLACES[place], **CARRIERS[carrier])
            await worker.told(RtpLatched, leg=leg, host=SPRAYER)
            phone.speak_to(port)
            await worker.told(RtpLatched, leg=leg, host="127.0.0.1", port=phone.port)
        await asyncio.gather(*(phone.listen(25) for phone in phones.values()))
        heard_before = sprayer.heard
        sounds = await asyncio.gather(*(phone.listen(125) for phone in phones.values()))
        levels = matrix(
            dict(zip(phones, sounds, strict=True)), {"a": TONES["a"], "b": TONES["b"], "forged": FORGED_HZ}
        )
        for listener, heard in levels.items():
            assert heard.pop("forged") < UNHEARD, listener
            assert heard.pop(listener) < UNHEARD, listener
            assert all(level == pytest.approx(SPOKEN, abs=3) for level in heard.values()), levels
        assert sprayer.heard == heard_before
