"""Legs join, leave, come and go by the hundred: all hear whom they should, nothing clicks, memory is flat.

Each storm is followed by a calm in which every voice is judged by everybody. In the rooms with music only
silent legs come and go, so that whatever breaks the tone is a fault. It lasts some seconds;
`CORDBOARD_STORM_S=600` makes it ten minutes.
"""

import asyncio
import os
import random
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from media.control import (
    CloseLeg,
    Join,
    Leave,
    LegQuality,
    OpenRtp,
    Ping,
    Play,
    Pong,
    RtpOpened,
    SetAudio,
    StartRtp,
)
from media.files.wav import WavWriter
from tests.support.media_exchange import level
from tests.support.media_worker import MediaWorker, Telephone
from tests.support.rtp_party import DECODED
from tests.support.soft_phone import Samples
from tests.support.waiting import until

pytestmark = pytest.mark.faults

STORM_S = float(os.environ.get("CORDBOARD_STORM_S", "6"))
DEEDS = 160
"""In one storm."""
BREATH = 12
"""Deeds that are asked at once."""
VOICES, SILENT = 16, 20
ROOMS = ("a", "b", "c", "d")
CROWDED = 6
"""Voices in a room that all hear as loud as they are: of more the sum has to be made smaller."""
MUSIC_ROOMS = ("music", "more music")
FIRST_HZ, STEP_HZ = 300, 130
SPOKEN, TOLERANCE, UNHEARD = -20.0, 2.0, -38.0
MUSIC_HZ, MUSIC_DBOV = 437, -20.0
"""No frame begins as another one does, so that a frame in the wrong place shows."""
SMOOTH = 1200
"""The most that the steps between three samples of that tone differ: 546, and what μ-law rounds twice."""
FRAMES = 30
HEARINGS = 40
"""Windows after which what is not heard as it should be never will."""
MOST_MIB = 6.0
SEED = 7


class Storm:
    """The legs of a worker, and where each should be."""

    def __init__(self, worker: MediaWorker, stack: AsyncExitStack) -> None:
        self.worker = worker
        self.phones: dict[str, Telephone] = {}
        self.voices = {f"voice{k}": FIRST_HZ + STEP_HZ * k for k in range(VOICES)}
        self.silent = [f"silent{k}" for k in range(SILENT)]
        self.listeners = list(MUSIC_ROOMS)
        self.rooms: dict[str, str] = {}
        self.muted: set[str] = set()
        self._stack = stack
        self._random = random.Random(SEED)
        self._breath = 0

    async def begin(self, music: Path) -> None:
        """Let all legs come, and the music play."""
        for leg in (*self.voices, *self.silent, *self.listeners):
            self.phones[leg] = await self._stack.enter_async_context(Telephone(self.voices.get(leg, 0)))
            await self.open(leg)
        for room in MUSIC_ROOMS:
            self.move(room, room)
            self.worker.do(Play(play=room, path=str(music), room=room, loop=0))
        for number, leg in enumerate(self.voices):
            self.move(leg, ROOMS[number % len(ROOMS)])

    async def rage(self) -> None:
        """One storm."""
        for _ in range(DEEDS):
            await self._random.choice(
                (self._travel, self._travel, self._hide, self._visit, self._visit, self._renew)
            )()
            self._breath += 1
            if self._breath % BREATH == 0:
                await self.settle()

    async def open(self, leg: str) -> None:
        """Let a leg come."""
        phone = self.phones[leg]
        self.worker.do(OpenRtp(leg=leg))
        opened = await self.worker.told(RtpOpened, leg=leg)
        self.worker.do(
            StartRtp(
                leg=leg,
                remote_host="127.0.0.1",
                remote_port=phone.port,
                codec="PCMU",
                payload_type=0,
                dtmf_payload_type=101,
            )
        )
        phone.speak_to(opened.port)

    def move(self, leg: str, room: str) -> None:
        """Put a leg into a room."""
        self.worker.do(Join(leg=leg, room=room))
        self.rooms[leg] = room

    async def settle(self) -> None:
        """Wait until all that was asked has been done."""
        self.worker.do(Ping(nonce=self._breath))
        await self.worker.told(Pong, nonce=self._breath)

    def audible(self, leg: str) -> set[int]:
        """The tones that a voice should hear."""
        room = self.rooms.get(leg)
        return {
            hertz
            for other, hertz in self.voices.items()
            if room and other != leg and other not in self.muted and self.rooms.get(other) == room
        }

    async def _travel(self) -> None:
        """A voice goes to another room, or to none."""
        leg, room = self._random.choice([*self.voices]), self._random.choice(ROOMS)
        if self._random.random() < 0.1:
            self.worker.do(Leave(leg=leg))
            self.rooms.pop(leg, None)
        elif sum(self.rooms.get(other) == room for other in self.voices) < CROWDED:
            self.move(leg, room)

    async def _hide(self) -> None:
        """A voice is muted, or is not any more."""
        leg = self._random.choice([*self.voices])
        self.muted ^= {leg}
        self.worker.do(SetAudio(leg=leg, muted=leg in self.muted, earmuffed=False))

    async def _visit(self) -> None:
        """Somebody silent looks in where music plays, or goes."""
        leg = self._random.choice(self.silent)
        if leg in self.rooms:
            del self.rooms[leg]
            self.worker.do(Leave(leg=leg))
        else:
            self.move(leg, self._random.choice(MUSIC_ROOMS))

    async def _renew(self) -> None:
        """Somebody silent hangs up, and calls again."""
        leg = self._random.choice(self.silent)
        self.rooms.pop(leg, None)
        self.worker.do(CloseLeg(leg=leg))
        await self.worker.told(LegQuality, leg=leg)
        await self.open(leg)


