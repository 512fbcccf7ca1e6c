"""The digits of an input action: how they are collected, and when there are enough of them."""

from typing import Annotated

from msgspec import Meta

from gateway.ncco.actions.base import Options
from gateway.ncco.effects import ClearTimer, SetTimer
from gateway.ncco.happenings import DigitPressed, Happening, TimerFired
from gateway.ncco.stage import Stage
from gateway.store.records import Json


class DtmfOptions(Options, frozen=True, kw_only=True):
    """How digits are collected."""

    time_out: Annotated[float, Meta(ge=0, le=10)] = 3
    """Seconds after the last digit."""
    max_digits: Annotated[int, Meta(ge=1, le=20)] = 4
    submit_on_hash: bool = False


class Digits:
    """Collects until there are enough digits, a hash, or a silence after them.

    Who listens for `digits_alone` gives up after such a silence, too, when none comes at all.
    """

    def __init__(self, options: DtmfOptions, stage: Stage, *, digits_alone: bool) -> None:
        self.over = False
        self.digits_alone = digits_alone
        self._options = options
        self.pressed = ""
        """So far."""
        self._timed_out = False
        self._timer = stage.new_id()

    @property
    def told(self) -> Json:
        """What the webhook says of them."""
        return {"digits": self.pressed or None, "timed_out": self._timed_out}

    def wait(self, stage: Stage) -> None:
        """The prompts are over: the clock starts."""
        if self.digits_alone and not self.pressed:
            self._restart_timer(stage)

    def take(self, happening: Happening, stage: Stage) -> None:
        """A digit, or the timer."""
        match happening:
            case DigitPressed(digit=digit):
                stage.silence()
                self._press(digit, stage)
            case TimerFired(timer=timer) if timer == self._timer:
                self._timed_out = True
                self.over = True
            case _:
                return

    def leave(self, stage: Stage) -> None:
        """Collect no more."""
        stage.emit(ClearTimer(timer=self._timer))

    def _press(self, digit: str, stage: Stage) -> None:
        if digit == "#" and self._options.submit_on_hash:
            self.over = True
            return
        self.pressed += digit
        if len(self.pressed) >= self._options.max_digits:
            self.over = True
        else:
            self._restart_timer(stage)

    def _restart_timer(self, stage: Stage) -> None:
        stage.emit(SetTimer(timer=self._timer, seconds=self._options.time_out))
