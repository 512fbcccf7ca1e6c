"""input: collect digits and post them; the reply may replace the NCCO (NCCO reference).

In the mode `asynchronous` the script goes on at once, and each digit is posted as it is pressed.

The clock of `timeOut` starts when the prompts before the action have been played, and again at each digit. A
digit silences the prompts.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.ncco.actions.base import Action, Finished, OneUrl, Run, webhook
from gateway.ncco.effects import Ask, ClearTimer, FollowDigits, SetTimer
from gateway.ncco.happenings import DigitPressed, Happening, PlayEnded, Replied, TimerFired
from gateway.ncco.stage import Stage
from gateway.reading import invalid


class DtmfOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How digits are collected."""

    time_out: Annotated[float, Meta(ge=0, le=10)] = 3
    """Seconds after the last digit."""
    max_digits: Annotated[int, Meta(ge=1, le=20)] = 4
    submit_on_hash: bool = False


class Input(Action, frozen=True, kw_only=True, tag="input"):
    """Collect digits. The flat `timeOut`, `maxDigits`, `submitOnHash` of before 2020 still count."""

    type: tuple[Literal["dtmf"], ...] = ("dtmf",)
    dtmf: DtmfOptions | None = None
    time_out: Annotated[float, Meta(ge=0, le=10)] | None = None
    max_digits: Annotated[int, Meta(ge=1, le=20)] | None = None
    submit_on_hash: bool | None = None
    mode: Literal["synchronous", "asynchronous"] = "synchronous"
    event_url: OneUrl | None = None
    event_method: Literal["GET", "POST"] = "POST"

    def options(self) -> DtmfOptions:
        """The options in force, wherever they were given."""
        nested = self.dtmf or DtmfOptions()
        return DtmfOptions(
            time_out=nested.time_out if self.time_out is None else self.time_out,
            max_digits=nested.max_digits if self.max_digits is None else self.max_digits,
            submit_on_hash=nested.submit_on_hash if self.submit_on_hash is None else self.submit_on_hash,
        )

    def begin(self, stage: Stage) -> Run:
        """Listen."""
        if self.mode == "asynchronous":
            stage.emit(FollowDigits(webhook=webhook(self.event_url, self.event_method)))
            return Finished()
        return InputRun(self, stage)


def check_input(action: Input, place: str) -> None:
    """What the types cannot say. Raises Invalid."""
    settings = (action.dtmf, action.time_out, action.max_digits, action.submit_on_hash)
    if action.mode == "asynchronous" and any(each not in (None, DtmfOptions()) for each in settings):
        raise invalid(f"{place}.mode", "asynchronous posts each digit singly; it takes no settings of dtmf")


class InputRun:
    """Collects until there are enough digits, a hash, or a silence; then posts and waits for the reply."""

    def __init__(self, action: Input, stage: Stage) -> None:
        self.done = False
        self._action = action
        self._options = action.options()
        self._digits = ""
        self._timer = stage.new_id()
        self._request: str | None = None
        if not stage.prompts:
            self._restart_timer(stage)

    def take(self, happening: Happening, stage: Stage) -> None:
        """A digit, the timer, the end of a prompt, or the reply."""
        match happening:
            case Replied(request=request) if request == self._request:
                self.done = True
            case _ if self._request is not None:
                return
            case DigitPressed(digit=digit):
                self._press(digit, stage)
            case TimerFired(timer=timer) if timer == self._timer:
                self._submit(stage, timed_out=True)
            case PlayEnded() if not stage.prompts and not self._digits:
                self._restart_timer(stage)
            case _:
                return

    def leave(self, stage: Stage) -> None:
        """Forget the timer and the prompts that were cut short by leaving."""
        stage.emit(ClearTimer(timer=self._timer))
        stage.silence()

    def _press(self, digit: str, stage: Stage) -> None:
        stage.silence()
        if digit == "#" and self._options.submit_on_hash:
            self._submit(stage, timed_out=False)
            return
        self._digits += digit
        if len(self._digits) >= self._options.max_digits:
            self._submit(stage, timed_out=False)
        else:
            self._restart_timer(stage)

    def _restart_timer(self, stage: Stage) -> None:
        stage.emit(SetTimer(timer=self._timer, seconds=self._options.time_out))

    def _submit(self, stage: Stage, *, timed_out: bool) -> None:
        self._request = stage.new_id()
        stage.emit(ClearTimer(timer=self._timer))
        payload = {"dtmf": {"digits": self._digits or None, "timed_out": timed_out}}
        event = webhook(self._action.event_url, self._action.event_method)
        stage.emit(Ask(request=self._request, webhook=event, payload=payload))