@pytest.fixture
async def storm(tmp_path: Path) -> AsyncIterator[Storm]:
    peak = 32768 * 10 ** (MUSIC_DBOV / 20) * np.sqrt(2)
    tone = peak * np.sin(2 * np.pi * MUSIC_HZ * np.arange(8000) / 8000)
    writer = WavWriter(tmp_path / "music.wav", 1, 8000)
    writer.append(np.asarray(tone, np.int16).reshape(-1, 1))
    writer.close()
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(MediaWorker("--max-legs", "64"))
        storm = Storm(worker, stack)
        await storm.begin(tmp_path / "music.wav")
        yield storm


async def test_all_is_well_after_each_storm(storm: Storm) -> None:
    loop = asyncio.get_running_loop()
    until_s = loop.time() + STORM_S
    for leg in storm.listeners:
        await until(lambda leg=leg: hears_music(storm.phones[leg]), "music")  # type: ignore[misc]
        storm.phones[leg].packets.clear()
    await calm(storm)
    sizes = []
    while True:
        await storm.rage()
        await calm(storm)
        for leg in storm.listeners:
            judge_music(storm.phones[leg])
        storm.worker.forget()
        sizes.append(resident_mib(storm.worker.process.pid))
        if loop.time() > until_s and len(sizes) > 1:
            break
    # What every leg's row takes when it is first used has been taken in the first storm.
    assert sizes[-1] - sizes[0] < MOST_MIB, sizes


async def calm(storm: Storm) -> None:
    """Wait until every voice hears those whom it should, and nobody else."""
    await storm.settle()
    wrong: dict[str, dict[int, float]] = {}
    for _ in range(HEARINGS):
        for leg in storm.voices:
            storm.phones[leg].packets.clear()
        await until(lambda: all(len(storm.phones[leg].packets) >= FRAMES for leg in storm.voices), "packets")
        wrong = {leg: misheard(storm, leg) for leg in storm.voices}
        wrong = {leg: levels for leg, levels in wrong.items() if levels}
        if not wrong:
            return
    raise AssertionError(f"after the storm they hear wrongly {wrong}")


def misheard(storm: Storm, leg: str) -> dict[int, float]:
    """The tones that a leg does not hear as it should, and how loud it does."""
    audio, audible = storm.phones[leg].heard(), storm.audible(leg)
    levels = {hertz: level(audio, hertz) for hertz in storm.voices.values()}
    return {
        hertz: loudness
        for hertz, loudness in levels.items()
        if (abs(loudness - SPOKEN) > TOLERANCE if hertz in audible else loudness > UNHEARD)
    }


def hears_music(phone: Telephone) -> bool:
    """Whether it has begun."""
    return bool(np.abs(phone.heard()[-160:]).max(initial=0) > SMOOTH)


def judge_music(phone: Telephone) -> None:
    """The tone goes on from packet to packet where none is missing; the last one stays for the next time."""
    packets = sorted({position(packet): packet for packet in phone.packets}.items())
    for _ in range(len(phone.packets) - 1):
        phone.packets.popleft()
    stretches = list(unbroken(packets))
    assert max(map(len, stretches)) > FRAMES * 160
    for audio in stretches:
        bends = np.abs(np.diff(audio.astype(int), 2))
        assert bends.max(initial=0) < SMOOTH, f"a click of {bends.max()} at {bends.argmax() / 8000:.3f} s"
        assert np.abs(audio).max() > SMOOTH


def unbroken(packets: list[tuple[int, bytes]]) -> Iterable[Samples]:
    """What was heard, in pieces: a packet that is missing begins another one."""
    ends = [at for at, ((one, _), (other, _)) in enumerate(pairwise(packets), 1) if other - one != 160]
    for first, end in pairwise([0, *ends, len(packets)]):
        octets = b"".join(packet[12:] for _, packet in packets[first:end])
        yield DECODED[np.frombuffer(octets, np.uint8)]


def position(packet: bytes) -> int:
    """Its RTP timestamp."""
    timestamp: int = struct.unpack("!I", packet[4:8])[0]
    return timestamp


def resident_mib(pid: int) -> float:
    """Of one process."""
    return int(Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024
