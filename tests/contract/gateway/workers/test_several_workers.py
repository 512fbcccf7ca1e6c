"""Two real media workers: who is hurt by a death, and legs that change from one to the other."""

import itertools
import os
import random
import signal
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from gateway.clock import SystemClock
from gateway.workers.crew import Crew
from gateway.workers.post import Post
from media.control import (
    AnyNotice,
    CloseLeg,
    Command,
    Join,
    LegQuality,
    Notice,
    OpenRtp,
    Play,
    PlayDone,
    RecordingDone,
    RecordLeg,
    RtpOpened,
    SdesKeys,
    SetAudio,
    StopRecording,
)
from media.files.wav import WavWriter
from tests.support.media_exchange import Exchange, all_hear_each_other
from tests.support.media_worker import FRAME, MediaWorker, Telephone, level_dbov, plain
from tests.support.soft_phone import sequence
from tests.support.waiting import until

pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]

N = TypeVar("N", bound=Notice)

MAX_LEGS = 16
SPOKEN, UNHEARD = -20.0, -50.0
TONES = {"anna": 440, "bela": 700, "caro": 1100, "dora": 1500}
MUSIC = 1900


class Stage:
    """Two workers; Anna and Bela in the room of one, Caro and Dora in that of the other."""

    def __init__(self, crew: Crew, notices: list[AnyNotice]) -> None:
        self.crew = crew
        self.notices = notices
        self.phones: dict[str, Telephone] = {}

    async def call(self, leg: str, room: str, phone: Telephone) -> None:
        self.phones[leg] = phone
        self.crew.expect(leg, room)
        self.crew.send(OpenRtp(leg=leg))
        port = (await self.told(RtpOpened, leg=leg)).port
        self.crew.send(plain(leg, phone.port))
        self.crew.send(Join(leg=leg, room=room))
        phone.speak_to(port)
        await phone.listen(5)

    def do(self, command: Command) -> None:
        """As a single worker of the tests is asked."""
        self.crew.send(command)

    def take_new_legs(self, place: int) -> None:
        """At this worker alone: which has more headroom depends on what else this machine does."""
        for k, post in enumerate(self.crew.posts):
            post.is_draining = k != place

    async def told(self, kind: type[N], **fields: object) -> N:
        def found() -> N | None:
            for notice in self.notices:
                if isinstance(notice, kind) and all(getattr(notice, n) == v for n, v in fields.items()):
                    return notice
            return None

        await until(found, f"{kind.__name__} {fields}")
        notice = found()
        assert notice is not None
        return notice

    def post_of(self, leg: str) -> int:
        """The place of the worker that has a leg."""
        (place,) = [k for k, post in enumerate(self.crew.posts) if post.orders.has(leg)]
        return place

    async def move(self, leg: str, room: str) -> None:
        """Into another room, and until it is there."""
        self.crew.send(Join(leg=leg, room=room))
        await until(lambda: any(post.orders.knows(room) and post.orders.has(leg) for post in self.crew.posts))

    async def heard(self, leg: str, frames: int = 30) -> NDArray[np.int16]:
        """What a phone hears, after what was under way has arrived."""
        await self.phones[leg].listen(15)
        return await self.phones[leg].listen(frames)

    async def hears(self, leg: str, *others: str) -> None:
        """Judge by content whom a phone hears, and that it hears nobody else."""
        audio = await self.heard(leg)
        for name, hertz in TONES.items():
            level = level_dbov(audio, hertz)
            assert (level > SPOKEN - 2) if name in others else (level < UNHEARD), (
                f"{leg} hears {name}: {level}"
            )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crew_and_notices() -> AsyncIterator[tuple[Crew, list[AnyNotice]]]:
    notices: list[AnyNotice] = []
    posts = [Post("127.0.0.1", range(20000, 30000)) for _ in range(2)]
    arguments = ["media.worker", "--max-legs", str(MAX_LEGS)]
    clock = SystemClock()
    crew = Crew(arguments, posts, clock, notices.append, lambda lost: pytest.fail(f"{lost}"), forks=True)
    try:
        await crew.start(MAX_LEGS)
        yield crew, notices
    finally:
        await crew.close()


