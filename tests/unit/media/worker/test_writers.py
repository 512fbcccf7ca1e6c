"""Who writes what was tapped: all files in one sweep, and none that waits for its disk makes another wait."""

import threading
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from media.engine.memory import make_state
from media.engine.state import FRAME, TAP_FRAMES, State
from media.errors import Unwritable
from media.worker import writers as module
from media.worker.tape import Tape
from media.worker.writers import Growing, Writers
from tests.support.waiting import until

pytestmark = pytest.mark.unit

THREADS = 2
FILES = 3


class Room:
    """Some tapes that grow, and what was said of each."""

    def __init__(self, folder: Path) -> None:
        self.state: State = make_state(1, 1, FILES)
        self.writers = Writers(self.state, THREADS, "test")
        self.over: list[tuple[int, str]] = []
        self.growing = [self._begin(folder / f"{row}.wav", row) for row in range(FILES)]

    def _begin(self, path: Path, row: int) -> Growing:
        tape = Tape(path)
        tape.ring = np.ones(tape.shape, np.int16)
        tape.open()
        return Growing(tape, row, lambda reason: self.over.append((row, reason)))

    def begin(self) -> None:
        for each in self.growing:
            self.writers.add(each)

    def say(self, frames: int) -> None:
        """In all of them."""
        self.state.taps.written[:FILES] += frames

    async def end(self) -> None:
        for each in self.growing:
            await self.writers.end(each)
            each.tape.let_go()
        self.writers.shutdown()

    def written(self, row: int) -> int:
        """Frames in a file."""
        return (self.growing[row].tape.path.stat().st_size - 44) // (2 * FRAME)


@pytest_asyncio.fixture
async def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    monkeypatch.setattr(module, "FLUSH_S", 0.001)
    monkeypatch.setattr(module, "KEEP_S", 0.0)
    room = Room(tmp_path)
    yield room
    await room.end()


async def test_all_are_written(room: Room) -> None:
    room.begin()
    for frames in (5, 5 + TAP_FRAMES // 2):
        room.state.taps.written[:FILES] = frames
        await until(lambda: [room.written(row) for row in range(FILES)] == [frames] * FILES)  # noqa: B023
    assert room.over == []


async def test_what_no_sweep_has_written_is_written_at_the_end(room: Room) -> None:
    room.say(5)
    await room.writers.end(room.growing[0])
    assert room.written(0) == 5


async def test_who_waits_for_its_disk_makes_nobody_wait(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    awake = threading.Event()
    stuck = room.growing[1].tape
    drain = Tape.drain

    def slow(tape: Tape, state: State, row: int) -> None:
        if tape is stuck:
            assert awake.wait(60)
        drain(tape, state, row)

    monkeypatch.setattr(Tape, "drain", slow)
    room.begin()
    for frames in range(1, 11):
        room.say(1)
        await until(lambda: room.written(0) == room.written(2) == frames, "the others")  # noqa: B023
    assert room.written(1) == 0
    awake.set()
    await until(lambda: room.written(1) == 10, "what waited")


async def test_no_more_wait_for_a_disk_that_keeps_nothing_than_one(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    awake, waiting = threading.Event(), []

    def keep(tape: Tape) -> None:
        waiting.append(tape)
        assert awake.wait(60)

    monkeypatch.setattr(Tape, "keep", keep)
    room.begin()
    for frames in range(1, 11):
        room.say(1)
        await until(lambda: all(room.written(row) == frames for row in range(FILES)), "all")  # noqa: B023
    assert len(waiting) == 1
    awake.set()


async def test_all_disks_have_begun_before_one_is_waited_for(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    monkeypatch.setattr(Tape, "hasten", lambda _: steps.append("hasten"))
    monkeypatch.setattr(Tape, "keep", lambda _: steps.append("keep"))
    room.begin()
    await until(lambda: len(steps) >= 4 * FILES, "two rounds")
    assert steps[: 4 * FILES] == 2 * (FILES * ["hasten"] + FILES * ["keep"])


async def test_the_disk_is_asked_no_more_often_than_it_has_to(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Tape] = []
    monkeypatch.setattr(module, "KEEP_S", 3600.0)
    monkeypatch.setattr(Tape, "keep", kept.append)
    room.begin()
    for frames in range(1, 6):
        room.say(1)
        await until(lambda: all(room.written(row) == frames for row in range(FILES)), "all")  # noqa: B023
    assert kept == []


@pytest.mark.parametrize("fault", [Unwritable("the disk is full"), RuntimeError("whatever")])
@pytest.mark.parametrize("work", ["drain", "keep"])
async def test_what_fails_is_over_with_its_reason_and_nobody_else(
    room: Room, monkeypatch: pytest.MonkeyPatch, work: str, fault: Exception
) -> None:
    broken = room.growing[1].tape
    does = getattr(Tape, work)

    def fail(tape: Tape, *arguments: object) -> None:
        if tape is broken:
            raise fault
        does(tape, *arguments)

    monkeypatch.setattr(Tape, work, fail)
    room.begin()
    await until(lambda: room.over, "the end of it")
    room.say(5)
    await until(lambda: room.written(0) == room.written(2) == 5, "the others")
    await room.writers.end(room.growing[1])
    assert room.over == [(1, str(fault))]
    assert room.written(1) == 0, "it is not tried again"


async def test_a_long_silence_is_told_once_and_the_rest_is_still_written(room: Room) -> None:
    silent = room.growing[2].tape
    silent.end_on_silence_s = 1.0
    silent.ring[:] = 0
    room.begin()
    room.say(51)
    await until(lambda: room.over, "the end of it")
    room.say(9)
    await until(lambda: room.written(0) == 60, "the others")
    assert room.over == [(2, "")]
    await room.writers.end(room.growing[2])
    assert room.written(2) == 60
