"""A media worker in a storm: legs of all kinds that join, leave, hang up and call again, as fast as they can.

- *Voices* wander between rooms of their own and are muted; where each is, is known.
- *Guests* are silent and call in any codec. They look in everywhere, hang up and come again.
- *Couples* are many. They stay together while guests come and go; a generator of the bench speaks for them.
- *Listeners* stay where music plays.
"""

import asyncio
import random
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

from media.control import (
    CloseLeg,
    Codec,
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
from tests.bench import machine
from tests.bench.media_peer import OTHER_FILES, allow_files
from tests.bench.media_stage import Heard, Peer
from tests.support.media_worker import MediaWorker, Telephone
from tests.support.soft_phone import SORTS, SoftPhone

VOICES, COUPLES = 10, 100
PLAIN_GUESTS: tuple[Codec] = ("PCMU",)
GUESTS: tuple[Codec, ...] = (*PLAIN_GUESTS * 8, "G722", "L16", "opus", "L16")
MAX_LEGS = 256
ROOMS = ("a", "b", "c")
CROWDED = 6
"""Voices in a room that all hear as loud as they are: of more the sum has to be made smaller."""
FIRST_HZ, STEP_HZ = 300, 130
BREATH = 12
"""Deeds that are asked at once."""
WARM_S = 0.3
"""Until partners who have just met hear each other."""
SEED = 7


class Music(NamedTuple):
    """What is played in a room for ever, and to each who listens there."""

    room: str
    aired: Path
    aside: Path | None = None


class Listener(NamedTuple):
    """Somebody silent who stays where music plays."""

    music: Music
    codec: Codec


class Storm:
    """The legs of a worker, and where each should be."""

    def __init__(self, worker: MediaWorker, couples: Peer, stack: AsyncExitStack) -> None:
        """`couples`: the generator, which has as many legs as there are partners."""
        self.worker = worker
        self.phones: dict[str, Telephone | SoftPhone] = {}
        self.voices = {f"voice{k}": FIRST_HZ + STEP_HZ * k for k in range(VOICES)}
        self.listeners: dict[str, Listener] = {}
        self.rooms: dict[str, str] = {}
        self.muted: set[str] = set()
        self.deeds = 0
        self._couples = couples
        self._stack = stack
        self._guests = {f"guest{k}": codec for k, codec in enumerate(GUESTS)}
        self._visited = [f"couple{k}" for k in range(COUPLES)]
        self._random = random.Random(SEED)

    async def begin(self, listeners: dict[str, Listener]) -> None:
        """Let all legs come, and the music play."""
        self.listeners = listeners
        for leg, hertz in self.voices.items():
            await self._call(leg, "PCMU", hertz)
        for leg, codec in self._guests.items():
            await self._call(leg, codec)
        for number, leg in enumerate(self.voices):
            self.move(leg, ROOMS[number % len(ROOMS)])
        music = {listener.music.room: listener.music for listener in listeners.values()}
        for leg, listener in listeners.items():
            await self._call(leg, listener.codec)
            self.move(leg, listener.music.room)
            if listener.music.aside is not None:
                self.worker.do(Play(play=leg, path=str(listener.music.aside), leg=leg, loop=0))
        for room, each in music.items():
            self.worker.do(Play(play=room, path=str(each.aired), room=room, loop=0))
        self._visited += music
        await self._begin_couples()

    async def rage(self, seconds: float) -> Heard:
        """One storm: what the couples heard of each other meanwhile."""
        await self._scatter()
        self._couples.say((WARM_S, seconds))
        assert await self._couples.hear(str) == "counting"
        counted = asyncio.create_task(self._couples.hear(Heard))
        while not counted.done():
            for _ in range(BREATH):
                await self._random.choice(
                    (
                        self._travel,
                        self._travel,
                        self._hide,
                        self._visit,
                        self._visit,
                        self._visit,
                        self._renew,
                    )
                )()
            self.deeds += BREATH
            await self.settle()
        return counted.result()

    def move(self, leg: str, room: str) -> None:
        """Put a leg into a room."""
        self.worker.do(Join(leg=leg, room=room))
        self.rooms[leg] = room

    async def settle(self) -> None:
        """Wait until all that was asked has been done."""
        self.worker.do(Ping(nonce=self.deeds))
        await self.worker.told(Pong, nonce=self.deeds)

    def voice(self, leg: str) -> Telephone:
        """The telephone of one of the voices."""
        phone = self.phones[leg]
        assert isinstance(phone, Telephone)
        return phone

    def audible(self, leg: str) -> set[int]:
        """The tones that a voice should hear."""
        room = self.rooms.get(leg)
        return {
            hertz
            for other, hertz in self.voices.items()
            if room and other != leg and other not in self.muted and self.rooms.get(other) == room
        }

    async def _call(self, leg: str, codec: Codec, hertz: int = 0) -> None:
        """Somebody gets a telephone, and calls."""
        phone: Telephone | SoftPhone = Telephone(hertz) if codec == "PCMU" else SoftPhone(codec, hertz)
        self.phones[leg] = phone
        await self._stack.enter_async_context(phone)
        await self._open(leg, codec)

    async def _open(self, leg: str, codec: Codec) -> None:
        phone = self.phones[leg]
        phone.speak_to(await self._start(leg, codec, phone.port))

    async def _start(self, leg: str, codec: Codec, port: int) -> int:
        """Open a leg towards a port: its own."""
        self.worker.do(OpenRtp(leg=leg))
        opened = await self.worker.told(RtpOpened, leg=leg)
        self.worker.do(
            StartRtp(
                leg=leg,
                remote_host="127.0.0.1",
                remote_port=port,
                codec=codec,
                payload_type=SORTS[codec].payload_type,
                dtmf_payload_type=101,
            )
        )
        return opened.port

    async def _begin_couples(self) -> None:
        """Let them call."""
        ports = await self._couples.hear(list[int])
        self._couples.say([await self._start(f"partner{k}", "PCMU", port) for k, port in enumerate(ports)])

    async def _scatter(self) -> None:
        """All partners at once go anywhere, and then home."""
        for k in range(2 * COUPLES):
            self.move(f"partner{k}", self._random.choice(self._visited[:COUPLES]))
        await self.settle()
        for k in range(2 * COUPLES):
            self.move(f"partner{k}", f"couple{k // 2}")
        await self.settle()

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
        """A guest looks in somewhere, or goes."""
        leg = self._random.choice([*self._guests])
        if leg in self.rooms:
            del self.rooms[leg]
            self.worker.do(Leave(leg=leg))
        else:
            where = self._visited if self._random.random() < 0.5 else self._visited[COUPLES:]
            self.move(leg, self._random.choice(where))

    async def _renew(self) -> None:
        """A guest hangs up, and calls again."""
        leg = self._random.choice([*self._guests])
        self.rooms.pop(leg, None)
        self.worker.do(CloseLeg(leg=leg))
        await self.worker.told(LegQuality, leg=leg)
        await self._open(leg, self._guests[leg])


async def gather(stack: AsyncExitStack, listeners: dict[str, Listener]) -> Storm:
    """A worker with all its legs."""
    allow_files(4 * MAX_LEGS + OTHER_FILES)
    couples = await stack.enter_async_context(Peer(machine.BENCH_CPU, "media_peer", "talk", 2 * COUPLES))
    worker = await stack.enter_async_context(MediaWorker("--max-legs", str(MAX_LEGS)))
    storm = Storm(worker, couples, stack)
    await storm.begin(listeners)
    return storm
