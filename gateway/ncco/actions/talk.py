"""talk: speak a text to the leg (NCCO reference; Voice API, text to speech)."""

from typing import Annotated, Any

from msgspec import Meta

from gateway.ncco.actions.base import Action, Finished, Level, Loop, Run
from gateway.ncco.effects import Say, Stream
from gateway.ncco.happenings import Happening, PlayEnded
from gateway.ncco.stage import Stage
from gateway.ncco.texts import TOO_LONG, Text, is_too_long
from gateway.ncco.voices import voice_of


class Talk(Action, frozen=True, kw_only=True, tag="talk"):
    """Speak `text`; with `bargeIn` the script goes on at once and a key press cuts it short."""

    text: Text
    language: Annotated[str, Meta(max_length=35)] | None = None
    style: Annotated[int, Meta(ge=0, le=1000)] | None = None
    premium: bool = False
    """Taken; every voice is as good as it can be."""
    voice_name: Annotated[str, Meta(max_length=200)] = ""
    provider: Annotated[str, Meta(max_length=64)] = ""
    """A speech engine by name: asked first where the operator has one of that name."""
    provider_options: dict[str, Any] | None = None
    """Taken: the operator's configuration chooses model and voice."""
    level: Level = 0.0
    loop: Loop = 1
    barge_in: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError (an error of `text` to the reader) for a text that is too long."""
        if is_too_long(self.text):
            raise ValueError(f"text {TOO_LONG}")

    def begin(self, stage: Stage) -> Run:
        """Queue the text."""
        language, style = voice_of(self.voice_name, self.language, self.style)
        say = Say(
            play=stage.new_id(),
            text=self.text,
            language=language,
            style=style,
            provider=self.provider,
            level=self.level,
            loop=self.loop,
        )
        return begin_prompt(say, stage, barge_in=self.barge_in)


class PromptRun:
    """Waits until its prompt is over."""

    def __init__(self, play: str) -> None:
        self.done = False
        self._play = play

    def take(self, happening: Happening, stage: Stage) -> None:
        """The prompt's end is the action's."""
        if isinstance(happening, PlayEnded) and happening.play == self._play:
            self.done = True

    def leave(self, stage: Stage) -> None:
        """Stop the prompt."""
        stage.silence()


def begin_prompt(prompt: Say | Stream, stage: Stage, *, barge_in: bool) -> Run:
    """Queue a prompt; the action is over at its end, or at once when the leg may barge in."""
    stage.prompt(prompt)
    return Finished() if barge_in else PromptRun(prompt.play)
