"""The studio: what REST lets sound in conversations and legs, and what it has recorded of them.

It finds out who is to hear; how a prompt sounds and a recording comes to be is the same as for scripts.
"""

from collections.abc import Awaitable, Callable
from typing import Literal

from gateway.calls.equipment import Equipment
from gateway.calls.prompts import PLAY, SAY, Scene
from gateway.calls.recordings import Order
from gateway.conversation.commands import Note
from gateway.conversation.leg import channel_of, is_over
from gateway.errors import Invalid, NotFound, Unavailable
from gateway.ncco.effects import Say, Stream
from gateway.ports import Audience, Everybody, NewRecording, OneLeg, Sound, Speech
from gateway.resources.lookups import application_of
from gateway.store.records import EventRecord, LegRecord
from media.control import StartRecording

MAX_RECORDINGS = 10
"""That REST has running of one conversation or leg at once: a media worker has room for few."""

_KINDS: dict[Literal["say", "play"], str] = {"say": SAY, "play": PLAY}


class LiveStudio:
    """`gateway.ports.Studio`."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment

    async def say(
        self, application_id: str, audience: Audience, speech: Speech, by: str | None = None
    ) -> EventRecord:
        """Speak: the fact `audio:say`, with its `say_id`. `by` is the member that wants it."""
        prompt = Say(
            play=self._equipment.ids.uuid(),
            text=speech.text,
            language=speech.language,
            style=speech.style,
            level=speech.level,
            loop=speech.loop,
        )
        start = self._equipment.prompts.start
        return await self._in_scene(
            application_id, audience, by, lambda scene: start(scene, prompt, also=speech.also)
        )

    async def play(
        self, application_id: str, audience: Audience, sound: Sound, by: str | None = None
    ) -> EventRecord:
        """Play an audio file from a URL: the fact `audio:play`, with its `play_id`."""
        prompt = Stream(play=self._equipment.ids.uuid(), url=sound.url, level=sound.level, loop=sound.loop)
        start = self._equipment.prompts.start
        return await self._in_scene(
            application_id, audience, by, lambda scene: start(scene, prompt, also=sound.also)
        )

    async def hush(
        self,
        application_id: str,
        audience: Audience,
        what: Literal["say", "play"],
        sound_id: str | None = None,
    ) -> None:
        """Stop one thing that is spoken or played there, or all that REST lets sound there.

        Raises NotFound for a `sound_id` that does not sound; where there is silence already, all is well.
        """
        place = await self._place(application_id, audience)
        sounding = self._equipment.prompts.steered(place, _KINDS[what])
        for each in _chosen(sounding, sound_id, "audio"):
            self._equipment.prompts.stop(each)

    async def dial_digits(
        self, application_id: str, leg_id: str, digits: str, by: str | None = None
    ) -> EventRecord:
        """Send DTMF to a leg: the fact `audio:dtmf`, with its `dtmf_id`."""

        async def dial(scene: Scene) -> EventRecord:
            leg = self._equipment.switchboard.leg(scene.conversation_id, leg_id)
            body = {"digits": digits, "dtmf_id": self._equipment.ids.uuid(), "channel": channel_of(leg)}
            note = Note(type="audio:dtmf", from_=by, to=leg.member_id, body=body)
            (fact,) = await self._equipment.switchboard.do(scene.application, scene.conversation_id, note)
            self._equipment.keypads.press(self._equipment.media, leg_id, digits)
            return fact

        return await self._in_scene(application_id, OneLeg(leg_id=leg_id), by, dial)

    async def record(
        self, application_id: str, audience: Audience, new: NewRecording, by: str | None = None
    ) -> EventRecord:
        """Record a conversation, or a leg and what it hears: the fact `audio:record` with `recording_id`.

        In more than one channel, a leg has the first for itself. Raises Unavailable for too many at once.
        """
        recording = self._equipment.ids.uuid()

        async def start(scene: Scene) -> EventRecord:
            if len(self._equipment.recordings.steered(scene.place)) >= MAX_RECORDINGS:
                raise Unavailable(f"{MAX_RECORDINGS} recordings run there; no more can be started now")
            return await self._equipment.recordings.start(_order(scene, new, recording))

        return await self._in_scene(application_id, audience, by, start)

    async def stop_recording(
        self, application_id: str, audience: Audience, recording_id: str | None = None
    ) -> None:
        """Stop one recording of what `record` started there, or all of it.

        Raises NotFound for a `recording_id` that does not run; where nothing is recorded, all is well.
        """
        place = await self._place(application_id, audience)
        running = self._equipment.recordings.steered(place)
        for each in _chosen(running, recording_id, "recording"):
            self._equipment.recordings.stop(each)

    async def _in_scene(
        self,
        application_id: str,
        audience: Audience,
        by: str | None,
        act: Callable[[Scene], Awaitable[EventRecord]],
    ) -> EventRecord:
        """Act where the audience is; once more where a leg has gone elsewhere meanwhile."""
        scene = await self._scene(application_id, audience, by)
        try:
            return await act(scene)
        except NotFound:
            again = await self._scene(application_id, audience, by)
            if again.conversation_id == scene.conversation_id:
                raise
        return await act(again)

    async def _scene(self, application_id: str, audience: Audience, by: str | None) -> Scene:
        """Where it sounds. Raises NotFound, and Invalid for a leg that is not answered."""
        application = await application_of(self._equipment.store, application_id)
        match audience:
            case OneLeg(leg_id=leg_id):
                leg = _answered(await self._leg(application_id, leg_id))
                return Scene(
                    application=application, conversation_id=leg.conversation_id, leg=leg, by=by, steered=True
                )
            case Everybody():
                place = await self._place(application_id, audience)
                self._check_somebody_hears(place)
                return Scene(application=application, conversation_id=place, by=by, steered=True)

    async def _place(self, application_id: str, audience: Audience) -> str:
        """The id of the leg or of the conversation. Raises NotFound."""
        match audience:
            case OneLeg(leg_id=leg_id):
                return (await self._leg(application_id, leg_id)).id
            case Everybody(conversation_id=conversation_id):
                if await self._equipment.store.conversation(application_id, conversation_id) is None:
                    raise NotFound(
                        "Conversation does not exist, or you do not have access.",
                        code="conversation:error:not-found",
                    )
                return conversation_id

    async def _leg(self, application_id: str, leg_id: str) -> LegRecord:
        leg = await self._equipment.store.leg(application_id, leg_id)
        if leg is None or is_over(leg):
            raise NotFound("Leg does not exist, or you do not have access.", code="leg:error:not-found")
        return leg

    def _check_somebody_hears(self, conversation_id: str) -> None:
        """A conversation has sound as long as an answered leg is in it."""
        legs = self._equipment.switchboard.legs(conversation_id)
        if not any(leg.status == "answered" for leg in legs):
            raise NotFound("Nobody is in the conversation who could hear.", code="mixer:error:not-found")


def _order(scene: Scene, new: NewRecording, recording: str) -> Order:
    command = StartRecording(
        recording=recording,
        room=scene.conversation_id,
        path="",
        channels=new.channels,
        leg=None if scene.leg is None else scene.leg.id,
        format=new.format,
    )
    return Order(
        application=scene.application,
        command=command,
        leg=scene.leg,
        webhook=new.event,
        transcription=new.transcription,
        by=scene.by,
        steered=True,
        limit_s=new.limit_s,
        keep_days=new.keep_days,
        beep_start=new.beep_start,
        beep_stop=new.beep_stop,
        also=new.also,
    )


def _answered(leg: LegRecord) -> LegRecord:
    if leg.status != "answered":
        raise Invalid("the leg is not answered yet", code="leg:error:not-answered", leg=f"is {leg.status}")
    return leg


def _chosen(running: list[str], wanted: str | None, kind: Literal["audio", "recording"]) -> list[str]:
    """All that runs, or the wanted one of it."""
    if wanted is None:
        return running
    if wanted not in running:
        raise NotFound(f"There is no such {kind} running.", code=f"{kind}:error:not-found")
    return [wanted]
