"""The recordings of rooms and legs, from the command to the notice that the file is complete.

Each has a task for its life; threads, which may wait for the disk, write what the engine has tapped. This
thread never does: a disk that stands still must not make the worker seem dead.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from media.control import Notice, RecordLeg, SalvageRecording, StartRecording
from media.engine import records
from media.engine.engine import Engine
from media.engine.recorder import Recorder, Step
from media.engine.state import TAP_CHANNELS
from media.worker.ledger import ELSEWHERE, Ledger
from media.worker.recording import Recording
from media.worker.refusal import Refusal
from media.worker.rooms import Room
from media.worker.rows import Rows
from media.worker.tap import Tap, prepare
from media.worker.tape import Tape
from media.worker.writers import Writers

WRITERS = 4
"""Files of rooms that may wait for the disk at a time."""
FINISHERS = 1
"""Files that are turned into their formats at a time: that takes a core, which the tick needs, too."""
NICENESS = 10
"""Of that work, beside everything else that the worker does."""


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
        self._by_name: dict[str, Recording] = {}
        self._taps: dict[int, Tap] = {}
        """By their rows."""

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
        tap = self._admit(command.recording, tape)
        room.recordings += 1
        if command.leg is not None:
            tap.note_channel(command.leg, 0)
        for leg, row in rows.items():
            tap.give_channel(leg, row)
        tap.start(room=room.row)
        self._begin(Recording(command.recording, tape, tap, room))

    def start_leg(self, command: RecordLeg, row: int) -> None:
        """Record a leg alone, whose row in the engine this is. Raises Refusal."""
        tape = Tape(Path(command.path), kept=False)
        tap = self._admit(command.recording, tape)
        tap.start(leg=row)
        self._begin(Recording(command.recording, tape, tap, command.leg))

    def salvage(self, command: SalvageRecording) -> None:
        """Complete what another process has begun; what this one records itself is stopped."""
        name = command.recording
        if name in self._by_name:
            self.stop(name)
            return
        tape = Tape(Path(command.path), 0, format=command.format, kept=command.kept, was_left=True)
        tape.failed = command.reason
        tap = self._admit(name, tape) if self._rows.was_left(name) else None
        recording = Recording(name, tape, tap, None)
        self._begin(recording)
        recording.end(Step.STOPPED)

    def joined(self, room: Room, leg: str, row: int) -> None:
        """A leg is about to be mixed into a room: it gets its channel first."""
        if room.recordings:
            for tap in self._taps_of(room):
                tap.give_channel(leg, row)

    def stop(self, name: str) -> None:
        """End a recording; one that has ended, or never was, is left alone."""
        if name in self._by_name:
            self._by_name[name].end(Step.STOPPED)

    def stop_for(self, leg: str) -> None:
        """End what is recorded of a leg alone, before the engine lets go of it."""
        for recording in self._alone(leg):
            recording.end(Step.STOPPED)

    def pack(self, leg: str) -> "asyncio.Task[tuple[str, ...]]":
        """Stop what is recorded of a leg alone that moves; awaited when the files can go on elsewhere.

        That is also when those that were stopped before are complete, and that has been told.
        """
        its = self._alone(leg)
        for recording in its:
            recording.end(Step.MOVED)
        return asyncio.create_task(_packed(its))

    def expect(self, names: tuple[str, ...]) -> None:
        """These are about to be started, and have their files. Raises Refusal."""
        for name in set(names) - self._rows.left.keys():
            row = self._rows.expect(name)
            prepare(self._engine, self._ledger, row)
            self._ledger.began[row] = ELSEWHERE

    def untapped(self, row: int) -> None:
        """The engine has let go of a recording; of one that another worker left, nobody waits for that."""
        if row in self._taps:
            self._taps[row].ended.set()

    def settle(self) -> None:
        """End what another worker left and the gateway has not asked for again."""
        for row in self._rows.settle():
            self._engine.command(records.STOP_TAP, row)

    async def finish(self, *, as_wav: bool = False) -> None:
        """End all recordings and wait for their files; `as_wav` leaves each the WAV file that it is."""
        recordings = list(self._by_name.values())
        for recording in recordings:
            recording.tape.as_wav = recording.tape.as_wav or as_wav
            recording.end(Step.STOPPED)
        await _told(recordings)
        for threads in (self._writers, self._finishers, self._follower):
            threads.shutdown()

    def _admit(self, name: str, tape: Tape) -> Tap:
        """A row for a recording, that which another worker left it. Raises Refusal."""
        if name in self._by_name:
            raise Refusal("there is such a recording already")
        tape.was_left = self._rows.was_left(name)
        row = self._rows.take(name)
        if not tape.was_left:
            prepare(self._engine, self._ledger, row)
        tap = self._taps[row] = Tap(self._engine, self._ledger, row, tape)
        return tap

    def _begin(self, recording: Recording) -> None:
        self._by_name[recording.name] = recording
        recording.task = asyncio.create_task(self._live(recording), name=f"record {recording.name}")

    async def _live(self, recording: Recording) -> None:
        """The life of a recording: write until it is stopped or the file cannot grow, then complete it."""
        if recording.tape.kept:
            await recording.write(self._writers)
            done = await asyncio.get_running_loop().run_in_executor(self._finishers, recording.close)
        else:
            await recording.write(self._follower)
            done = await self._follower.do(recording.close)
        self._forget(recording)
        if done is not None:
            self._notify(done)

    def _forget(self, recording: Recording) -> None:
        recording.closed()
        del self._by_name[recording.name]
        if recording.tap is not None:
            row = recording.tap.row
            del self._taps[row]
            self._ledger.rings.clear(row)
            self._rows.give_back(row)
        if isinstance(recording.of, Room):
            recording.of.recordings -= 1
            self._release(recording.of)

    def _taps_of(self, room: Room) -> Iterator[Tap]:
        for recording in self._by_name.values():
            if recording.of is room and recording.tap is not None:
                yield recording.tap

    def _alone(self, leg: str) -> list[Recording]:
        return [each for each in self._by_name.values() if each.of == leg]


async def _packed(recordings: list[Recording]) -> tuple[str, ...]:
    """The names of those that move, when nobody has the files any more."""
    await _told(recordings)
    return tuple(each.name for each in recordings if each.state is Recorder.PACKED)


async def _told(recordings: list[Recording]) -> None:
    """When they are all closed, and that has been told."""
    await asyncio.gather(*(each.task for each in recordings if each.task is not None))


def _give_way() -> None:
    """Linux has a niceness for each thread."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
