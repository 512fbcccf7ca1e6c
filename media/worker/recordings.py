"""The recordings of rooms and legs, from the command to the notice that the file is complete.

Each has a task that lets threads, which may wait for the disk, write what the engine has tapped.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from media.control import Notice, RecordingDone, RecordLeg, StartRecording
from media.engine import records
from media.engine.engine import Engine
from media.engine.recorder import Recorder, Step, transition
from media.engine.state import TAP_CHANNELS
from media.errors import MediaError, Unwritable
from media.worker.ledger import Ledger
from media.worker.refusal import Refusal, Rows
from media.worker.rooms import Room
from media.worker.tape import Tape

T = TypeVar("T")

FLUSH_S = 0.1
FOLLOWED_FLUSH_S = 0.06
"""For the recording of a leg: who follows it waits for every word."""
WRITERS = 4
"""Files of rooms that may wait for the disk at a time."""
NONE = -1


@dataclass(slots=True, eq=False)
class _Recording:
    name: str
    row: int
    tape: Tape
    room: Room | None = None
    """What is recorded, if it is not a leg."""
    leg: str | None = None
    """Who alone is recorded, if it is not a room."""
    state: Recorder = Recorder.RECORDING
    channels: dict[str, int] = field(default_factory=dict)
    """The channel of each leg that was ever in it."""
    as_wav: bool = False
    """Leave it as the WAV file that it is, whatever format was asked for."""
    untapped: asyncio.Event = field(default_factory=asyncio.Event)


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
        self._writers = ThreadPoolExecutor(WRITERS, "record")
        # Of its own, so that who follows a leg does not wait for the files that a disk has to keep.
        self._follower = ThreadPoolExecutor(1, "follow")
        self._by_name: dict[str, _Recording] = {}
        self._by_row: dict[int, _Recording] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, command: StartRecording, room: Room, rows: dict[str, int]) -> None:
        """Record a room. `rows`: the engine's row of each leg in it. Raises Refusal."""
        if not 1 <= command.channels <= TAP_CHANNELS:
            raise Refusal(f"a recording has 1 to {TAP_CHANNELS} channels")
        make = partial(
            Tape,
            Path(command.path),
            command.channels,
            command.rate,
            command.format,
            end_on_silence_s=command.end_on_silence_s,
        )
        recording = self._admit(command.recording, make)
        recording.room = room
        room.recordings += 1
        if command.leg is not None:
            self._note_channel(recording, command.leg, 0)
        for leg, row in rows.items():
            self._give_channel(recording, leg, row)
        self._tap(recording, room.row, NONE)

    def start_leg(self, command: RecordLeg, row: int) -> None:
        """Record a leg alone, whose row in the engine this is. Raises Refusal."""
        recording = self._admit(command.recording, partial(Tape, Path(command.path), kept=False))
        recording.leg = command.leg
        self._tap(recording, NONE, row)

    def _admit(self, name: str, make: Callable[..., Tape]) -> _Recording:
        """A row and a file for a recording, those that another worker left it. Raises Refusal."""
        if name in self._by_name:
            raise Refusal("there is such a recording already")
        was_left = self._rows.was_left(name)
        row = self._rows.take(name)
        try:
            tape = make(resumes=was_left)
        except Unwritable as error:
            self._release_row(row)
            raise Refusal(str(error)) from error
        recording = self._by_name[name] = self._by_row[row] = _Recording(name, row, tape)
        tape.ring = self._ledger.rings.array(row, tape.shape, np.int16)
        read = self._engine.state.taps.read
        if was_left:
            known = self._ledger.channels[row].tolist()
            recording.channels = {leg.decode(): channel for channel, leg in enumerate(known) if leg}
            read[row] = self._ledger.began[row] + tape.frames
        else:
            self._ledger.channels[row] = b""
            self._ledger.began[row] = read[row]
        return recording

    def _release_row(self, row: int) -> None:
        self._ledger.rings.clear(row)
        self._rows.give_back(row)

    def _tap(self, recording: _Recording, room: int, leg: int) -> None:
        """Let the engine fill the ring, and have that written."""
        tape = recording.tape
        if not self._engine.state.taps.active[recording.row]:
            address = tape.ring.ctypes.data
            self._engine.command(
                records.START_TAP, recording.row, room, tape.channels, int(tape.wide), address, leg
            )
        task = asyncio.create_task(self._write(recording))
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
            recording.as_wav = recording.as_wav or as_wav
            self._end(recording, Step.STOPPED)
        await asyncio.gather(*self._tasks)
        self._writers.shutdown()
        self._follower.shutdown()

    async def _write(self, recording: _Recording) -> None:
        """The life of a recording: write until it is stopped or the file cannot grow."""
        flush_s = FLUSH_S if recording.tape.kept else FOLLOWED_FLUSH_S
        while recording.state is Recorder.RECORDING:
            await asyncio.sleep(flush_s)
            await self._flush(recording)
            if recording.tape.is_over:
                self._end(recording, Step.STOPPED)
        await recording.untapped.wait()
        if not recording.tape.failed:
            await self._flush(recording)
        await self._finish(recording)

    async def _flush(self, recording: _Recording) -> None:
        drain = partial(recording.tape.drain, self._engine.state, recording.row)
        try:
            await self._in_thread(recording, drain)
        except MediaError as error:
            recording.tape.failed = recording.tape.failed or str(error)
            self._end(recording, Step.FAILED)

    async def _finish(self, recording: _Recording) -> None:
        tape = recording.tape
        whole = await self._in_thread(recording, partial(tape.complete, as_wav=recording.as_wav))
        recording.state = transition(recording.state, Step.CLOSED)
        del self._by_name[recording.name]
        del self._by_row[recording.row]
        self._release_row(recording.row)
        if recording.room is not None:
            recording.room.recordings -= 1
            self._release(recording.room)
        self._notify(
            RecordingDone(
                recording=recording.name,
                path=str(whole.path),
                size=whole.size,
                duration_s=tape.duration_s,
                channels=tape.channels,
                sha256=whole.sha256,
                failed=tape.failed,
            )
        )

    async def _in_thread(self, recording: _Recording, work: Callable[[], T]) -> T:
        writers = self._writers if recording.tape.kept else self._follower
        return await asyncio.get_running_loop().run_in_executor(writers, work)
