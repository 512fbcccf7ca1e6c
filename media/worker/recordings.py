"""Rooms into files: what the engine taps is written every 100 ms by threads that may wait for the disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media.control import Notice, RecordingDone, StartRecording
from media.dsp.silence import Silence
from media.engine import records
from media.engine.engine import Engine
from media.engine.recorder import Recorder, Step, transition
from media.engine.state import FRAME, RATE, TAP_CHANNELS, TAP_FRAMES, WIDE
from media.errors import MediaError
from media.files.transcode import transcode
from media.files.wav import WavWriter
from media.worker.refusal import Refusal, Rows
from media.worker.rooms import Room

FLUSH_S = 0.1
WRITERS = 4
"""Files that may wait for the disk at a time."""


@dataclass(slots=True, eq=False)
class _Recording:
    command: StartRecording
    row: int
    room: Room
    writer: WavWriter
    ring: NDArray[np.int16]
    """[TAP_FRAMES, samples, channels], written by the engine."""
    state: Recorder = Recorder.RECORDING
    channels: dict[str, int] = field(default_factory=dict)
    """The channel of each leg that was ever in it."""
    failed: str = ""
    as_wav: bool = False
    """Leave it as the WAV file that it is, whatever format was asked for."""
    silence: Silence = field(default_factory=Silence)
    untapped: asyncio.Event = field(default_factory=asyncio.Event)


class Recordings:
    """All recordings. `release` is called with a room that a recording no longer holds."""

    def __init__(
        self, engine: Engine, notify: Callable[[Notice], None], release: Callable[[Room], None]
    ) -> None:
        self._engine = engine
        self._notify = notify
        self._release = release
        self._rows = Rows(len(engine.state.taps.active), "recordings")
        self._writers = ThreadPoolExecutor(WRITERS, "record")
        self._by_name: dict[str, _Recording] = {}
        self._by_row: dict[int, _Recording] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, command: StartRecording, room: Room, rows: dict[str, int]) -> None:
        """Make the file and tap the room. `rows`: the engine's row of each leg in it. Raises Refusal."""
        if command.recording in self._by_name:
            raise Refusal("there is such a recording already")
        if not 1 <= command.channels <= TAP_CHANNELS:
            raise Refusal(f"a recording has 1 to {TAP_CHANNELS} channels")
        recording = self._make(command, room)
        self._by_name[command.recording] = self._by_row[recording.row] = recording
        room.recordings += 1
        if command.leg is not None:
            recording.channels[command.leg] = 0
        for leg, row in rows.items():
            self._give_channel(recording, leg, row)
        wide = command.rate == 2 * RATE
        self._engine.command(
            records.START_TAP,
            recording.row,
            room.row,
            command.channels,
            int(wide),
            recording.ring.ctypes.data,
        )
        task = asyncio.create_task(self._write(recording))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _make(self, command: StartRecording, room: Room) -> _Recording:
        row = self._rows.take()
        samples = WIDE if command.rate == 2 * RATE else FRAME
        try:
            writer = WavWriter(Path(command.path), command.channels, command.rate)
        except MediaError as error:
            self._rows.give_back(row)
            raise Refusal(str(error)) from error
        ring = np.zeros((TAP_FRAMES, samples, command.channels), np.int16)
        return _Recording(command, row, room, writer, ring)

    def joined(self, room: Room, leg: str, row: int) -> None:
        """A leg is about to be mixed into a room: it gets its channel first."""
        if room.recordings:
            for recording in self._by_name.values():
                if recording.room is room:
                    self._give_channel(recording, leg, row)

    def _give_channel(self, recording: _Recording, leg: str, row: int) -> None:
        """The next free channel, the last for all that come when none is."""
        last = recording.command.channels - 1
        channel = recording.channels.setdefault(leg, min(len(recording.channels), last))
        self._engine.state.channel[recording.row, row] = channel

    def stop(self, name: str) -> None:
        """End a recording; one that has ended, or never was, is left alone."""
        recording = self._by_name.get(name)
        if recording is not None:
            self._end(recording, Step.STOPPED)

    def _end(self, recording: _Recording, step: Step) -> None:
        before = recording.state
        recording.state = transition(before, step)
        if before is Recorder.RECORDING:
            self._engine.command(records.STOP_TAP, recording.row)

    def untapped(self, row: int) -> None:
        """The engine has let go of a recording."""
        self._by_row[row].untapped.set()

    async def finish(self, *, as_wav: bool = False) -> None:
        """End all recordings and wait for their files; `as_wav` leaves each the WAV file that it is."""
        for recording in list(self._by_name.values()):
            recording.as_wav = recording.as_wav or as_wav
            self._end(recording, Step.STOPPED)
        await asyncio.gather(*self._tasks)
        self._writers.shutdown()

    async def _write(self, recording: _Recording) -> None:
        """The life of a recording: write until it is stopped or the file cannot grow."""
        while recording.state is Recorder.RECORDING:
            await asyncio.sleep(FLUSH_S)
            await self._flush(recording)
            silence_s = recording.command.end_on_silence_s
            if silence_s is not None and recording.silence.seconds >= silence_s:
                self._end(recording, Step.STOPPED)
        await recording.untapped.wait()
        if not recording.failed:
            await self._flush(recording)
        await self._finish(recording)

    async def _flush(self, recording: _Recording) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._writers, self._append, recording)
        except MediaError as error:
            recording.failed = recording.failed or str(error)
            self._end(recording, Step.FAILED)

    def _append(self, recording: _Recording) -> None:
        """Move what the engine has tapped into the file. Runs in a writer's thread."""
        taps, row = self._engine.state.taps, recording.row
        read, written = int(taps.read[row]), records.observe(taps.written, row)
        if read == written:
            return
        frames = recording.ring[np.arange(read, written) % TAP_FRAMES]
        records.publish(taps.read, row, written)
        recording.silence.hear(frames)
        recording.writer.append(frames.reshape(-1, recording.command.channels))

    async def _finish(self, recording: _Recording) -> None:
        loop = asyncio.get_running_loop()
        path, size = await loop.run_in_executor(self._writers, _complete, recording)
        recording.state = transition(recording.state, Step.CLOSED)
        del self._by_name[recording.command.recording]
        del self._by_row[recording.row]
        self._rows.give_back(recording.row)
        recording.room.recordings -= 1
        self._release(recording.room)
        self._notify(
            RecordingDone(
                recording=recording.command.recording,
                path=str(path),
                size=size,
                duration_s=recording.writer.duration_s,
                channels=recording.command.channels,
                failed=recording.failed,
            )
        )


def _complete(recording: _Recording) -> tuple[Path, int]:
    """Close the file and turn it into its format: where it is and how long, in octets. Runs in a thread."""
    wav = path = Path(recording.command.path)
    try:
        size = recording.writer.close()
        if recording.command.format != "wav" and not recording.as_wav:
            path = transcode(wav, recording.command.format)
            wav.unlink()
            size = path.stat().st_size
    except (MediaError, OSError) as error:
        recording.failed = recording.failed or str(error)
        size = wav.stat().st_size if wav.exists() else 0
    return path, size
