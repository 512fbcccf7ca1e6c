"""Acts on live audio: speak, play, dial, record, each with its bodies (Voice API; Conversation API, legs).

Calls, legs and conversations have them alike; what they answer is theirs.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.fields import Method, OneUrl
from gateway.api.requests import Model, TenantRequest
from gateway.api.validation import invalid
from gateway.forms import DIGITS, DTMF, LANGUAGE
from gateway.ncco.texts import TOO_LONG, Text, is_too_long
from gateway.ncco.voices import voice_of
from gateway.ports import Audience, NewRecording, OneLeg, Sound, Speech
from gateway.store.records import Transcription, Webhook

MAX_DIGITS = 45
"""As many as client SDKs send at once; a media worker holds 64 that wait."""
MINUTES_PER_DAY = 1440

Loop = Annotated[int, Meta(ge=0)]
"""0 until it is stopped."""


class Done(msgspec.Struct, frozen=True):
    """What was done, and to what."""

    message: str
    uuid: str


def done(message: str, uuid: str) -> web.Response:
    """It is done."""
    return web.json_response(msgspec.to_builtins(Done(message, uuid)))


class Sounding(msgspec.Struct, frozen=True, kw_only=True):
    """What speech and files have in common."""

    level: float | str = 0.0
    """-1 to 1, also written as a string."""
    loop: Loop = 1

    @property
    def loudness(self) -> float:
        """The level as a number. Raises Invalid."""
        try:
            level = float(self.level)
        except ValueError:
            level = float("nan")
        if not -1 <= level <= 1:
            raise invalid("level", "must be a number from -1 to 1")
        return level


class Talk(Sounding, frozen=True, kw_only=True):
    """Something to say. `voice_name` counts where no language is said; `premium` changes nothing."""

    text: Text
    language: Annotated[str, Meta(min_length=2, max_length=35)] | None = None
    style: Annotated[int, Meta(ge=0, le=1000)] | None = None
    premium: bool = False
    voice_name: Annotated[str, Meta(max_length=200)] = ""

    def speech(self) -> Speech:
        """What the core is asked for. Raises Invalid."""
        if is_too_long(self.text):
            raise invalid("text", TOO_LONG)
        language, style = voice_of(self.voice_name, self.language, self.style)
        return Speech(text=self.text, language=language, style=style, level=self.loudness, loop=self.loop)


class Stream(Sounding, frozen=True, kw_only=True):
    """A file to play."""

    stream_url: OneUrl

    def sound(self) -> Sound:
        """What the core is asked for. Raises Invalid."""
        return Sound(url=self.stream_url[0], level=self.loudness, loop=self.loop)


class Dial(msgspec.Struct, frozen=True, kw_only=True):
    """Digits to send; p is a pause of half a second."""

    digits: Annotated[str, Meta(pattern=DIGITS, max_length=MAX_DIGITS)]
    method: Literal["in", "out"] = "in"
    """Taken, and of no consequence: digits are sent to the leg."""


class DialCall(Dial, frozen=True, kw_only=True):
    """Digits to send to a call, which has no A to D (Voice API reference)."""

    digits: Annotated[str, Meta(pattern=DTMF, min_length=1, max_length=MAX_DIGITS)]


class TranscriptionWish(msgspec.Struct, frozen=True, kw_only=True):
    """How a recording is to be transcribed; an empty object asks for the defaults."""

    language: Annotated[str, Meta(pattern=LANGUAGE, max_length=35)] = "en-US"
    sentiment_analysis: bool = False
    """Taken, and of no consequence."""
    event_url: OneUrl | None = None
    event_method: Method = "POST"


class RecordConversation(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /conversations/{id}/record."""

    action: Literal["start", "stop"]
    event_url: OneUrl | None = None
    event_method: Method = "POST"
    split: Literal["conversation"] | None = None
    format: Literal["mp3", "wav", "ogg", "vorbis"] = "mp3"
    timeout: Annotated[int, Meta(ge=3, le=7200)] | None = None
    """Seconds after which it ends by itself."""
    retention_ttl: Annotated[int, Meta(ge=1, le=36_500)] | None = None
    """Its unit is published nowhere: taken for days, the reading that loses nothing."""
    transcription: TranscriptionWish | None = None

    def recording(self) -> NewRecording:
        """What the core is asked for."""
        return NewRecording(
            format="ogg" if self.format == "vorbis" else self.format,
            channels=2 if self.split else 1,
            limit_s=self.timeout,
            keep_days=self.retention_ttl,
            event=_webhook(self.event_url, self.event_method),
            transcription=_transcription(self.transcription),
        )


