"""The prompts that sound, for a leg or for a whole conversation: speech and files, from a wish to its end.

Scripts and REST wish for them alike. The beginning of each is a fact (`audio:say`, `audio:play`), and so is
its end (`audio:say:done`, `audio:play:done`), whatever the end is; both are in the conversation where it
began.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from gateway.calls.openings import cut
from gateway.conversation.commands import Note
from gateway.conversation.leg import channel_of
from gateway.errors import GatewayError
from gateway.media_plane import MediaPlane
from gateway.ncco.effects import Say, Stream
from gateway.store.records import ApplicationRecord, Delivery, EventRecord, Json, LegRecord
from gateway.switchboard import Switchboard
from gateway.webhooks.downloads import Downloads
from gateway.webhooks.failures import EgressError
from gateway.webhooks.payloads import error_event
from media.control import Play, PlayDone

log = logging.getLogger(__name__)

SAY, PLAY = "audio:say", "audio:play"
_ID = {SAY: "say_id", PLAY: "play_id"}

Outcome = Literal["played", "stopped", "failed"]
"""How a prompt ended, as `PlayDone` has it."""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Where a prompt sounds, and whose wish it is."""

    application: ApplicationRecord
    conversation_id: str
    leg: LegRecord | None = None
    """Who hears it; everybody in the conversation when None."""
    by: str | None = None
    """The member whose wish it is."""
    steered: bool = False
    """Wished for by REST, which has one thing said and one played in a place at a time."""

    @property
    def place(self) -> str:
        """The id of the leg or of the conversation."""
        return self.conversation_id if self.leg is None else self.leg.id


@dataclass(slots=True, eq=False)
class _Playing:
    play: str
    scene: Scene
    kind: str
    sounding: asyncio.Task[PlayDone]
    ended: Callable[[Outcome], None]
    life: asyncio.Task[None] = field(init=False)
    """Lasts until the end is written."""


