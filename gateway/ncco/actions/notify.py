"""notify: post a payload of the application's own; the reply may replace the NCCO (NCCO reference)."""

from typing import Any, ClassVar, Literal

from gateway.ncco.actions.base import Action, OneUrl, ReplyRun, Run, webhook
from gateway.ncco.effects import Ask
from gateway.ncco.stage import Stage


class Notify(Action, frozen=True, kw_only=True, tag="notify"):
    """Post `payload` to `eventUrl`, and go on when that has replied or has been given up."""

    needs_answer: ClassVar[bool] = False

    payload: dict[str, Any]
    event_url: OneUrl
    event_method: Literal["GET", "POST"] = "POST"

    def begin(self, stage: Stage) -> Run:
        """Post."""
        request = stage.new_id()
        event = webhook(self.event_url, self.event_method)
        stage.emit(
            Ask(request=request, webhook=event, payload={"payload": self.payload}, about="conversation")
        )
        return ReplyRun(request)
