"""What a running action sees of its script.

A script is pure: it takes happenings and gives effects; `gateway.calls` stands between it and the world.
"""

from collections.abc import Callable

from gateway.ncco.effects import Effect, Say, StopPlay, Stream


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
