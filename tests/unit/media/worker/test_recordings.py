"""Recordings from the command to the notice, over an engine that is ticked by hand."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import soundfile

from media.control import Notice, RecordingDone, RecordLeg, SalvageRecording, StartRecording
from media.engine import records
from media.engine.compile import COMPILED
from media.engine.state import FRAME
from media.worker.ledger import Size, open_memory
from media.worker.recordings import Recordings
from media.worker.refusal import Refusal
from media.worker.rooms import Room
from tests.support.board import Board

pytestmark = pytest.mark.unit

HALF = 500
"""Of the quietest that is said."""


class Place:
    """A worker as its recordings see it."""

    def __init__(self) -> None:
        self._fd = os.memfd_create("memory")
        memory = open_memory(self._fd, Size(legs=4, plays=1, recordings=2))
        self.board = Board(state=memory.state)
        self.told: list[Notice] = []
        self.released: list[Room] = []
        self.recordings = Recordings(self.board.engine, memory.ledger, self.told.append, self.released.append)

    def tick(self, count: int = 1) -> None:
        """Let time pass, and hear of what has ended."""
        self.board.tick(count)
        for row, *_ in self.board.events(records.TAP_ENDED):
            self.recordings.untapped(row)

    async def close(self) -> None:
        """End what is recorded."""
        finishing = self.recordings.finish()
        self.tick()
        await finishing
        self.board.close()
        os.close(self._fd)


@pytest.fixture
async def places() -> AsyncIterator[list[Place]]:
    if COMPILED:
        pytest.skip("a compiled tick makes true system calls; the contract tests do that")
    made = [Place(), Place()]
    yield made
    for place in made:
        await place.close()


def alone(path: Path) -> RecordLeg:
    return RecordLeg(recording="tape", leg="anna", path=str(path))


async def test_a_leg_that_moves_is_recorded_on_in_the_same_file(places: list[Place], tmp_path: Path) -> None:
    here, there = places
    for place, says in ((here, 1000), (there, 2000)):
        place.board.open(says, room=0)
    command = alone(tmp_path / "r.wav")
    here.recordings.start_leg(command, 0)
    here.tick(6)
    packing = here.recordings.pack("anna")
    here.tick()
    names = await packing
    assert (names, here.told) == (("tape",), [])

    there.recordings.expect(names)
    there.recordings.start_leg(command, 0)
    there.tick(8)
    there.recordings.stop("tape")
    there.tick()
    await there.recordings.finish()
    (done,) = there.told
    assert isinstance(done, RecordingDone)
    assert done.failed == ""
    said, _ = soundfile.read(done.path, dtype="int16")
    # What each says first fades in.
    levels = [int(frame) for frame in said[::FRAME] if frame > HALF]
    first, then = here.board.peers[0].says, there.board.peers[0].says
    assert set(levels) == {first, then}
    assert levels == sorted(levels), "first what was said here, then there, and nothing twice"
    assert len(said) == (6 + 8) * FRAME


async def test_what_was_stopped_does_not_move(places: list[Place], tmp_path: Path) -> None:
    here = places[0]
    here.board.open(1000, room=0)
    here.recordings.start_leg(alone(tmp_path / "r.wav"), 0)
    here.tick(3)
    here.recordings.stop("tape")
    packing = here.recordings.pack("anna")
    here.tick()
    assert await packing == ()
    assert [type(notice) for notice in here.told] == [RecordingDone]


async def test_a_room_is_held_until_its_recording_is_over(places: list[Place], tmp_path: Path) -> None:
    here, room = places[0], Room("room", 0)
    here.board.open(1000, room=0)
    command = StartRecording(recording="tape", room="room", path=str(tmp_path / "r.wav"), format="wav")
    here.recordings.start(command, room, {"anna": 0})
    with pytest.raises(Refusal, match="already"):
        here.recordings.start(command, room, {})
    assert room.recordings == 1
    here.tick(5)
    # Who asks for what is recorded here to be completed stops it.
    here.recordings.salvage(SalvageRecording(recording="tape", path=command.path, format="wav"))
    here.tick()
    await here.recordings.finish()
    assert (room.recordings, here.released) == (0, [room])
    (done,) = here.told
    assert isinstance(done, RecordingDone)
    assert done.duration_s == pytest.approx(0.1)


async def test_a_file_of_which_nothing_more_comes_is_completed(places: list[Place], tmp_path: Path) -> None:
    here, there = places
    here.board.open(1000, room=0)
    command = alone(tmp_path / "r.wav")
    here.recordings.start_leg(command, 0)
    here.tick(4)
    packing = here.recordings.pack("anna")
    here.tick()
    await packing
    salvage = SalvageRecording(
        recording="tape", path=command.path, format="wav", kept=False, reason="it was given up"
    )
    there.recordings.salvage(salvage)
    await there.recordings.finish()
    (done,) = there.told
    assert isinstance(done, RecordingDone)
    assert done.failed == "it was given up"
    assert done.duration_s == pytest.approx(0.08)