class RecordLeg(msgspec.Struct, frozen=True, kw_only=True):
    """POST /legs/{id}/recording. A file can be read while it grows, `streamed` or not."""

    split: bool = False
    streamed: bool = False
    beep: bool = False
    public: bool = False
    validity_time: Annotated[float, Meta(ge=1, le=44_640)] | None = None
    """Minutes that the file is kept."""
    destination_url: list[str] | None = None
    format: Literal["mp3", "wav", "vorbis", "ogg"] = "mp3"
    transcription: TranscriptionWish | None = None

    def recording(self) -> NewRecording:
        """What the core is asked for. Raises Invalid for what is not supported."""
        for name in ("public", "destination_url"):
            if getattr(self, name):
                raise invalid(name, "is not supported yet")
        return NewRecording(
            format="ogg" if self.format == "vorbis" else self.format,
            channels=2 if self.split else 1,
            beep_start=self.beep,
            beep_stop=self.beep,
            keep_days=None if self.validity_time is None else self.validity_time / MINUTES_PER_DAY,
            transcription=_transcription(self.transcription),
        )


def _transcription(wish: TranscriptionWish | None) -> Transcription | None:
    if wish is None:
        return None
    return Transcription(
        language=wish.language,
        webhook=_webhook(wish.event_url, wish.event_method),
        sentiment=wish.sentiment_analysis,
    )


def _webhook(urls: list[str] | None, method: Method) -> Webhook | None:
    if not urls:
        return None
    return Webhook(address=urls[0], http_method=method)


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something that can be done to the sound of a place."""

    name: str
    """The last segment of its path."""
    message: str
    """What is said when it is done."""
    summary: str
    carry_out: Callable[[TenantRequest, Audience], Awaitable[str | None]]
    """Does it; the id of what came of it, where clients need that."""
    body: Model = None
    stops: bool = False


async def _talk(request: TenantRequest, audience: Audience) -> None:
    await request.services.studio.say(request.tenant, audience, (await request.body(Talk)).speech())


async def _stream(request: TenantRequest, audience: Audience) -> None:
    await request.services.studio.play(request.tenant, audience, (await request.body(Stream)).sound())


async def _stop_talk(request: TenantRequest, audience: Audience) -> None:
    await request.services.studio.hush(request.tenant, audience, "say")


async def _stop_stream(request: TenantRequest, audience: Audience) -> None:
    await request.services.studio.hush(request.tenant, audience, "play")


def _dialling(body: type[Dial]) -> Callable[[TenantRequest, Audience], Awaitable[None]]:
    async def dial(request: TenantRequest, audience: Audience) -> None:
        digits = (await request.body(body)).digits
        if isinstance(audience, OneLeg):
            await request.services.studio.dial_digits(request.tenant, audience.leg_id, digits)

    return dial


async def _record(request: TenantRequest, audience: Audience) -> str:
    new = (await request.body(RecordLeg)).recording()
    fact = await request.services.studio.record(request.tenant, audience, new)
    return str(fact.body["recording_id"])


async def _stop_record(request: TenantRequest, audience: Audience) -> None:
    await request.services.studio.stop_recording(request.tenant, audience)


TALK = Act(name="talk", message="Talk started", summary="Speak", carry_out=_talk, body=Talk)
STOP_TALK = Act(
    name="talk", message="Talk stopped", summary="Stop speaking", carry_out=_stop_talk, stops=True
)
STREAM = Act(name="stream", message="Stream started", summary="Play a file", carry_out=_stream, body=Stream)
STOP_STREAM = Act(
    name="stream", message="Stream stopped", summary="Stop playing files", carry_out=_stop_stream, stops=True
)
DIAL = Act(name="dtmf", message="DTMF sent", summary="Send digits", carry_out=_dialling(Dial), body=Dial)
DIAL_CALL = replace(DIAL, carry_out=_dialling(DialCall), body=DialCall)
RECORD = Act(
    name="recording", message="Recording started", summary="Record", carry_out=_record, body=RecordLeg
)
STOP_RECORD = Act(
    name="recording",
    message="Recording stopped",
    summary="Stop recording",
    carry_out=_stop_record,
    stops=True,
)
SOUNDS = (TALK, STOP_TALK, STREAM, STOP_STREAM)
