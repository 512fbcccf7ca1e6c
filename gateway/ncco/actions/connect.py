"""connect: call an endpoint and talk to it (NCCO reference; Voice API, call flow).

An inbound leg that has not been answered is answered when the endpoint answers, not before (the reference
trace); until then it hears the `ringbackTone`. The action ends when the endpoint's leg does. Where that asks
the application what to do (a synchronous connect failed, a websocket was closed), the reply ends it.
"""

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from gateway.conversation.detection import AdvancedOption, Behavior, Detection, detection_of
from gateway.ncco.actions.base import Action, HttpUrl, OneUrl, Run, webhook
from gateway.ncco.effects import Answer, AwaitReply, Dial, HangUpLeg, Progress, StopPlay, Stream
from gateway.ncco.happenings import Happening, LegAnswered, LegEnded, LegReplaced, Replied
from gateway.ncco.stage import Stage
from gateway.reading import invalid
from gateway.routing.endpoints import (
    Endpoint,
    PhoneEndpoint,
    WebsocketEndpoint,
    check_detectable,
    check_endpoint,
)
from gateway.store.records import Json, Question

FAILURES = ("timeout", "failed", "rejected", "unanswered", "busy")
"""What a synchronous connect asks about."""
CLOSED = ("disconnected",)
"""What every websocket asks about."""


class Connect(Action, frozen=True, kw_only=True, tag="connect"):
    """Call `endpoint` into the leg's conversation."""

    needs_answer: ClassVar[bool] = False

    endpoint: Annotated[list[Endpoint], Meta(min_length=1, max_length=1)]
    from_: str | None = msgspec.field(default=None, name="from")
    """The number to show; an account's own number, anything else shows as unknown."""
    random_from_number: bool = False
    """Show one of the application's numbers."""
    timeout: Annotated[int, Meta(ge=3, le=7200)] = 60
    """Seconds of ringing."""
    limit: Annotated[int, Meta(ge=1, le=7200)] = 7200
    """Seconds of the call."""
    event_type: Literal["synchronous"] | None = None
    """The reply to how the call failed may carry an NCCO."""
    machine_detection: Behavior | None = None
    """What becomes of the endpoint's call when a machine answers; nobody looks when None."""
    advanced_machine_detection: AdvancedOption | None = None
    """The same with the beep, and with the caller waiting for it; it wins."""
    ringback_tone: HttpUrl | None = None
    """An audio file that the caller hears again and again until the endpoint is connected."""
    event_url: OneUrl | None = None
    event_method: Literal["GET", "POST"] = "POST"

    def begin(self, stage: Stage) -> Run:
        """Dial."""
        leg = stage.new_id()
        run = ConnectRun(leg, Question(id=stage.new_id(), statuses=self.statuses) if self.statuses else None)
        run.dial(self, stage)
        return run

    def go_on(self, stage: Stage, kept: Json) -> Run:
        """Wait on for the end of that leg."""
        question = kept["question"]
        asks = Question(id=str(question), statuses=self.statuses) if question is not None else None
        return ConnectRun(str(kept["leg"]), asks)

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses of the endpoint's leg whose webhooks may be replied to with an NCCO."""
        failures = FAILURES if self.event_type == "synchronous" else ()
        return (*failures, *CLOSED) if isinstance(self.endpoint[0], WebsocketEndpoint) else failures

    @property
    def detection(self) -> Detection | None:
        """What is to be found out about who answers."""
        return detection_of(self.machine_detection, self.advanced_machine_detection)

    @property
    def tone(self) -> str | None:
        """What the caller hears until the endpoint is connected, wherever it was given."""
        endpoint = self.endpoint[0]
        first = endpoint.on_answer if isinstance(endpoint, PhoneEndpoint) else None
        meanwhile = None if first is None else first.ringback_tone or first.ringback
        return self.ringback_tone or meanwhile


class ConnectRun:
    """Waits for the dialled leg to end."""

    def __init__(self, leg: str, question: Question | None) -> None:
        self.done = False
        self._leg = leg
        self._question = question
        self._ringback: str | None = None

    @property
    def kept(self) -> Json:
        """The leg, and what may be asked about it."""
        return {"leg": self._leg, "question": None if self._question is None else self._question.id}

    def dial(self, action: Connect, stage: Stage) -> None:
        """Call the leg, and let the caller hear that it rings."""
        stage.emit(
            Dial(
                leg=self._leg,
                endpoint=action.endpoint[0],
                from_number=action.from_,
                from_random=action.random_from_number,
                ringing_s=action.timeout,
                limit_s=action.limit,
                webhook=webhook(action.event_url, action.event_method),
                question=self._question,
                detection=action.detection,
            )
        )
        self._ringback = self._ring_back(action.tone, stage)

    def take(self, happening: Happening, stage: Stage) -> None:
        """The endpoint's answer answers the own leg; its end ends the action, or the reply to that."""
        match happening:
            case LegAnswered(leg=leg) if leg == self._leg:
                self._stop_ringback(stage)
                if not stage.answered:
                    stage.emit(Answer())
            case LegReplaced(leg=leg, by=by) if leg == self._leg:
                self._leg = by
            case LegEnded(leg=leg, status=status) if leg == self._leg:
                self._stop_ringback(stage)
                if self._question is None or status == "transferred":
                    self.done = True
                else:
                    stage.emit(AwaitReply(request=self._question.id))
            case Replied(request=request) if self._question is not None and request == self._question.id:
                self.done = True
            case _:
                return

    def leave(self, stage: Stage) -> None:
        """The dialled leg goes with its caller."""
        self._stop_ringback(stage)
        stage.emit(HangUpLeg(leg=self._leg))

    def _ring_back(self, url: str | None, stage: Stage) -> str | None:
        """Play it to the caller; the id of the play."""
        if url is None:
            return None
        if not stage.answered:
            stage.emit(Progress())
        play = stage.new_id()
        stage.emit(Stream(play=play, url=url, level=0.0, loop=0))
        return play

    def _stop_ringback(self, stage: Stage) -> None:
        if self._ringback is not None:
            stage.emit(StopPlay(play=self._ringback))
            self._ringback = None


def check_connect(action: Connect, place: str) -> None:
    """What the types cannot say. Raises Invalid."""
    endpoint = action.endpoint[0]
    check_endpoint(endpoint, f"{place}.endpoint[0]")
    if action.machine_detection is not None:
        check_detectable(endpoint, f"{place}.machineDetection")
    if action.advanced_machine_detection is not None:
        check_detectable(endpoint, f"{place}.advancedMachineDetection")
    if action.random_from_number and action.from_ is not None:
        raise invalid(f"{place}.randomFromNumber", "must not be given together with from")
