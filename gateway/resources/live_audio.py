"""Posted events that act on what sounds: who is meant, and what the studio does about it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from gateway.conversation.client_events import stored
from gateway.conversation.client_events.audio import (
    Dtmf,
    Play,
    PlayStop,
    Record,
    RecordStop,
    Say,
    SayStop,
    Switch,
)
from gateway.conversation.client_events.body import Body
from gateway.conversation.commands import Note
from gateway.errors import NotFound, Unavailable
from gateway.ncco.voices import voice_of
from gateway.ports import Audience, Calls, Everybody, NewEvent, NewRecording, OneLeg, Sound, Speech, Studio
from gateway.store.records import ApplicationRecord, EventRecord, Json, LegRecord, Transcription
from gateway.switchboard import Switchboard

SWITCH_DEADLINE_S = 10.0
"""How long a leg may take to throw a switch: it does one thing after the other."""

MINUTES_OF_DAY = 24 * 60

Acting = Say | SayStop | Play | PlayStop | Record | RecordStop | Dtmf | Switch
"""Bodies of events that act."""


class LiveAudio:
    """Does what a posted event says; the fact that comes of it answers the client."""

    def __init__(self, switchboard: Switchboard, studio: Studio, calls: Calls) -> None:
        self._switchboard = switchboard
        self._studio = studio
        self._calls = calls

    async def act(
        self, application: ApplicationRecord, conversation_id: str, new: NewEvent, body: Acting
    ) -> EventRecord:
        """Raises NotFound for legs, speech and recordings that are not there, and what the studio raises."""
        stage = _Stage(application, conversation_id, new, self._switchboard.legs(conversation_id))
        match body:
            case Say():
                return await self._studio.say(application.id, stage.audience(), _speech(body), new.from_)
            case Play():
                return await self._studio.play(application.id, stage.audience(), _sound(body), new.from_)
            case Record():
                return await self._studio.record(
                    application.id, stage.audience(), _recording(body), new.from_
                )
            case SayStop(say_id=sound_id):
                return await self._stop(
                    stage, lambda place: self._studio.hush(application.id, place, "say", sound_id)
                )
            case PlayStop(play_id=sound_id):
                return await self._stop(
                    stage, lambda place: self._studio.hush(application.id, place, "play", sound_id)
                )
            case RecordStop(recording=recording_id):
                return await self._stop(
                    stage, lambda place: self._studio.stop_recording(application.id, place, recording_id)
                )
            case Dtmf():
                return await self._dial(stage, body)
            case Switch():
                return await self._switch(stage, body)

    async def _stop(self, stage: "_Stage", stop: Callable[[Audience], Awaitable[None]]) -> EventRecord:
        """Stop it, and write that it was asked for.

        The fact follows its effect here: what is not there to be stopped is refused, and a refused event
        leaves no trace. Nothing is lost between the two, since what ends is written as `done` in any case.
        """
        for place in stage.places():
            with suppress(NotFound):
                await stop(place)
                break
        else:
            raise NotFound("There is nothing of this id that could be stopped.", code="audio:error:not-found")
        return await self._note(stage)

    async def _dial(self, stage: "_Stage", body: Dtmf) -> EventRecord:
        facts = [
            await self._studio.dial_digits(stage.application.id, leg.id, body.pressed, stage.new.from_)
            for leg in stage.dialled(body.channel.id if body.channel else None)
        ]
        return facts[0]

    async def _switch(self, stage: "_Stage", body: Switch) -> EventRecord:
        """Mute, earmuff: the leg does it in its turn, and tells it like all that happens to it."""
        _, what, state = stage.new.type.split(":")
        leg, on = stage.leg(body.rtc_id), state == "on"

        def is_it(fact: EventRecord) -> bool:
            return (fact.type, fact.body.get("rtc_id")) == (stage.new.type, leg.id)

        with self._switchboard.expect(is_it) as fact:
            muted, earmuffed = (on, None) if what == "mute" else (None, on)
            await self._calls.set_audio(stage.application.id, leg.id, muted=muted, earmuffed=earmuffed)
            try:
                async with asyncio.timeout(SWITCH_DEADLINE_S):
                    return await fact
            except TimeoutError:
                raise Unavailable("The leg is busy; ask again.") from None

    async def _note(self, stage: "_Stage") -> EventRecord:
        new = stage.new
        note = Note(type=new.type, from_=new.from_, to=new.to, body=stored(new.body))
        (fact,) = await self._switchboard.do(stage.application, stage.conversation_id, note)
        return fact


class _Stage:
    """Who is there, and whom an event means."""

    def __init__(
        self, application: ApplicationRecord, conversation_id: str, new: NewEvent, legs: list[LegRecord]
    ) -> None:
        self.application = application
        self.conversation_id = conversation_id
        self.new = new
        self._legs = [leg for leg in legs if leg.application_id == application.id]

    def audience(self) -> Audience:
        """The member that the event is addressed to; everybody when it is to nobody in particular."""
        if self.new.to is None:
            return Everybody(conversation_id=self.conversation_id)
        return OneLeg(leg_id=self._of_member(self.new.to).id)

    def places(self) -> list[Audience]:
        """Where something may sound that is named by its id alone."""
        if self.new.to is not None:
            return [self.audience()]
        return [self.audience(), *(OneLeg(leg_id=leg.id) for leg in self._legs)]

    def leg(self, leg_id: str | None) -> LegRecord:
        """The leg that is named; otherwise that of the member addressed, or of the sender.

        Raises NotFound.
        """
        if leg_id is None:
            return self._of_member(self.new.to or self.new.from_)
        return self._found(leg for leg in self._legs if leg.id == leg_id)

    def dialled(self, leg_id: str | None) -> list[LegRecord]:
        """The legs that digits go to: never empty. Raises NotFound.

        Client SDKs name the leg that presses the keys, their own: the digits go to all the others.
        """
        if self.new.to is not None:
            return [self._of_member(self.new.to)]
        named = self.leg(leg_id) if leg_id is not None else None
        if named is not None and named.member_id != self.new.from_:
            return [named]
        others = [leg for leg in self._legs if leg.member_id != self.new.from_ and leg.status == "answered"]
        return others or [self._found(())]

    def _of_member(self, member_id: str | None) -> LegRecord:
        return self._found(leg for leg in self._legs if leg.member_id == member_id)

    def _found(self, legs: Iterable[LegRecord]) -> LegRecord:
        for leg in legs:
            return leg
        raise NotFound("Leg does not exist, or you do not have access.", code="leg:error:not-found")


def _speech(body: Say) -> Speech:
    language, style = voice_of(body.voice_name, body.language, body.style)
    return Speech(
        text=body.text,
        language=language,
        style=style,
        level=body.level,
        loop=body.loop,
        also=_besides(body, "text", "language", "style", "level", "loop"),
    )


def _sound(body: Play) -> Sound:
    also = _besides(body, "stream_url", "level", "loop")
    return Sound(url=body.stream_url[0], level=body.level, loop=body.loop, also=also)


def _recording(body: Record) -> NewRecording:
    return NewRecording(
        format="ogg" if body.format == "vorbis" else body.format,
        channels=body.channels,
        beep_start=body.beep_start,
        beep_stop=body.beep_stop,
        keep_days=body.validity / MINUTES_OF_DAY if body.validity is not None else None,
        transcription=_transcription(body),
        also=_besides(body, "format", "channels", "beep_start", "beep_stop"),
    )


def _transcription(body: Record) -> Transcription | None:
    wish = body.transcription
    if wish is None:
        return None
    return Transcription(language=wish.language, sentiment=bool(wish.sentiment_analysis))


def _besides(body: Body, *names: str) -> Json:
    """The members of a body that are not named."""
    return {name: value for name, value in stored(body).items() if name not in names}
