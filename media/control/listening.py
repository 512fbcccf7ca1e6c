"""What the gateway and the hearing process say to each other: speech, machines, transcripts."""

from typing import Literal

import msgspec

from media.control.commands import Command
from media.control.notices import Notice


class ListenForSpeech(Command, frozen=True, kw_only=True):
    """To the hearing process: follow the WAV file at `path` while it grows, and tell what is said in it.

    SpeechBegan is told once; SpeechPartial, where `partial` wants it, each time that more is understood;
    SpeechHeard at the end. Speech ends with `end_on_silence_s` of silence, or `max_duration_s` after it
    began. `context` are phrases that are likely. `sensitivity` is 10 to 100: the higher, the softer may
    speech be.
    """

    listening: str
    path: str
    language: str = "en-US"
    context: tuple[str, ...] = ()
    end_on_silence_s: float = 2.0
    max_duration_s: float = 60.0
    sensitivity: int = 90
    partial: bool = False


class ListenForMachine(Command, frozen=True, kw_only=True):
    """To the hearing process: follow the WAV file at `path`, from the moment when a callee answered.

    MachineHeard tells who answered. With `beep_timeout_s`, a machine's beep is waited for after that, so
    long: BeepHeard.
    """

    listening: str
    path: str
    beep_timeout_s: float | None = None


class StopListening(Command, frozen=True, kw_only=True):
    """Follow a file no more; nothing is told of it any more."""

    listening: str


class Transcribe(Command, frozen=True, kw_only=True):
    """To the hearing process: write what is said in the audio file `path` to `target`, as JSON.

    The form of `target` is that of the published transcripts, a list for each channel (Voice API, recording).
    Answered by Transcribed or TranscriptionFailed.
    """

    transcription: str
    path: str
    target: str
    language: str = "en-US"


class SpeechBegan(Notice, frozen=True, kw_only=True):
    """Somebody has begun to speak, so many seconds after the beginning of the file."""

    listening: str
    at_s: float


class SpeechPartial(Notice, frozen=True, kw_only=True):
    """What has been understood so far; it may still change."""

    listening: str
    text: str


class Hypothesis(msgspec.Struct, frozen=True):
    """What may have been said. `confidence` is 0 to 1."""

    text: str
    confidence: float


class SpeechHeard(Notice, frozen=True, kw_only=True):
    """The speech is over. `results`, the best first, are empty where nothing was understood."""

    listening: str
    results: tuple[Hypothesis, ...] = ()
    ended_by: Literal["silence", "max_duration"] = "silence"
    began_s: float = 0.0
    ended_s: float = 0.0
    """Seconds after the beginning of the file; of the last sound of the speech."""
    recogniser: str = ""
    """Which recogniser understood it."""
    failed: str = ""
    """Why it cannot be recognised; empty when it can."""


class MachineHeard(Notice, frozen=True, kw_only=True):
    """Who answered, and how sure that is (0 to 1)."""

    listening: str
    verdict: Literal["human", "machine"]
    confidence: float
    at_s: float


class BeepHeard(Notice, frozen=True, kw_only=True):
    """The machine's beep has ended, `heard`, or did not come in time."""

    listening: str
    heard: bool
    at_s: float


class ListeningFailed(Notice, frozen=True, kw_only=True):
    """The file cannot be followed any more; nothing else is told of it."""

    listening: str
    reason: str


class Transcribed(Notice, frozen=True, kw_only=True):
    """The transcript is in its file."""

    transcription: str
    size: int
    """Octets."""


class TranscriptionFailed(Notice, frozen=True, kw_only=True):
    """There is no transcript."""

    transcription: str
    reason: str


ListeningCommands = ListenForSpeech | ListenForMachine | StopListening | Transcribe
ListeningNotices = (
    SpeechBegan
    | SpeechPartial
    | SpeechHeard
    | MachineHeard
    | BeepHeard
    | ListeningFailed
    | Transcribed
    | TranscriptionFailed
)
