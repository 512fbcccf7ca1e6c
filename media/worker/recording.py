"""The life of one recording: written until it ends, then completed, or let go of for another worker."""

import asyncio
from pathlib import Path

from media.control import RecordingDone
from media.engine.recorder import Recorder, Step, transition
from media.errors import MediaError
from media.files.finishing import Whole
from media.worker.rooms import Room
from media.worker.tap import Tap
from media.worker.tape import Tape
from media.worker.writers import Growing, Writers


class Recording:
    """`of`: the room, or the name of the leg alone, that is recorded; None where that is over."""

    def __init__(self, name: str, tape: Tape, tap: Tap | None, of: Room | str | None) -> None:
        """Without a `tap` nothing more comes of the engine: there is only a file to be completed."""
        self.name = name
        self.tape = tape
        self.tap = tap
        self.of = of
        self.state = Recorder.RECORDING
        self.task: asyncio.Task[None] | None = None
        """Until it is closed, and that has been told."""

    def end(self, step: Step) -> None:
        """Stop it, for whatever reason; a second time does nothing."""
        before, self.state = self.state, transition(self.state, step)
        if before is Recorder.RECORDING and self.tap is not None:
            self.tap.stop()

    async def write(self, writers: Writers) -> None:
        """Have the file grow until the engine has let go."""
        try:
            await writers.do(self._open)
            await self._grow(writers)
        except MediaError as error:
            self._break(str(error))
        if self.tap is not None:
            await self.tap.ended.wait()

    def close(self) -> RecordingDone | None:
        """In a thread. Complete the file, and say what it is: of nothing it has no path.

        Of one that moves the file is let go of, and nothing is told.
        """
        if self.state is Recorder.PACKING:
            self.tape.let_go()
            return None
        try:
            whole = self.tape.complete()
        except MediaError as error:
            self.tape.failed = self.tape.failed or str(error)
            whole = Whole(Path(), 0, self.tape.channels, 0.0, "")
        return RecordingDone(
            recording=self.name,
            path=str(whole.path) if whole.size else "",
            size=whole.size,
            duration_s=whole.duration_s,
            channels=whole.channels,
            sha256=whole.sha256,
            failed=self.tape.failed,
        )

    def closed(self) -> None:
        """Nobody here has the file any more."""
        self.state = transition(self.state, Step.CLOSED)

    def _open(self) -> None:
        self.tape.open()
        if self.tap is not None and self.tape.grows:
            self.tap.catch_up()

    async def _grow(self, writers: Writers) -> None:
        """Raises MediaError when the file cannot have the rest."""
        if not self.tape.grows:
            # Another worker has made of it what was asked for.
            self.end(Step.STOPPED)
        elif self.tap is not None:
            growing = Growing(self.tape, self.tap.row, self._over)
            writers.add(growing)
            await self.tap.ended.wait()
            await writers.end(growing)

    def _over(self, reason: str) -> None:
        """It has been silent for long or, with a reason, cannot be written any more."""
        if self.state in (Recorder.DONE, Recorder.PACKED):
            return
        if reason:
            self._break(reason)
        else:
            self.end(Step.STOPPED)

    def _break(self, reason: str) -> None:
        self.tape.failed = self.tape.failed or reason
        self.end(Step.FAILED)
