"""connect: call an endpoint and talk to it (NCCO reference; Voice API, call flow).

An inbound leg that has not been answered is answered when the endpoint answers, not before (the reference
trace). The action ends when the endpoint's leg does.
"""

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from gateway.ncco.actions.base import Action, OneUrl, Run, webhook
from gateway.ncco.stage import Answer, Dial, HangUpLeg, Happening, LegAnswered, LegEnded, Stage
from gateway.reading import invalid
from gateway.routing.endpoints import Endpoint, check_endpoint


class Connect(Action, frozen=True, kw_only=True, tag="connect"):
    """Call `endpoint` into the leg's conversation."""

    needs_answer: ClassVar[bool] = False

    endpoint: Annotated[list[Endpoint], Meta(min_length=1, max_length=1)]
    from_: str | None = msgspec.field(default=None, name="from")
    """The number to show; an account's own number, anything else shows as unknown."""
    timeout: Annotated[int, Meta(ge=3, le=7200)] = 60
    """Seconds of ringing."""
    limit: Annotated[int, Meta(ge=1, le=7200)] = 7200
    """Seconds of the call."""
    event_url: OneUrl | None = None
    event_method: Literal["GET", "POST"] = "POST"

    def begin(self, stage: Stage) -> Run:
        """Dial."""
        leg = stage.new_id()
        stage.emit(
            Dial(
                leg=leg,
                endpoint=self.endpoint[0],
                from_number=self.from_,
                ringing_s=self.timeout,
                limit_s=self.limit,
                webhook=webhook(self.event_url, self.event_method),
            )
        )
        return ConnectRun(leg)


class ConnectRun:
    """Waits for the dialled leg to end."""

    def __init__(self, leg: str) -> None:
        self.done = False
        self._leg = leg

    def take(self, happening: Happening, stage: Stage) -> None:
        """The endpoint's answer answers the own leg; its end ends the action."""
        match happening:
            case LegAnswered(leg=leg) if leg == self._leg and not stage.answered:
                stage.emit(Answer())
            case LegEnded(leg=leg) if leg == self._leg:
                self.done = True
            case _:
                return

    def leave(self, stage: Stage) -> None:
        """The dialled leg goes with its caller."""
        stage.emit(HangUpLeg(leg=self._leg))


def check_connect(action: Connect, place: str) -> None:
    """What the types cannot say. Raises Invalid."""
    if action.endpoint[0].__struct_config__.tag == "app":
        raise invalid(
            f"{place}.endpoint[0].type", "app users cannot be called yet; phone, sip and websocket can"
        )
    check_endpoint(action.endpoint[0], f"{place}.endpoint[0]")
