"""Ears: what one leg says, written to a file of its own, and who listens to that file.

The media worker writes, the hearing process follows. A file lasts as long as its ear: whoever wants to keep
it takes it away before. What a killed gateway left is swept away at the next start.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import Unavailable
from gateway.media_plane import Heard, MediaPlane
from media.control import (
    ListenForMachine,
    ListenForSpeech,
    ListeningFailed,
    RecordingDone,
    RecordLeg,
    StopRecording,
)

log = logging.getLogger(__name__)

WRITTEN_DEADLINE_S = 5.0
"""For the worker to finish a file: it writes the last 100 ms and closes it."""


@dataclass(slots=True, eq=False)
class Ear:
    """One leg that is listened to. `id` names the recording, the listening and the file."""

    id: str
    path: Path
    written: asyncio.Future[RecordingDone]
    """Done when the worker has let go of the file."""
    told: Callable[[Heard], None] = field(default=lambda _: None)
    stopped: bool = False
    dropped: bool = False


class Ears:
    """Opens and closes ears."""

    def __init__(self, media: MediaPlane, directory: Path) -> None:
        """`directory` is for what is not to be kept."""
        self._media = media
        self._directory = directory
        self._open: dict[str, Ear] = {}

    def __len__(self) -> int:
        """How many files there are, or are going to be."""
        return len(self._open)

    def sweep(self) -> None:
        """Remove what files there are."""
        for path in self._directory.iterdir():
            path.unlink(missing_ok=True)

    def open(self, ear_id: str, leg_id: str) -> Ear:
        """Begin to write what a leg says. Raises Unavailable. Followed by `drop`, whatever happens."""
        path = self._directory / f"{ear_id}.wav"
        self._media.send(RecordLeg(recording=ear_id, leg=leg_id, path=str(path)))
        written: asyncio.Future[RecordingDone] = asyncio.get_running_loop().create_future()
        ear = self._open[ear_id] = Ear(ear_id, path, written)
        return ear

    def listen(
        self, ear: Ear, command: ListenForSpeech | ListenForMachine, told: Callable[[Heard], None]
    ) -> None:
        """Have it listened to; `told` gets what is heard. Raises Unavailable.

        ListeningFailed is told, too, when the leg goes before that.
        """
        self._media.listen(command, told)
        ear.told = told

    async def stop(self, ear: Ear) -> RecordingDone | None:
        """Listen and write no more: the file, complete; None where there is none."""
        self._stop(ear)
        try:
            async with asyncio.timeout(WRITTEN_DEADLINE_S):
                done = await asyncio.shield(ear.written)
        except TimeoutError:
            log.warning("the worker does not finish the file of %s", ear.id)
            return None
        return None if done.failed and not done.size else done

    def drop(self, ear: Ear) -> None:
        """Listen and write no more, and let the file go. Doing it again does no harm."""
        self._stop(ear)
        ear.dropped = True
        if ear.written.done():
            self._forget(ear)

    def on_done(self, notice: RecordingDone) -> None:
        """The worker has let go of a file, because it was told to or because the leg is over."""
        ear = self._open.get(notice.recording)
        if ear is None or ear.written.done():
            return
        ear.written.set_result(notice)
        if ear.dropped:
            self._forget(ear)
        elif not ear.stopped:
            ear.told(ListeningFailed(listening=ear.id, reason=notice.failed or "the leg is over"))

    def media_lost(self, names: frozenset[str]) -> None:
        """The worker died: nobody writes those of these names any more."""
        for ear in [ear for ear in self._open.values() if ear.id in names]:
            self.on_done(_lost(ear))

    async def close(self) -> None:
        """Drop what is open, and wait until the files are gone; not longer than finishing them takes."""
        for ear in list(self._open.values()):
            self.drop(ear)
        if self._open:
            await asyncio.wait([ear.written for ear in self._open.values()], timeout=WRITTEN_DEADLINE_S)
        self.sweep()

    def _stop(self, ear: Ear) -> None:
        if ear.stopped:
            return
        ear.stopped = True
        self._media.stop_listening(ear.id)
        if not ear.written.done():
            # A worker that is not there tells nothing either: `media_lost` does.
            with contextlib.suppress(Unavailable):
                self._media.send(StopRecording(recording=ear.id))

    def _forget(self, ear: Ear) -> None:
        self._open.pop(ear.id, None)
        ear.path.unlink(missing_ok=True)


def _lost(ear: Ear) -> RecordingDone:
    size = ear.path.stat().st_size if ear.path.exists() else 0
    return RecordingDone(
        recording=ear.id,
        path=str(ear.path),
        size=size,
        duration_s=0.0,
        channels=1,
        failed="the media worker died",
    )
