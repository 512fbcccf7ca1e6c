"""record: record the conversation of the leg (NCCO reference; Voice API, recording).

The recording runs beside the script until the call ends or `timeOut` is over; with `endOnKey` the action
lasts as long as the recording.
"""

from typing import Annotated, Literal

from msgspec import Meta

from gateway.forms import KEY
from gateway.ncco.actions.base import Action, Finished, OneUrl, Run, webhook
from gateway.ncco.stage import (
    DigitPressed,
    Happening,
    RecordingEnded,
    Stage,
    StartRecording,
    StopRecording,
)


class Record(Action, frozen=True, kw_only=True, tag="record"):
    """Record. `split` gives each party a channel; `channels` says how many."""

    format: Literal["wav", "mp3", "ogg"] | None = None
    split: Literal["conversation"] | None = None
    channels: Annotated[int, Meta(ge=1, le=32)] | None = None
    end_on_key: Annotated[str, Meta(pattern=KEY)] | None = None
    time_out: Annotated[int, Meta(ge=3, le=7200)] | None = None
    event_url: OneUrl | None = None
    event_method: Literal["GET", "POST"] = "POST"

    def begin(self, stage: Stage) -> Run:
        """Start recording."""
        recording = stage.new_id()
        channels = (self.channels or 2) if self.split else 1
        stage.emit(
            StartRecording(
                recording=recording,
                channels=channels,
                format=self.format or ("wav" if channels > 2 else "mp3"),
                limit_s=self.time_out,
                webhook=webhook(self.event_url, self.event_method),
            )
        )
        if self.end_on_key is None:
            return Finished()
        return RecordRun(self.end_on_key, recording)


class RecordRun:
    """Waits for the key, or for the end of the recording by its time limit."""

    def __init__(self, key: str, recording: str) -> None:
        self.done = False
        self._key = key
        self._recording = recording

    def take(self, happening: Happening, stage: Stage) -> None:
        """The key ends the recording; its end is the action's."""
        match happening:
            case DigitPressed(digit=digit) if digit == self._key:
                stage.emit(StopRecording(recording=self._recording))
            case RecordingEnded(recording=recording) if recording == self._recording:
                self.done = True
            case _:
                return

    def leave(self, stage: Stage) -> None:
        """A recording that was waited for does not outlive its action."""
        stage.emit(StopRecording(recording=self._recording))
