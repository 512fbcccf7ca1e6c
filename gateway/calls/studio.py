"""The studio: what REST lets sound in conversations and legs, and what it has recorded of them."""

from typing import Literal

from gateway.calls.equipment import Equipment
from gateway.ports import Audience, NewRecording, Sound, Speech
from gateway.store.records import EventRecord


class LiveStudio:
    """`gateway.ports.Studio`."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment

    async def say(
        self, application_id: str, audience: Audience, speech: Speech, by: str | None = None
    ) -> EventRecord:
        """Speak: the fact `audio:say`, with its `say_id`. `by` is the member that wants it."""
        raise NotImplementedError

    async def play(
        self, application_id: str, audience: Audience, sound: Sound, by: str | None = None
    ) -> EventRecord:
        """Play an audio file from a URL: the fact `audio:play`, with its `play_id`."""
        raise NotImplementedError

    async def hush(
        self,
        application_id: str,
        audience: Audience,
        what: Literal["say", "play"],
        sound_id: str | None = None,
    ) -> None:
        """Stop one thing that is spoken or played there, or all that REST lets sound there."""
        raise NotImplementedError

    async def dial_digits(
        self, application_id: str, leg_id: str, digits: str, by: str | None = None
    ) -> EventRecord:
        """Send DTMF to a leg: the fact `audio:dtmf`, with its `dtmf_id`."""
        raise NotImplementedError

    async def record(
        self, application_id: str, audience: Audience, new: NewRecording, by: str | None = None
    ) -> EventRecord:
        """Record a conversation, or a leg and what it hears: the fact `audio:record` with `recording_id`."""
        raise NotImplementedError

    async def stop_recording(
        self, application_id: str, audience: Audience, recording_id: str | None = None
    ) -> None:
        """Stop one recording of what `record` started there, or all of it."""
        raise NotImplementedError
