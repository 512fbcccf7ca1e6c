"""wait: let time go by (NCCO reference)."""

from gateway.ncco.actions.base import Action, Run
from gateway.ncco.effects import ClearTimer, SetTimer
from gateway.ncco.happenings import Happening, TimerFired
from gateway.ncco.stage import Stage

SHORTEST_S, LONGEST_S = 0.1, 7200.0
"""What is outside counts as the nearer of the two (documented limits)."""


class Wait(Action, frozen=True, kw_only=True, tag="wait"):
    """Do nothing for `timeout` seconds."""

    timeout: float = 10

    def begin(self, stage: Stage) -> Run:
        """Start the clock."""
        timer = stage.new_id()
        stage.emit(SetTimer(timer=timer, seconds=max(SHORTEST_S, min(LONGEST_S, self.timeout))))
        return WaitRun(timer)


class WaitRun:
    """Waits for its timer."""

    def __init__(self, timer: str) -> None:
        self.done = False
        self._timer = timer

    def take(self, happening: Happening, stage: Stage) -> None:
        """The timer ends it."""
        if isinstance(happening, TimerFired) and happening.timer == self._timer:
            self.done = True

    def leave(self, stage: Stage) -> None:
        """Forget the timer."""
        stage.emit(ClearTimer(timer=self._timer))
