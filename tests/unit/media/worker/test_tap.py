"""Where a recording goes on: at which frame of the ring, with whose channels."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from media.engine import records
from media.engine.engine import Engine
from media.engine.state import FRAME, State
from media.worker.ledger import ELSEWHERE, Memory, Size, open_memory
from media.worker.tap import Tap, prepare
from media.worker.tape import Tape

pytestmark = pytest.mark.unit

ROW = 1


class NotedEngine:
    """Takes commands, and does nothing."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.commands: list[tuple[int, ...]] = []

    def command(self, *words: int) -> None:
        self.commands.append(words)


@pytest.fixture
def memory() -> Iterator[Memory]:
    fd = os.memfd_create("memory")
    yield open_memory(fd, Size(legs=4, plays=1, recordings=2))
    os.close(fd)


@pytest.fixture
def engine(memory: Memory) -> NotedEngine:
    return NotedEngine(memory.state)


def tap(engine: NotedEngine, memory: Memory, tape: Tape) -> Tap:
    return Tap(cast("Engine", engine), memory.ledger, ROW, tape)


def written(path: Path, frames: int, *, resumes: bool = False) -> Tape:
    """A tape whose file has so much."""
    tape = Tape(path, was_left=resumes)
    tape.open()
    assert tape._writer is not None
    tape._writer.append(np.ones((frames * FRAME, 1), np.int16))
    return tape


def test_a_leg_has_the_same_channel_at_the_next_worker(engine: NotedEngine, memory: Memory) -> None:
    tape = Tape(Path("r.wav"), channels=3)
    first = tap(engine, memory, tape)
    first.note_channel("caller", 0)
    for row, leg in enumerate(("anna", "ben", "caller")):
        first.give_channel(leg, row)
    assert memory.state.channel[ROW, :3].tolist() == [1, 2, 0]
    memory.state.channel[:] = 0
    tap(engine, memory, tape).give_channel("ben", 3)
    assert memory.state.channel[ROW, 3] == 2


def test_who_comes_when_all_channels_are_taken_has_the_last(engine: NotedEngine, memory: Memory) -> None:
    tapped = tap(engine, memory, Tape(Path("r.wav"), channels=2))
    for row, leg in enumerate(("anna", "ben", "carol")):
        tapped.give_channel(leg, row)
    assert memory.state.channel[ROW, :3].tolist() == [0, 1, 1]


def test_what_the_engine_fills_already_is_not_begun_again(engine: NotedEngine, memory: Memory) -> None:
    tapped = tap(engine, memory, Tape(Path("r.wav")))
    tapped.start(leg=2)
    assert [words[0] for words in engine.commands] == [records.START_TAP]
    memory.state.taps.active[ROW] = 1
    tapped.start(leg=2)
    assert len(engine.commands) == 1


def test_what_stands_in_the_file_is_not_written_again(
    engine: NotedEngine, memory: Memory, tmp_path: Path
) -> None:
    """The worker died between the write and the note of it."""
    read = memory.state.taps.read
    read[ROW] = 40
    prepare(cast("Engine", engine), memory.ledger, ROW)
    read[ROW] = 47
    tape = written(tmp_path / "r.wav", 10)
    tap(engine, memory, tape).catch_up()
    assert read[ROW] == 50
    tape.let_go()


def test_a_file_that_was_begun_elsewhere_goes_on_here_and_at_the_next(
    engine: NotedEngine, memory: Memory, tmp_path: Path
) -> None:
    read, began = memory.state.taps.read, memory.ledger.began
    read[ROW], began[ROW] = 40, ELSEWHERE
    tape = written(tmp_path / "r.wav", 100)
    tap(engine, memory, tape).catch_up()
    assert (read[ROW], began[ROW]) == (40, -60)
    tape.let_go()
    again = written(tmp_path / "r.wav", 5, resumes=True)
    tap(engine, memory, again).catch_up()
    assert read[ROW] == 45
    again.let_go()