@pytest_asyncio.fixture(loop_scope="module")
async def stage(crew_and_notices: tuple[Crew, list[AnyNotice]]) -> AsyncIterator[Stage]:
    crew, notices = crew_and_notices
    notices.clear()
    # The tests before may have killed more than a post forgives at once.
    await until(lambda: not any(post.standing(SystemClock().monotonic()).closed for post in crew.posts))
    async with AsyncExitStack() as stack:
        stage = Stage(crew, notices)
        for leg, room, place in (("anna", "a", 0), ("bela", "a", 0), ("caro", "c", 1), ("dora", "c", 1)):
            stage.take_new_legs(place)
            await stage.call(leg, room, await stack.enter_async_context(Telephone(TONES[leg])))
        assert [stage.post_of(leg) for leg in TONES] == [0, 0, 1, 1]
        yield stage
        for leg in stage.phones:
            if any(post.orders.has(leg) for post in crew.posts):
                crew.send(CloseLeg(leg=leg))
                await stage.told(LegQuality, leg=leg)


def headers(phone: Telephone) -> list[tuple[int, int, int]]:
    """Sequence number, timestamp and SSRC of each packet."""
    return [struct.unpack("!HII", packet[2:12]) for packet in phone.packets]


def assert_one_stream(phone: Telephone) -> None:
    """One SSRC, numbered one by one, on a clock that goes forward by whole frames."""
    seen = headers(phone)
    assert len({ssrc for _, _, ssrc in seen}) == 1
    for before, after in itertools.pairwise(seen):
        assert (after[0] - before[0]) & 0xFFFF == 1
        step = (after[1] - before[1]) & 0xFFFFFFFF
        assert 0 < step < 250 * FRAME
        assert step % FRAME == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_death_touches_no_conversation_of_another_worker(stage: Stage, how: signal.Signals) -> None:
    crew = stage.crew
    await until(lambda: crew.spare_pid, "the spare")
    await stage.phones["caro"].listen(random.randrange(1, 10))
    place, untouched = stage.post_of("caro"), crew.pids[stage.post_of("anna")]
    before, first = crew.pids[place], len(stage.phones["anna"].packets)
    assert before is not None
    os.kill(before, how)
    await until(lambda: crew.pids[place] not in (None, before), "the next worker")
    await stage.hears("caro", "dora")
    await stage.hears("dora", "caro")
    await stage.hears("anna", "bela")
    await stage.hears("bela", "anna")
    assert len(stage.phones["anna"].packets) > first + 20
    assert_one_stream(stage.phones["anna"])
    assert_one_stream(stage.phones["bela"])
    assert crew.pids[stage.post_of("anna")] == untouched


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def another_spare(crew: Crew) -> None:
    """The one that waits dies, and the next waits."""
    spare = crew.spare_pid
    assert spare is not None
    os.kill(spare, signal.SIGKILL)
    await until(lambda: crew.spare_pid not in (None, spare), "another spare")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_workers_live_on_without_the_process_that_forked_them(
    stage: Stage, how: signal.Signals
) -> None:
    """And others come after them: it is dead, or hangs."""
    crew = stage.crew
    await until(lambda: crew.spare_pid, "the spare")
    assert crew.forge is not None
    if crew.forge.pid is None:
        await another_spare(crew)
    first, serving = crew.forge.pid, crew.pids
    assert first is not None
    os.kill(first, how)
    await stage.hears("anna", "bela")
    await another_spare(crew)
    assert crew.forge.pid != first
    assert not exists(first), "left behind"
    assert crew.pids == serving
    await stage.hears("caro", "dora")


async def test_a_leg_takes_its_stream_to_another_worker_and_back(stage: Stage) -> None:
    for _ in range(2):
        await stage.move("anna", "c")
        assert stage.post_of("anna") == stage.post_of("caro")
        await stage.hears("anna", "caro", "dora")
        await stage.hears("caro", "anna", "dora")
        await stage.hears("bela")
        await stage.move("anna", "a")
        assert stage.post_of("anna") == stage.post_of("bela")
        await stage.hears("anna", "bela")
        await stage.hears("bela", "anna")
        await stage.hears("caro", "dora")
    assert_one_stream(stage.phones["anna"])
    stage.crew.send(CloseLeg(leg="anna"))
    quality = await stage.told(LegQuality, leg="anna")
    counted = len(stage.phones["anna"].packets)
    assert quality.packets_sent == pytest.approx(counted, abs=3), "counted on through all its workers"
    assert quality.packets_received > 100


async def test_who_is_muted_stays_so_on_the_way(stage: Stage) -> None:
    stage.crew.send(SetAudio(leg="anna", muted=True, earmuffed=False))
    await stage.move("anna", "c")
    before = len(stage.phones["caro"].heard())
    await stage.hears("caro", "dora")
    assert level_dbov(stage.phones["caro"].heard()[before:], TONES["anna"]) < UNHEARD
    await stage.hears("anna", "caro", "dora")


