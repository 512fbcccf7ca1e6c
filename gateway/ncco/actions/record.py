"""record: record the conversation of the leg (NCCO reference; Voice API, recording).

The recording runs beside the script until the call ends or `timeOut` is over; with `endOnKey` or
`endOnSilence` the action lasts as long as the recording.
"""

from typing import Annotated, Literal

from msgspec import Meta

from gateway.forms import KEY
from gateway.ncco.actions.base import Action, Finished, OneUrl, Run, webhook
from gateway.ncco.actions.transcription import TranscriptionOptions, transcription
from gateway.ncco.effects import StartRecording, StopRecording
from gateway.ncco.happenings import DigitPressed, Happening, RecordingEnded
from gateway.ncco.stage import Stage
from gateway.store.records import Json

Format = Literal["wav", "mp3", "ogg"]


class Record(Action, frozen=True, kw_only=True, tag="record"):
    """Record. `split` gives the parties channels of their own; so does `channels`, which says how many."""

    format: Format | None = None
    split: Literal["conversation"] | None = None
    channels: Annotated[int, Meta(ge=1, le=32)] | None = None
    end_on_silence: Annotated[int, Meta(ge=3, le=10)] | None = None
    """Seconds without a sound from anybody."""
    end_on_key: Annotated[str, Meta(pattern=KEY)] | None = None
    time_out: Annotated[int, Meta(ge=3, le=7200)] | None = None
    beep_start: bool = False
    event_url: OneUrl | None = None
    event_method: Literal["GET", "POST"] = "POST"
    transcription: TranscriptionOptions | None = None

    def begin(self, stage: Stage) -> Run:
        """Start recording."""
        recording = stage.new_id()
        stage.emit(
            StartRecording(
                recording=recording,
                channels=self.tracks,
                format=self.file_format,
                limit_s=self.time_out,
                silence_s=self.end_on_silence,
                beep=self.beep_start,
                webhook=webhook(self.event_url, self.event_method),
                transcription=transcription(self.transcription),
            )
        )
        if self.end_on_key is None and self.end_on_silence is None:
            return Finished()
        return RecordRun(self.end_on_key, recording)

    def go_on(self, stage: Stage, kept: Json) -> Run:
        """Wait on."""
        return RecordRun(self.end_on_key, str(kept["recording"]))

    @property
    def tracks(self) -> int:
        """How many channels the file has: who says how many wants them, also without `split`."""
        return self.channels or (2 if self.split else 1)

    @property
    def file_format(self) -> Format:
        """MP3, or what is asked for; an MP3 holds two channels, so that more make a WAV of it."""
        if self.tracks > 2 and self.format in (None, "mp3"):
            return "wav"
        return self.format or "mp3"


class RecordRun:
    """Waits for the key, if there is one, or for the end of the recording by a silence or its time limit."""

    def __init__(self, key: str | None, recording: str) -> None:
        self.done = False
        self._key = key
        self._recording = recording

    @property
    def kept(self) -> Json:
        """The recording that it waits for."""
        return {"recording": self._recording}

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
