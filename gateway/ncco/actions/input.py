"""input: collect digits or speech and post them; the reply may replace the NCCO (NCCO reference).

In the mode `asynchronous` the script goes on at once, and each digit is posted as it is pressed.

The clocks of `timeOut` and `startTimeout` start when the prompts before the action have been played. A digit
silences the prompts, and so does a word. Where both are collected, the first digit ends the listening.
"""

from typing import Annotated, Literal, get_args

from msgspec import Meta

from gateway.ncco.actions.base import Action, Finished, OneUrl, Run, webhook
from gateway.ncco.actions.input_digits import Digits, DtmfOptions
from gateway.ncco.actions.input_speech import Speech, SpeechOptions
from gateway.ncco.effects import Ask, FollowDigits
from gateway.ncco.happenings import DigitPressed, Happening, PlayEnded, Replied
from gateway.ncco.stage import Stage
from gateway.reading import invalid

Kind = Literal["dtmf", "speech"]


class Input(Action, frozen=True, kw_only=True, tag="input"):
    """Collect digits, speech, or both. The flat `timeOut` … of before 2020 still count for digits."""

    type: Annotated[tuple[Kind, ...], Meta(min_length=1, max_length=len(get_args(Kind)))] | None = None
    dtmf: DtmfOptions | None = None
    speech: SpeechOptions | None = None
    time_out: Annotated[float, Meta(ge=0, le=10)] | None = None
    max_digits: Annotated[int, Meta(ge=1, le=20)] | None = None
    submit_on_hash: bool | None = None
    mode: Literal["synchronous", "asynchronous"] = "synchronous"
    event_url: OneUrl | None = None
    event_method: Literal["GET", "POST"] = "POST"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What is collected; without `type`, as before there was one, that which has settings."""
        if self.type is not None:
            return self.type
        if self.speech is None:
            return ("dtmf",)
        return ("speech",) if self.dtmf is None else ("dtmf", "speech")

    def options(self) -> DtmfOptions:
        """The options of digits in force, wherever they were given."""
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
    if action.mode == "synchronous":
        return
    if "speech" in action.kinds:
        raise invalid(f"{place}.mode", "asynchronous is for digits alone; speech is posted when it is over")
    settings = (action.dtmf, action.time_out, action.max_digits, action.submit_on_hash)
    if any(each not in (None, DtmfOptions()) for each in settings):
        raise invalid(f"{place}.mode", "asynchronous posts each digit singly; it takes no settings of dtmf")


class InputRun:
    """Collects until one of the things that are collected is over; then posts and waits for the reply."""

    def __init__(self, action: Input, stage: Stage) -> None:
        self.done = False
        self._webhook = webhook(action.event_url, action.event_method)
        self._request: str | None = None
        self._digits: Digits | None = None
        self._speech: Speech | None = None
        if "dtmf" in action.kinds:
            alone = "speech" not in action.kinds
            self._digits = Digits(action.options(), stage, digits_alone=alone)
        if "speech" in action.kinds:
            self._speech = Speech(action.speech or SpeechOptions(), self._webhook, stage)
        if not stage.prompts:
            self._wait(stage)

    def take(self, happening: Happening, stage: Stage) -> None:
        """A digit, speech, a timer, the end of a prompt, or the reply."""
        if self._request is not None:
            self.done = isinstance(happening, Replied) and happening.request == self._request
            return
        if isinstance(happening, PlayEnded) and not stage.prompts:
            self._wait(stage)
        if isinstance(happening, DigitPressed) and self._digits is not None and self._speech is not None:
            self._speech.leave(stage)
        for part in self._parts:
            part.take(happening, stage)
        self._make_do_with_digits(stage)
        # Nobody who cannot listen says so before the prompts are over: asked for again and again, they pause.
        if self._over and not stage.prompts:
            self._submit(stage)

    def leave(self, stage: Stage) -> None:
        """Forget what was waited for and the prompts that were cut short by leaving."""
        for part in self._parts:
            part.leave(stage)
        stage.silence()

    @property
    def _parts(self) -> list[Digits | Speech]:
        return [part for part in (self._digits, self._speech) if part is not None]

    @property
    def _over(self) -> bool:
        if self._digits is None:
            return self._speech is not None and self._speech.over
        spoken = self._speech is not None and self._speech.over and not self._digits.digits_alone
        return self._digits.over or spoken

    def _wait(self, stage: Stage) -> None:
        for part in self._parts:
            part.wait(stage)

    def _make_do_with_digits(self, stage: Stage) -> None:
        """Where speech cannot be heard, or a digit has ended the listening, digits are what is left."""
        if self._digits is None or self._speech is None or self._digits.digits_alone:
            return
        if self._speech.failed or self._digits.pressed:
            self._digits.digits_alone = True
            if not stage.prompts:
                self._digits.wait(stage)

    def _submit(self, stage: Stage) -> None:
        self._request = stage.new_id()
        for part in self._parts:
            part.leave(stage)
        payload = {
            "speech": self._speech.told if self._speech is not None else {"results": []},
            "dtmf": self._digits.told if self._digits is not None else {"digits": None, "timed_out": False},
        }
        stage.emit(Ask(request=self._request, webhook=self._webhook, payload=payload))