class Prompts:
    """Everything that sounds, and what is waited for before it can."""

    def __init__(self, switchboard: Switchboard, media: MediaPlane, downloads: Downloads) -> None:
        self._switchboard = switchboard
        self._media = media
        self._downloads = downloads
        self._playing: dict[str, _Playing] = {}

    async def start(
        self,
        scene: Scene,
        prompt: Say | Stream,
        ended: Callable[[Outcome], None] = lambda _: None,
        also: Json | None = None,
    ) -> EventRecord:
        """Begin a prompt: its first fact, which says `also`; `ended` is called at its end, however it ends.

        Raises what deciding raises; nothing sounds then. What REST lets sound takes the place of what REST
        let sound there before.
        """
        kind, body = _described(prompt)
        (fact,) = await self._note(scene, kind, {**(also or {}), **body})
        if scene.steered:
            for earlier in self.steered(scene.place, kind):
                self.stop(earlier)
        sounding = asyncio.create_task(self._sound(scene, prompt), name=f"prompt {prompt.play}")
        playing = _Playing(prompt.play, scene, kind, sounding, ended)
        self._playing[prompt.play] = playing
        playing.life = asyncio.create_task(self._live(playing), name=f"prompt {prompt.play} to its end")
        return fact

    def stop(self, play: str) -> None:
        """Stop a prompt, also one that does not sound yet; one that is over is left alone."""
        playing = self._playing.get(play)
        if playing is not None:
            playing.sounding.cancel()

    def steered(self, place: str, kind: str) -> list[str]:
        """What REST lets sound for a leg, or for a conversation."""
        return [
            play
            for play, each in self._playing.items()
            if each.scene.steered and each.kind == kind and each.scene.place == place
        ]

    def stop_all(self, conversation_id: str) -> None:
        """Stop what sounds for everybody in a conversation."""
        _stop(each for each in self._playing.values() if each.scene.place == conversation_id)

    async def close_leg(self, leg_id: str) -> None:
        """Stop what sounds for a leg, and wait until that is written."""
        await _over([each for each in self._playing.values() if each.scene.place == leg_id])

    async def close(self) -> None:
        """Stop everything, and wait until that is written."""
        await _over(list(self._playing.values()))

    async def _live(self, playing: _Playing) -> None:
        """From the first sound to the fact of the end."""
        outcome: Outcome
        try:
            done = await playing.sounding
            outcome, reason = done.outcome, done.reason
        except asyncio.CancelledError:
            outcome, reason = "stopped", ""
        except (GatewayError, EgressError, OSError) as error:
            outcome, reason = "failed", str(error)
        try:
            await self._note_end(playing, outcome, reason)
        finally:
            del self._playing[playing.play]
            playing.ended(outcome)

    async def _sound(self, scene: Scene, prompt: Say | Stream) -> PlayDone:
        if isinstance(prompt, Say):
            return await self._say(scene, prompt)
        async with self._downloads.open(scene.application.id, prompt.url) as path:
            return await self._send(scene, prompt, str(path))

    async def _say(self, scene: Scene, say: Say) -> PlayDone:
        """Speak; a long text is heard from its first sentence on while the rest is being spoken."""
        opening, rest = cut(say.text) if say.loop == 1 else (say.text, "")
        path = await self._spoken(say, opening)
        if not rest:
            return await self._send(scene, say, path)
        following = asyncio.create_task(self._spoken(say, rest), name=f"prompt {say.play}, its rest")
        try:
            done = await self._send(scene, say, path)
            return done if done.outcome != "played" else await self._send(scene, say, await following)
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def _spoken(self, say: Say, text: str) -> str:
        """The path of the speech."""
        return (await self._media.speak(text, say.language, say.style, say.provider)).path

    async def _send(self, scene: Scene, prompt: Say | Stream, path: str) -> PlayDone:
        command = Play(
            play=prompt.play,
            path=path,
            leg=None if scene.leg is None else scene.leg.id,
            room=scene.conversation_id if scene.leg is None else None,
            loop=prompt.loop,
            level=prompt.level,
        )
        return await self._media.play(command)

    async def _note_end(self, playing: _Playing, outcome: Outcome, reason: str) -> None:
        scene, kind = playing.scene, playing.kind
        end: Json = {_ID[kind]: playing.play, "outcome": outcome}
        if scene.leg is not None:
            end["channel"] = channel_of(scene.leg)
        if reason:
            end["error"] = reason
        if outcome == "failed":
            log.warning("a prompt cannot be played: %s", reason)
        deliveries = self._complaints(scene, kind, reason) if outcome == "failed" else []
        try:
            await self._note(scene, f"{kind}:done", end, deliveries, belated=True)
        except GatewayError as error:
            log.warning("the end of a prompt is not written: %s", error)

    def _complaints(self, scene: Scene, kind: str, reason: str) -> list[Delivery]:
        """What tells the application, by an error webhook, that it wished for what cannot be."""
        what = "talk" if kind == SAY else "stream"
        payload = error_event(
            f"{what} cannot be played: {reason}", scene.conversation_id, self._switchboard.now()
        )
        webhook = None if scene.leg is None else scene.leg.event_webhook
        delivery = self._switchboard.delivery(scene.application, scene.place, webhook, payload)
        return [] if delivery is None else [delivery]

    async def _note(
        self,
        scene: Scene,
        kind: str,
        body: Json,
        deliveries: Iterable[Delivery] = (),
        *,
        belated: bool = False,
    ) -> list[EventRecord]:
        to = scene.leg.member_id if scene.leg is not None and scene.steered else None
        note = Note(type=kind, from_=scene.by, to=to, body=body, belated=belated)
        return await self._switchboard.do(
            scene.application, scene.conversation_id, note, deliveries=list(deliveries)
        )


def _stop(prompts: Iterable[_Playing]) -> None:
    for playing in prompts:
        playing.sounding.cancel()


async def _over(prompts: list[_Playing]) -> None:
    _stop(prompts)
    if prompts:
        await asyncio.wait([each.life for each in prompts])


def _described(prompt: Say | Stream) -> tuple[str, Json]:
    common: Json = {"level": prompt.level, "loop": prompt.loop}
    if isinstance(prompt, Say):
        spoken = {"text": prompt.text, "language": prompt.language, "style": prompt.style}
        return SAY, {_ID[SAY]: prompt.play, **spoken, **common}
    return PLAY, {_ID[PLAY]: prompt.play, "stream_url": [prompt.url], **common}
