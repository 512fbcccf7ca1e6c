"""transfer: take everybody of the leg's conversation into another one (NCCO reference).

As `conversation`, it is the last that its NCCO does: the legs stay there until they leave.
"""

from typing import Annotated

from msgspec import Meta

from gateway.ncco.actions.base import Run, StayRun
from gateway.ncco.actions.selective import SelectiveAction, names
from gateway.ncco.effects import MoveAll
from gateway.ncco.stage import Stage
from gateway.store.records import Json


class Transfer(SelectiveAction, frozen=True, kw_only=True, tag="transfer"):
    """Go to the conversation `conversationId`, which has to be there."""

    conversation_id: Annotated[str, Meta(min_length=1, max_length=100)]

    def begin(self, stage: Stage) -> Run:
        """Go."""
        stage.emit(
            MoveAll(
                conversation_id=self.conversation_id,
                muted=self.mute,
                can_speak=names(self.can_speak),
                can_hear=names(self.can_hear),
            )
        )
        return StayRun()

    def go_on(self, stage: Stage, kept: Json) -> Run:
        """Stay."""
        return StayRun()