async def test_a_leg_lives_on_after_the_death_of_the_worker_that_it_came_to(stage: Stage) -> None:
    await stage.move("anna", "c")
    await stage.hears("anna", "caro", "dora")
    await until(lambda: stage.crew.spare_pid, "the spare")
    place = stage.post_of("anna")
    before = stage.crew.pids[place]
    assert before is not None
    os.kill(before, signal.SIGKILL)
    await until(lambda: stage.crew.pids[place] not in (None, before), "the next worker")
    await stage.hears("anna", "caro", "dora")
    assert len({ssrc for _, _, ssrc in headers(stage.phones["anna"])}) == 1


async def test_what_sounds_and_is_recorded_moves_along(stage: Stage, tmp_path: Path) -> None:
    writer = WavWriter(tmp_path / "m.wav", 1, 8000)
    writer.append(tone(MUSIC, 2.0).reshape(-1, 1))
    writer.close()
    stage.phones["bela"].hush()
    await stage.heard("anna", 5)
    stage.crew.send(RecordLeg(recording="r", leg="anna", path=str(tmp_path / "r.wav")))
    stage.crew.send(Play(play="p", path=str(tmp_path / "m.wav"), leg="anna"))
    before = len(stage.phones["anna"].heard())
    await stage.phones["anna"].listen(40)
    await stage.move("anna", "c")
    assert (await stage.told(PlayDone, play="p")).outcome == "played"
    await stage.phones["anna"].listen(5)
    heard = stage.phones["anna"].heard()[before:]
    loud = sum(level_dbov(heard[k : k + 160], MUSIC) > -30 for k in range(0, len(heard) - 160, 160))
    assert loud == pytest.approx(100, abs=3), "two seconds of music, once"
    stage.crew.send(StopRecording(recording="r"))
    done = await stage.told(RecordingDone, recording="r")
    assert not done.failed
    assert done.duration_s > 1.5
    assert [each.outcome for each in stage.notices if isinstance(each, PlayDone)] == ["played"]
    assert sum(isinstance(each, RecordingDone) for each in stage.notices) == 1


async def test_keys_and_codecs_move_along(stage: Stage) -> None:
    async with AsyncExitStack() as stack:
        exchange = Exchange(cast("MediaWorker", stage), stack)
        stage.take_new_legs(1)
        phones = [
            await exchange.call("g722", "G722", 550),
            await exchange.call("opus", "opus", 750),
            await exchange.call("srtp", "PCMA", 850, keys()),
            await exchange.call("gcm", "opus", 1000, keys("AEAD_AES_128_GCM", 28)),
        ]
        await all_hear_each_other(phones)
        # Their sequence numbers have passed 65535 then, which only a roll-over counter tells.
        await until(lambda: all(len(phone.sent) > 100 for phone in phones), "packets")
        stage.phones["anna"].hush()
        stage.phones["bela"].hush()
        for leg in exchange.ports:
            await stage.move(leg, "a")
        assert {stage.post_of(leg) for leg in exchange.ports} == {0}
        await all_hear_each_other(phones)
        for phone in phones:
            assert phone.unreadable == 0
            assert len({packet[8:12] for packet in phone.packets}) == 1
            assert max(Counter(map(sequence, phone.packets)).values()) == 1, "an index used twice"
        for leg in list(exchange.ports):
            stage.do(CloseLeg(leg=leg))
            await stage.told(LegQuality, leg=leg)


async def test_a_leg_that_closes_on_the_way_is_closed_where_it_arrives(stage: Stage) -> None:
    stage.crew.send(Join(leg="anna", room="c"))
    stage.crew.send(CloseLeg(leg="anna"))
    await stage.told(LegQuality, leg="anna")
    await until(lambda: not any(post.orders.has("anna") for post in stage.crew.posts))


def keys(suite: str = "AES_CM_128_HMAC_SHA1_80", length: int = 30) -> SdesKeys:
    return SdesKeys(suite=suite, key=os.urandom(length), peer_suite=suite, peer_key=os.urandom(length))


def tone(hertz: int, seconds: float) -> NDArray[np.int16]:
    samples = 8000 * np.sin(2 * np.pi * hertz * np.arange(int(8000 * seconds)) / 8000)
    return samples.astype(np.int16)
