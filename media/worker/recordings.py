"""The recordings of rooms and legs, from the command to the notice that the file is complete.

Each has a task for its life; threads, which may wait for the disk, write what the engine has tapped. This
thread never does: a disk that stands still must not make the worker seem dead.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from media.control import Notice, RecordingDone, RecordLeg, SalvageRecording, StartRecording
from media.engine import records
from media.engine.engine import Engine
from media.engine.recorder import Recorder, Step, transition
from media.engine.state import RATE, TAP_CHANNELS
from media.errors import MediaError
from media.files.finishing import Whole
from media.worker.ledger import Ledger
from media.worker.refusal import Refusal
from media.worker.rooms import Room
from media.worker.rows import Rows
from media.worker.tape import Tape
from media.worker.writers import Growing, Writers

WRITERS = 4
"""Files of rooms that may wait for the disk at a time."""
FINISHERS = 1
"""Files that are turned into their formats at a time: that takes a core, which the tick needs, too."""
NICENESS = 10
"""Of that work, beside everything else that the worker does."""
NONE = -1


@dataclass(slots=True, eq=False)
class _Recording:
    name: str
    tape: Tape
    row: int = NONE
    """NONE: nothing more comes of the engine."""
    room: Room | None = None
    """What is recorded, if it is not a leg."""
    leg: str | None = None
    """Who alone is recorded, if it is not a room."""
    state: Recorder = Recorder.RECORDING
    channels: dict[str, int] = field(default_factory=dict)
    """The channel of each leg that was ever in it."""
    untapped: asyncio.Event = field(default_factory=asyncio.Event)
    goes_on: bool = False
    """The ring has what another worker could not write any more."""
    moves: bool = False
    """Another worker goes on with the file."""
    closed: asyncio.Event = field(default_factory=asyncio.Event)


class Recordings:
    """All recordings. `release` is called with a room that a recording no longer holds."""

    def __init__(
        self,
        engine: Engine,
        ledger: Ledger,
        notify: Callable[[Notice], None],
        release: Callable[[Room], None],
    ) -> None:
        self._engine = engine
        self._notify = notify
        self._release = release
        self._ledger = ledger
        self._rows = Rows(ledger.recordings, "recordings")
        self._writers = Writers(engine.state, WRITERS, "record")
        self._finishers = ThreadPoolExecutor(FINISHERS, "finish", _give_way)
        # Of its own, so that who follows a leg does not wait for the files that a disk has to keep.
        self._follower = Writers(engine.state, 1, "follow")
        self._by_name: dict[str, _Recording] = {}
        self._by_row: dict[int, _Recording] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, command: StartRecording, room: Room, rows: dict[str, int]) -> None:
        """Record a room. `rows`: the engine's row of each leg in it. Raises Refusal."""
        if not 1 <= command.channels <= TAP_CHANNELS:
            raise Refusal(f"a recording has 1 to {TAP_CHANNELS} channels")
        tape = Tape(
            Path(command.path),
            command.channels,
            command.rate,
            command.format,
            end_on_silence_s=command.end_on_silence_s,
        )
        recording = self._admit(command.recording, tape)
        recording.room = room
        room.recordings += 1
        if command.leg is not None:
            self._note_channel(recording, command.leg, 0)
        for leg, row in rows.items():
            self._give_channel(recording, leg, row)
        self._tap(recording, room.row, NONE)

    def start_leg(self, command: RecordLeg, row: int) -> None:
        """Record a leg alone, whose row in the engine this is. Raises Refusal."""
        recording = self._admit(command.recording, Tape(Path(command.path), kept=False))
        recording.leg = command.leg
        self._tap(recording, NONE, row)

    def salvage(self, command: SalvageRecording) -> None:
        """Complete what another process has begun; what this one records itself is stopped."""
        name = command.recording
        if name in self._by_name:
            self.stop(name)
            return
        tape = Tape(Path(command.path), 0, format=command.format, kept=command.kept, was_left=True)
        tape.failed = command.reason
        recording = self._by_name[name] = _Recording(name, tape, state=Recorder.FINALISING)
        if self._rows.was_left(name):
            row = recording.row = self._rows.take(name)
            self._by_row[row] = recording
            recording.goes_on = True
        if recording.row != NONE and self._engine.state.taps.active[recording.row]:
            self._engine.command(records.STOP_TAP, recording.row)
        else:
            recording.untapped.set()
        self._begin(recording)

    def _admit(self, name: str, tape: Tape) -> _Recording:
        """A row for a recording, that which another worker left it. Raises Refusal."""
        if name in self._by_name:
            raise Refusal("there is such a recording already")
        was_left = self._rows.was_left(name)
        row = self._rows.take(name)
        tape.was_left = was_left
        recording = self._by_name[name] = self._by_row[row] = _Recording(name, tape, row)
        if was_left:
            known = self._ledger.channels[row].tolist()
            recording.channels = {leg.decode(): channel for channel, leg in enumerate(known) if leg}
        else:
            self._ledger.channels[row] = b""
            self._ledger.began[row] = self._engine.state.taps.read[row]
        return recording

    def _release_row(self, row: int) -> None:
        self._ledger.rings.clear(row)
        self._rows.give_back(row)

    def _tap(self, recording: _Recording, room: int, leg: int) -> None:
        """Let the engine fill the ring, and have that written."""
        tape = recording.tape
        tape.ring = self._ledger.rings.array(recording.row, tape.shape, np.int16)
        recording.goes_on = bool(self._engine.state.taps.active[recording.row])
        if not recording.goes_on:
            address = tape.ring.ctypes.data
            self._engine.command(
                records.START_TAP, recording.row, room, tape.channels, tape.rate // RATE, address, leg
            )
        self._begin(recording)

    def _begin(self, recording: _Recording) -> None:
        task = asyncio.create_task(self._live(recording), name=f"record {recording.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def joined(self, room: Room, leg: str, row: int) -> None:
        """A leg is about to be mixed into a room: it gets its channel first."""
        if room.recordings:
            for recording in self._by_name.values():
                if recording.room is room:
                    self._give_channel(recording, leg, row)

    def _give_channel(self, recording: _Recording, leg: str, row: int) -> None:
        """The next free channel, the last for all that come when none is."""
        last = recording.tape.channels - 1
        if leg not in recording.channels:
            self._note_channel(recording, leg, min(len(recording.channels), last))
        self._engine.state.channel[recording.row, row] = recording.channels[leg]

    def _note_channel(self, recording: _Recording, leg: str, channel: int) -> None:
        recording.channels[leg] = channel
        if not self._ledger.channels[recording.row, channel]:
            self._ledger.channels[recording.row, channel] = leg.encode()

    def stop(self, name: str) -> None:
        """End a recording; one that has ended, or never was, is left alone."""
        recording = self._by_name.get(name)
        if recording is not None:
            self._end(recording, Step.STOPPED)

    def stop_for(self, leg: str) -> None:
        """End what is recorded of a leg alone, before the engine lets go of it."""
        for recording in self._by_name.values():
            if recording.leg == leg:
                self._end(recording, Step.STOPPED)

    def pack(self, leg: str) -> "asyncio.Task[tuple[str, ...]]":
        """Stop what is recorded of a leg alone that moves; awaited when the files can go on elsewhere.

        That is also when those that were stopped before are complete, and that has been told.
        """
        its = [each for each in self._by_name.values() if each.leg == leg]
        for recording in its:
            recording.moves = recording.state is Recorder.RECORDING
            self._end(recording, Step.STOPPED)
        return asyncio.create_task(_closed(its))

    def expect(self, names: tuple[str, ...]) -> None:
        """These are about to be started, and have their files. Raises Refusal."""
        for name in set(names) - self._rows.left.keys():
            row = self._rows.expect(name)
            self._ledger.channels[row] = b""
            self._ledger.began[row] = self._engine.state.taps.read[row]

    def _end(self, recording: _Recording, step: Step) -> None:
        before = recording.state
        recording.state = transition(before, step)
        if before is Recorder.RECORDING:
            self._engine.command(records.STOP_TAP, recording.row)

    def untapped(self, row: int) -> None:
        """The engine has let go of a recording; of one that another worker left, nobody waits for that."""
        if row in self._by_row:
            self._by_row[row].untapped.set()

    def settle(self) -> None:
        """End what another worker left and the gateway has not asked for again."""
        for row in self._rows.settle():
            self._engine.command(records.STOP_TAP, row)

    async def finish(self, *, as_wav: bool = False) -> None:
        """End all recordings and wait for their files; `as_wav` leaves each the WAV file that it is."""
        for recording in list(self._by_name.values()):
            recording.tape.as_wav = recording.tape.as_wav or as_wav
            self._end(recording, Step.STOPPED)
        await asyncio.gather(*self._tasks)
        for threads in (self._writers, self._finishers, self._follower):
            threads.shutdown()

    async def _live(self, recording: _Recording) -> None:
        """The life of a recording: write until it is stopped or the file cannot grow, then complete it."""
        tape = recording.tape
        writers = self._writers if tape.kept else self._follower
        try:
            await writers.do(partial(self._open, recording))
            if tape.grows:
                await self._write(recording, writers)
            else:
                # Another worker has made of it what was asked for.
                self._end(recording, Step.STOPPED)
        except MediaError as error:
            self._break(recording, str(error))
        await recording.untapped.wait()
        await self._finish(recording)

    async def _write(self, recording: _Recording, writers: Writers) -> None:
        """Until the engine has let go. Raises MediaError when the file cannot have the rest."""
        if recording.row == NONE:
            return
        growing = Growing(recording.tape, recording.row, partial(self._over, recording))
        writers.add(growing)
        await recording.untapped.wait()
        await writers.end(growing)

    def _over(self, recording: _Recording, reason: str) -> None:
        """It has been silent for long or, with a reason, cannot be written any more."""
        if recording.name not in self._by_name:
            return
        if reason:
            self._break(recording, reason)
        else:
            self._end(recording, Step.STOPPED)

    def _break(self, recording: _Recording, reason: str) -> None:
        recording.tape.failed = recording.tape.failed or reason
        self._end(recording, Step.FAILED)

    def _open(self, recording: _Recording) -> None:
        """In a thread. Where another worker has begun the file, go on behind what is in it."""
        tape, row = recording.tape, recording.row
        tape.open()
        if not tape.was_left or not tape.grows or row == NONE:
            return
        taps, began = self._engine.state.taps, self._ledger.began
        if recording.goes_on:
            tape.ring = self._ledger.rings.array(row, tape.shape, np.int16)
            taps.read[row] = began[row] + tape.frames
        else:
            began[row] = taps.read[row] - tape.frames

    async def _finish(self, recording: _Recording) -> None:
        done = await self._complete(recording)
        recording.state = transition(recording.state, Step.CLOSED)
        del self._by_name[recording.name]
        if recording.row != NONE:
            del self._by_row[recording.row]
            self._release_row(recording.row)
        if recording.room is not None:
            recording.room.recordings -= 1
            self._release(recording.room)
        recording.closed.set()
        if done is not None:
            self._notify(done)

    async def _complete(self, recording: _Recording) -> RecordingDone | None:
        """Nothing is told of one that moves."""
        tape = recording.tape
        ending: Callable[[], RecordingDone | None] = partial(_complete, recording)
        if recording.moves:
            ending = tape.let_go
        if not tape.kept:
            return await self._follower.do(ending)
        return await asyncio.get_running_loop().run_in_executor(self._finishers, ending)


async def _closed(recordings: list[_Recording]) -> tuple[str, ...]:
    """The names of those that move, when nobody has the files any more."""
    for recording in recordings:
        await recording.closed.wait()
    return tuple(recording.name for recording in recordings if recording.moves)


def _complete(recording: _Recording) -> RecordingDone:
    """In a thread. One of which there is nothing has no path."""
    tape = recording.tape
    try:
        whole = tape.complete()
    except MediaError as error:
        tape.failed = tape.failed or str(error)
        whole = Whole(Path(), 0, tape.channels, 0.0, "")
    return RecordingDone(
        recording=recording.name,
        path=str(whole.path) if whole.size else "",
        size=whole.size,
        duration_s=whole.duration_s,
        channels=whole.channels,
        sha256=whole.sha256,
        failed=tape.failed,
    )


def _give_way() -> None:
    """Linux has a niceness for each thread."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
