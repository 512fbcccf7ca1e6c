"""The studio: what REST lets sound in conversations and legs, and what it has recorded of them."""

from typing import Literal

from gateway.calls.equipment import Equipment
from gateway.ports import Audience, NewRecording, Sound, Speech


class LiveStudio:
    """`gateway.ports.Studio`."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment

    async def say(self, application_id: str, audience: Audience, speech: Speech) -> str:
        """Speak. The `say_id`."""
        raise NotImplementedError

    async def play(self, application_id: str, audience: Audience, sound: Sound) -> str:
        """Play an audio file from a URL. The `play_id`."""
        raise NotImplementedError

    async def hush(self, application_id: str, audience: Audience, what: Literal["say", "play"]) -> None:
        """Stop whatever REST lets be spoken or played there."""
        raise NotImplementedError

    async def dial_digits(self, application_id: str, leg_id: str, digits: str) -> str:
        """Send DTMF to a leg. The `dtmf_id`."""
        raise NotImplementedError

    async def record(self, application_id: str, audience: Audience, new: NewRecording) -> str:
        """Start a recording of a conversation, or of a leg and what it hears. The `recording_id`."""
        raise NotImplementedError

    async def stop_recording(self, application_id: str, audience: Audience) -> None:
        """Stop what `record` started there."""
        raise NotImplementedError
