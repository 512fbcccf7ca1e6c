"""The prompts of one leg: speech and files, from an effect to sound and its end.

Each prompt is a task. Its beginning and its end are written as `audio:say` and `audio:say:done`, or
`audio:play` and `audio:play:done`, both in the conversation that the leg was in when it began.
"""

import asyncio
import logging
from collections.abc import Callable

from gateway.calls.equipment import Equipment
from gateway.calls.scripting import report
from gateway.conversation.commands import Note
from gateway.errors import GatewayError
from gateway.ncco.stage import PlayEnded, Say, Stream
from gateway.store.records import ApplicationRecord, Json, LegRecord
from gateway.webhooks.failures import EgressError
from media.control import Play, PlayDone

log = logging.getLogger(__name__)


class Prompts:
    """What plays to a leg, and what is waited for before it can."""

    def __init__(
        self,
        equipment: Equipment,
        application: ApplicationRecord,
        leg: Callable[[], LegRecord],
        tell: Callable[[PlayEnded], None],
    ) -> None:
        self._equipment = equipment
        self._application = application
        self._leg = leg
        self._tell = tell
        self._playing: dict[str, asyncio.Task[None]] = {}

    def start(self, prompt: Say | Stream) -> None:
        """Begin a prompt; PlayEnded is told at its end, whatever the end is."""
        task = asyncio.create_task(self._play(prompt), name=f"prompt {prompt.play}")
        self._playing[prompt.play] = task
        task.add_done_callback(lambda _: self._ended(prompt.play))

    def stop(self, play: str) -> None:
        """Stop a prompt, also one that does not sound yet."""
        task = self._playing.get(play)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """Stop all of them."""
        tasks = list(self._playing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, play: str) -> None:
        self._playing.pop(play, None)
        self._tell(PlayEnded(play=play))

    async def _play(self, prompt: Say | Stream) -> None:
        kind, body = _described(prompt)
        leg = self._leg()
        try:
            await self._note(leg, kind, body)
            outcome = await self._sound(prompt)
        except asyncio.CancelledError:
            # The end is a fact too, also when the prompt is cancelled again while it is written.
            await asyncio.shield(self._note_end(leg, kind, body, "stopped", ""))
            raise
        except (GatewayError, EgressError, OSError) as error:
            log.warning("a prompt cannot be played: %s", error)
            await self._note_end(leg, kind, body, "failed", str(error))
        else:
            await self._note_end(leg, kind, body, outcome.outcome, outcome.reason)

    async def _sound(self, prompt: Say | Stream) -> PlayDone:
        if isinstance(prompt, Say):
            spoken = await self._equipment.media.speak(prompt.text, prompt.language, prompt.style)
            return await self._send(prompt, spoken.path)
        path = self._equipment.downloads / prompt.play
        try:
            await self._equipment.egress.fetch(prompt.url, path)
            return await self._send(prompt, str(path))
        finally:
            path.unlink(missing_ok=True)

    async def _send(self, prompt: Say | Stream, path: str) -> PlayDone:
        command = Play(play=prompt.play, path=path, leg=self._leg().id, loop=prompt.loop, level=prompt.level)
        return await self._equipment.media.play(command)

    async def _note_end(self, leg: LegRecord, kind: str, body: Json, outcome: str, reason: str) -> None:
        name = "say_id" if kind == "audio:say" else "play_id"
        end: Json = {name: body[name], "outcome": outcome}
        if reason:
            end["error"] = reason
        try:
            await self._note(leg, f"{kind}:done", end)
            if outcome == "failed":
                what = "talk" if kind == "audio:say" else "stream"
                await report(self._equipment, self._application, leg, f"{what} cannot be played: {reason}")
        except GatewayError as error:
            log.warning("the end of a prompt is not written: %s", error)

    async def _note(self, leg: LegRecord, kind: str, body: Json) -> None:
        note = Note(type=kind, from_=leg.member_id, body=body)
        await self._equipment.switchboard.do(self._application, leg.conversation_id, note)


def _described(prompt: Say | Stream) -> tuple[str, Json]:
    common: Json = {"level": prompt.level, "loop": prompt.loop}
    if isinstance(prompt, Say):
        spoken = {"text": prompt.text, "language": prompt.language, "style": prompt.style}
        return "audio:say", {"say_id": prompt.play, **spoken, **common}
    return "audio:play", {"play_id": prompt.play, "stream_url": [prompt.url], **common}
