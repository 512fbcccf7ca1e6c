"""Bodies of events that act on what sounds: speech, files, recordings, digits, switches."""

from typing import Annotated, Literal

from msgspec import Meta

from gateway.conversation.client_events.body import Body, Id, Label, Part, wrong
from gateway.forms import DIGITS
from gateway.ncco.actions.base import Level, Loop, OneUrl
from gateway.ncco.texts import MAX_TEXT, Text, is_too_long

Digits = Annotated[str, Meta(pattern=DIGITS, max_length=45)]
"""As many as the client SDKs let pass."""


class Say(Body, frozen=True, kw_only=True):
    """`audio:say`: speak a text."""

    text: Text
    level: Level = 0.0
    loop: Loop = 1
    """0 until it is stopped."""
    language: Annotated[str, Meta(max_length=35)] | None = None
    style: Annotated[int, Meta(ge=0, le=1000)] | None = None
    queue: bool | None = None
    voice_name: Label | None = None
    premium: bool | None = None
    ssml: bool | None = None

    def __post_init__(self) -> None:
        """Raises Invalid for a text that is too long."""
        if is_too_long(self.text):
            reason = f"length must be less than or equal to {MAX_TEXT} characters besides SSML tags"
            raise wrong("body.text", reason)


class SayStop(Body, frozen=True, kw_only=True):
    """`audio:say:stop`."""

    say_id: Id


class Play(Body, frozen=True, kw_only=True):
    """`audio:play`: play an audio file."""

    stream_url: OneUrl
    level: Level = 0.0
    loop: Loop = 1
    """0 until it is stopped."""
    queue: bool | None = None


class PlayStop(Body, frozen=True, kw_only=True):
    """`audio:play:stop`."""

    play_id: Id


class Transcription(Part, frozen=True, kw_only=True):
    """How a recording is to be written down."""

    language: Label
    sentiment_analysis: bool | None = None


class Record(Body, frozen=True, kw_only=True):
    """`audio:record`: record the conversation, or one leg and what it hears."""

    format: Literal["mp3", "wav", "ogg", "vorbis"] = "mp3"
    validity: Annotated[int, Meta(ge=1, le=44_640)] | None = None
    """Minutes that the file is kept."""
    channels: Annotated[int, Meta(ge=1, le=32)] = 1
    beep_start: bool = False
    beep_stop: bool = False
    streamed: bool | None = None
    detect_speech: bool | None = None
    split: bool | None = None
    multitrack: bool | None = None
    mulitrack: bool | None = None
    """As one published description spells it."""
    transcription: Transcription | None = None


class RecordStop(Body, frozen=True, kw_only=True):
    """`audio:record:stop`. It is published as `record_id`, and its start answers with `recording_id`."""

    record_id: Id | None = None
    recording_id: Id | None = None

    def __post_init__(self) -> None:
        """Raises Invalid when neither is there."""
        if not self.recording:
            raise wrong("body.record_id", "is required")

    @property
    def recording(self) -> str:
        """The recording's id."""
        return self.record_id or self.recording_id or ""


class DtmfChannel(Part, frozen=True, kw_only=True):
    """The leg that digits are about."""

    id: Id | None = None
    type: Label | None = None


class Dtmf(Body, frozen=True, kw_only=True):
    """`audio:dtmf`: digits, in `digits` or in `digit`."""

    digits: Digits | None = None
    digit: Digits | None = None
    channel: DtmfChannel | None = None
    dtmf_seq: int | None = None

    def __post_init__(self) -> None:
        """Raises Invalid when neither is there."""
        if not self.pressed:
            raise wrong("body.digits", "is required")

    @property
    def pressed(self) -> str:
        """The digits."""
        return self.digits or self.digit or ""


class Switch(Body, frozen=True, kw_only=True):
    """Mute and earmuff, on and off. Real clients leave `rtc_id` out where `to` names the member."""

    rtc_id: Id | None = None
    """The leg."""
