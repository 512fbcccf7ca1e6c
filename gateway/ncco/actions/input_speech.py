"""The speech of an input action: how it is listened to, and what ends the wait for it.

waiting   nobody has spoken yet; from the end of the prompts on, `startTimeout` runs
speaking  somebody speaks, or what they said is being understood
over      it is known what the webhook says of it
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from gateway.forms import LANGUAGE
from gateway.ncco.actions.base import Options
from gateway.ncco.effects import ClearTimer, Listen, SetTimer, StopListening
from gateway.ncco.happenings import Happening, SpeechEnded, SpeechStarted, TimerFired
from gateway.ncco.stage import Stage
from gateway.states import step
from gateway.store.records import Json, Webhook

MAX_PHRASES = 500
"""In `context`, each of at most MAX_PHRASE characters: all of them fit into one message to who listens."""
MAX_PHRASE = 100

RECOGNITION_S = 30.0
"""After the longest that may be spoken: who has understood nothing by then has got stuck."""

NOT_UNDERSTOOD = "the speech was not understood in time"

State = Literal["waiting", "speaking", "over"]
Turn = Literal["begun", "ended"]

TRANSITIONS: dict[tuple[State, Turn], State] = {
    ("waiting", "begun"): "speaking",
    ("waiting", "ended"): "over",
    ("speaking", "ended"): "over",
}

Language = Annotated[str, Meta(pattern=LANGUAGE, max_length=35)]


class SpeechOptions(Options, frozen=True, kw_only=True):
    """How speech is listened to."""

    uuid: Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(min_length=1, max_length=1)] | None = (
        None
    )
    """The leg that is listened to; the action's own when None."""
    end_on_silence: Annotated[float, Meta(ge=0.4, le=10)] = 2.0
    """Seconds after the last word."""
    language: Language = "en-US"
    context: Annotated[
        tuple[Annotated[str, Meta(max_length=MAX_PHRASE)], ...], Meta(max_length=MAX_PHRASES)
    ] = ()
    """Phrases that are likely."""
    start_timeout: Annotated[float, Meta(ge=1, le=60)] = 10
    """Seconds until somebody begins to speak."""
    max_duration: Annotated[float, Meta(ge=1, le=60)] = 60
    """Seconds of speech."""
    save_audio: bool = False
    sensitivity: Annotated[int, Meta(ge=10, le=100)] = 90
    provider: Annotated[str, Meta(max_length=100)] | None = None
    provider_options: dict[str, Any] = msgspec.field(default_factory=dict)
    partial_results: bool = False
    """Our own: what is understood so far is posted, too."""


class Speech:
    """Listens from the beginning of the action on, so that a word silences the prompts."""

    def __init__(self, options: SpeechOptions, webhook: Webhook | None, stage: Stage) -> None:
        self.told: Json = {"results": []}
        """What the webhook says of it."""
        self._state: State = "waiting"
        self._options = options
        self._listening = stage.new_id()
        self._timer = stage.new_id()
        stage.emit(self._listen(webhook))

    @property
    def over(self) -> bool:
        """Whether there is nothing to wait for any more."""
        return self._state == "over"

    @property
    def failed(self) -> bool:
        """Whether nothing can be heard, for a reason that is not the speaker's."""
        return "error" in self.told

    def wait(self, stage: Stage) -> None:
        """The prompts are over: the clock starts."""
        if self._state == "waiting":
            stage.emit(SetTimer(timer=self._timer, seconds=self._options.start_timeout))

    def take(self, happening: Happening, stage: Stage) -> None:
        """Speech begins or ends, or takes too long to."""
        match happening:
            case SpeechStarted(listening=listening) if listening == self._listening:
                self._begin(stage)
            case SpeechEnded(listening=listening, speech=speech) if listening == self._listening:
                self._end(speech, stage)
            case TimerFired(timer=timer) if timer == self._timer:
                self._give_up(stage)
            case _:
                return

    def leave(self, stage: Stage) -> None:
        """Listen no more."""
        if not self.over:
            stage.emit(StopListening(listening=self._listening))
            self._end(self.told, stage)

    def _listen(self, webhook: Webhook | None) -> Listen:
        options = self._options
        return Listen(
            listening=self._listening,
            leg=options.uuid[0] if options.uuid else None,
            language=options.language,
            context=options.context,
            end_on_silence_s=options.end_on_silence,
            max_duration_s=options.max_duration,
            sensitivity=options.sensitivity,
            save_audio=options.save_audio,
            partial=options.partial_results,
            webhook=webhook,
        )

    def _begin(self, stage: Stage) -> None:
        if self._state == "waiting":
            self._turn("begun")
            stage.silence()
            patience_s = self._options.max_duration + RECOGNITION_S
            stage.emit(SetTimer(timer=self._timer, seconds=patience_s))

    def _give_up(self, stage: Stage) -> None:
        if self._state == "waiting":
            stage.emit(StopListening(listening=self._listening, nobody_spoke=True))
            self._end({"timeout_reason": "start_timeout", "results": []}, stage)
        elif self._state == "speaking":
            stage.emit(StopListening(listening=self._listening))
            self._end({"error": NOT_UNDERSTOOD, "results": []}, stage)

    def _end(self, told: Json, stage: Stage) -> None:
        if not self.over:
            self.told = told
            self._turn("ended")
            stage.emit(ClearTimer(timer=self._timer))

    def _turn(self, turn: Turn) -> None:
        self._state = step(TRANSITIONS, self._state, turn)
