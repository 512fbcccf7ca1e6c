"""The script of a leg: which action runs, what ends it, what comes next (NCCO reference).

A script is fed happenings and gives effects; it never waits, looks at a clock or raises for what the world
does. Its states and their table:

    fetching   no NCCO yet, or another one on its way
    answering  the next action needs the leg answered, and it is not
    running    an action runs
    draining   the last action is over, its prompts are still being played
    ended      nothing more is wanted; the leg is hung up
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from gateway.ncco.actions.base import Action, Lasting, Run
from gateway.ncco.effects import Answer, Effect, HangUp
from gateway.ncco.happenings import Answered, Happening, PlayEnded
from gateway.ncco.schema import Ncco
from gateway.ncco.stage import Stage
from gateway.states import step
from gateway.store.records import Json

State = Literal["fetching", "answering", "running", "draining", "ended"]
Turn = Literal["given", "must-answer", "begun", "exhausted", "silent", "recalled", "stopped"]

TRANSITIONS: dict[tuple[State, Turn], State] = {
    ("fetching", "given"): "running",
    ("fetching", "recalled"): "fetching",
    ("fetching", "stopped"): "ended",
    ("answering", "given"): "running",
    ("answering", "must-answer"): "answering",
    ("answering", "begun"): "running",
    ("answering", "recalled"): "fetching",
    ("answering", "stopped"): "ended",
    ("running", "given"): "running",
    ("running", "must-answer"): "answering",
    ("running", "begun"): "running",
    ("running", "exhausted"): "draining",
    ("running", "recalled"): "fetching",
    ("running", "stopped"): "ended",
    ("draining", "given"): "running",
    ("draining", "silent"): "ended",
    ("draining", "recalled"): "fetching",
    ("draining", "stopped"): "ended",
}


class KeptScript(NamedTuple):
    """Where a script is, between two happenings."""

    actions: Ncco | None = None
    """What is left to do, the action that runs first; None while it waits for an NCCO."""
    lasts: Json | None = None
    """What keeps the first going; None where it has not begun, or begins again."""


class Script:
    """One leg's script."""

    def __init__(self, new_id: Callable[[], str], *, answered: bool) -> None:
        self.state: State = "fetching"
        self._stage = Stage(new_id, answered=answered)
        self._rest: Ncco = ()
        self._run: Run | None = None
        self._action: Action | None = None
        """Whose run it is."""

    @property
    def kept(self) -> "KeptScript":
        """What it takes to go on in another process."""
        if self.state == "fetching":
            return KeptScript()
        if self._run is None or self._run.done or self._action is None:
            return KeptScript(actions=self._rest)
        lasts = self._run.kept if isinstance(self._run, Lasting) else None
        return KeptScript(actions=(self._action, *self._rest), lasts=lasts)

    def go_on(self, kept: "KeptScript") -> list[Effect]:
        """Go on where an earlier process left off: what lasts does, what else was under way begins again."""
        if kept.actions is None:
            return []
        if kept.lasts is None:
            return self.run(kept.actions)
        self._turn("given")
        self._action, *rest = kept.actions
        self._rest = tuple(rest)
        self._run = self._action.go_on(self._stage, kept.lasts)
        return self._stage.drain()

    def run(self, actions: Ncco) -> list[Effect]:
        """Begin with these actions, instead of whatever was left to do."""
        if self.state == "ended":
            return []
        self._leave()
        self._turn("given")
        self._rest = actions
        self._advance()
        return self._stage.drain()

    def feed(self, happening: Happening) -> list[Effect]:
        """Tell the script what happened. After its end it takes no notice."""
        if self.state == "ended":
            return []
        if isinstance(happening, Answered):
            self._stage.answered = True
        elif isinstance(happening, PlayEnded):
            self._stage.prompt_ended(happening.play)
        if self._run is not None:
            self._run.take(happening, self._stage)
        self._advance()
        return self._stage.drain()

    def recall(self) -> list[Effect]:
        """The leg is taken elsewhere: leave what it does and wait for another NCCO."""
        if self.state == "ended":
            return []
        self._leave()
        self._rest = ()
        self._turn("recalled")
        return self._stage.drain()

    def stop(self) -> list[Effect]:
        """The leg is gone."""
        if self.state == "ended":
            return []
        self._leave()
        self._turn("stopped")
        return self._stage.drain()

    def _advance(self) -> None:
        """Begin actions until one has to be waited for."""
        while self.state in ("running", "answering") and (self._run is None or self._run.done):
            self._run = None
            if not self._rest:
                self._turn("exhausted")
            elif self._rest[0].needs_answer and not self._stage.answered:
                self._await_answer()
                return
            else:
                self._action, self._rest = self._rest[0], self._rest[1:]
                self._turn("begun")
                self._run = self._action.begin(self._stage)
        if self.state == "draining" and not self._stage.prompts:
            self._turn("silent")
            self._stage.emit(HangUp())

    def _await_answer(self) -> None:
        if self.state != "answering":
            self._stage.emit(Answer())
        self._turn("must-answer")

    def _leave(self) -> None:
        if self._run is not None and not self._run.done:
            self._run.leave(self._stage)
        self._run = None
        self._stage.silence()

    def _turn(self, turn: Turn) -> None:
        self.state = step(TRANSITIONS, self.state, turn)
