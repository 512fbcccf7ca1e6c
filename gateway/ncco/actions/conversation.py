"""conversation: put the leg into a named room of its application (NCCO reference; Voice API, call flow)."""

from typing import Annotated, Literal

from msgspec import Meta

from gateway.ncco.actions.base import Action, OneUrl, Run, StayRun, webhook
from gateway.ncco.stage import Enter, Stage


class Conversation(Action, frozen=True, kw_only=True, tag="conversation"):
    """Enter the conversation `name`; the first to enter creates it. It lasts until the leg leaves."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    mute: bool = False
    end_on_exit: bool = False
    record: bool = False
    event_url: OneUrl | None = None
    event_method: Literal["GET", "POST"] = "POST"

    def begin(self, stage: Stage) -> Run:
        """Enter."""
        stage.emit(
            Enter(
                name=self.name,
                muted=self.mute,
                end_on_exit=self.end_on_exit,
                record=self.record,
                webhook=webhook(self.event_url, self.event_method),
            )
        )
        return StayRun()
