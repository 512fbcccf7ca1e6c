"""Forwarding a number: the only action of a call that no application answers. No NCCO can name it.

The caller is answered when the target is; where no target answers, the caller gets what the target said.
"""

from typing import ClassVar

from gateway.ncco.actions.base import Action
from gateway.ncco.effects import Answer, Dial, HangUpLeg, Refuse
from gateway.ncco.happenings import Happening, LegAnswered, LegEnded, LegReplaced
from gateway.ncco.stage import Stage
from gateway.routing.forwarding import ForwardEndpoint

RINGING_S = 60
LIMIT_S = 7200
"""Of `connect`, where it does not say otherwise."""


class Forward(Action, frozen=True, kw_only=True, tag="forward"):
    """Call the number's targets into the leg's conversation."""

    needs_answer: ClassVar[bool] = False

    endpoint: ForwardEndpoint

    def begin(self, stage: Stage) -> "ForwardRun":
        """Dial."""
        return ForwardRun(self.endpoint, stage)


class ForwardRun:
    """Waits for the dialled leg to end."""

    def __init__(self, endpoint: ForwardEndpoint, stage: Stage) -> None:
        self.done = False
        self._leg = stage.new_id()
        stage.emit(
            Dial(
                leg=self._leg,
                endpoint=endpoint,
                from_number=None,
                from_random=False,
                ringing_s=RINGING_S,
                limit_s=LIMIT_S,
                webhook=None,
                question=None,
            )
        )

    def take(self, happening: Happening, stage: Stage) -> None:
        """The target's answer answers the caller; its refusal refuses them."""
        match happening:
            case LegAnswered(leg=leg) if leg == self._leg and not stage.answered:
                stage.emit(Answer())
            case LegReplaced(leg=leg, by=by) if leg == self._leg:
                self._leg = by
            case LegEnded(leg=leg, status=status, sip_code=sip_code) if leg == self._leg:
                self.done = True
                if not stage.answered:
                    stage.emit(Refuse(status=status, sip_code=sip_code))
            case _:
                return

    def leave(self, stage: Stage) -> None:
        """The dialled leg goes with its caller."""
        stage.emit(HangUpLeg(leg=self._leg))
