"""What an NCCO script and the world say to each other, as values.

A script is pure: it takes `Happening`s and gives `Effect`s. `gateway.calls` carries the effects out and feeds
back what came of them. Ids of plays, legs, recordings and requests are made by the script, so that the answer
to an effect can name it.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from gateway.routing.endpoints import Endpoint
from gateway.store.records import Json, Question, Webhook


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the script wants done."""


class Answer(Effect, frozen=True, kw_only=True):
    """Answer the script's own leg. Followed by Answered."""


class Say(Effect, frozen=True, kw_only=True):
    """Speak to the leg. Followed by PlayEnded."""

    play: str
    text: str
    language: str
    style: int
    level: float
    loop: int


class Stream(Effect, frozen=True, kw_only=True):
    """Play the file at a URL to the leg. Followed by PlayEnded."""

    play: str
    url: str
    level: float
    loop: int


class StopPlay(Effect, frozen=True, kw_only=True):
    """Stop a prompt; its PlayEnded still comes."""

    play: str


class Dial(Effect, frozen=True, kw_only=True):
    """Call an endpoint into this conversation. Followed by LegAnswered and LegEnded, or LegEnded alone."""

    leg: str
    endpoint: Endpoint
    from_number: str | None
    from_random: bool
    """From one of the application's numbers."""
    ringing_s: int
    limit_s: int
    webhook: Webhook | None
    question: Question | None
    """Which of its webhooks may be replied to with an NCCO."""


class AwaitReply(Effect, frozen=True, kw_only=True):
    """Wait for the reply to what a dialled leg asked. Followed by Replied, at once if it did not ask."""

    request: str


class Progress(Effect, frozen=True, kw_only=True):
    """Let a caller who is not answered hear what is played to them."""


class HangUpLeg(Effect, frozen=True, kw_only=True):
    """End a leg that this script dialled."""

    leg: str


class Enter(Effect, frozen=True, kw_only=True):
    """Move the leg into the named conversation of its application; it stays until it leaves."""

    name: str
    starts: bool
    """Whether the conversation starts with it; if not, it waits until somebody starts it."""
    music: Stream | None
    """What it hears while it waits."""
    muted: bool
    end_on_exit: bool
    record: bool
    webhook: Webhook | None
    """Where the recording's webhook goes."""


class MoveAll(Effect, frozen=True, kw_only=True):
    """Take the leg and everybody who is with it into another conversation; they stay until they leave."""

    conversation_id: str
    muted: bool


class StartRecording(Effect, frozen=True, kw_only=True):
    """Record the leg's conversation. Followed by RecordingEnded."""

    recording: str
    channels: int
    format: Literal["wav", "mp3", "ogg"]
    limit_s: int | None
    """Seconds after which it ends by itself."""
    silence_s: int | None
    """Seconds of silence after which it does."""
    beep: bool
    """Whether those who are recorded hear a beep first."""
    webhook: Webhook | None


class StopRecording(Effect, frozen=True, kw_only=True):
    """End a recording that this script started."""

    recording: str


class SetTimer(Effect, frozen=True, kw_only=True):
    """Feed TimerFired with this name after so many seconds; setting it again restarts it."""

    timer: str
    seconds: float


class ClearTimer(Effect, frozen=True, kw_only=True):
    """Forget a timer."""

    timer: str


class Ask(Effect, frozen=True, kw_only=True):
    """Send a webhook whose reply may carry an NCCO. Followed by Replied."""

    request: str
    webhook: Webhook | None
    """The application's event_url when None."""
    payload: Json
    about: Literal["leg", "conversation"] = "leg"
    """Whether it names the leg and its parties too."""
    queue: str | None = None
    """What goes out one after the other; alone when None."""


class FollowDigits(Effect, frozen=True, kw_only=True):
    """Post each digit as it is pressed, as long as the leg lives."""

    webhook: Webhook | None
    """The application's event_url when None."""


class HangUp(Effect, frozen=True, kw_only=True):
    """The script is over: end its own leg."""


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the script should know."""


class Answered(Happening, frozen=True, kw_only=True):
    """The script's own leg is answered."""


class PlayEnded(Happening, frozen=True, kw_only=True):
    """A prompt is over."""

    play: str


class DigitPressed(Happening, frozen=True, kw_only=True):
    """The leg sent a digit."""

    digit: str


class TimerFired(Happening, frozen=True, kw_only=True):
    """A timer ran out."""

    timer: str


class LegAnswered(Happening, frozen=True, kw_only=True):
    """A dialled leg is answered."""

    leg: str


class LegEnded(Happening, frozen=True, kw_only=True):
    """A dialled leg is over, answered or not."""

    leg: str
    status: str


class RecordingEnded(Happening, frozen=True, kw_only=True):
    """A recording is over."""

    recording: str


class Replied(Happening, frozen=True, kw_only=True):
    """The webhook was answered, or given up."""

    request: str


class Stage:
    """What a running action sees of its script: a place to put effects, ids, and the prompts that play."""

    def __init__(self, new_id: Callable[[], str], *, answered: bool) -> None:
        self.new_id = new_id
        self.answered = answered
        self.prompts: list[Say | Stream] = []
        """The queue of prompts; the first one is playing."""
        self._effects: list[Effect] = []

    def emit(self, effect: Effect) -> None:
        """Want something done."""
        self._effects.append(effect)

    def drain(self) -> list[Effect]:
        """What was wanted since the last call."""
        effects, self._effects = self._effects, []
        return effects

    def prompt(self, prompt: Say | Stream) -> None:
        """Queue a prompt; it starts at once when nothing plays."""
        self.prompts.append(prompt)
        if len(self.prompts) == 1:
            self.emit(prompt)

    def prompt_ended(self, play: str) -> None:
        """Take a prompt off the queue and start the next."""
        if not self.prompts or self.prompts[0].play != play:
            return
        del self.prompts[0]
        if self.prompts:
            self.emit(self.prompts[0])

    def silence(self) -> None:
        """Stop the prompt that plays and forget the ones behind it."""
        if self.prompts:
            self.emit(StopPlay(play=self.prompts[0].play))
            self.prompts.clear()
