"""Scenes of calls: what answers, what people on phones do then, and what has to come of it, as data.

A scene has a stage to itself: an application with a number, its webhooks, a caller and an agent whom the
gateway's trunk leads to. Several stages play at once. What people do, and what has to come of it, is in
tests/support/deeds.py and tests/support/outcomes.py.
"""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.caller import Caller
from tests.support.line import Line
from tests.support.make_audio import write_tone
from tests.support.sipp import Sipp
from tests.support.waiting import until
from tests.support.webhook_app import Hook
from tests.support.webhook_fields import judge, judge_lives

Ncco = list[dict[str, Any]]

OVER = ("completed", "rejected")
"""The last that is told of a leg."""


@dataclass
class Stage:
    """Where a scene plays."""

    line: Line
    loud: Caller
    """Says a tone all the time."""
    quiet: Caller
    """Says what it is told to, and nothing else."""
    agent: Caller
    directory: Path
    hooks: list[Hook] = field(default_factory=list)
    """What steps have seen of webhooks, the newest last."""
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    """What the scene has started."""

    def __post_init__(self) -> None:
        self.caller = self.loud
        """Who calls in this scene."""
        self.asked: Hook | None = None
        """The webhook that is being replied to."""
        self.peer: Sipp | None = None
        """Who is called, or calls, besides them."""

    @property
    def asks_agent(self) -> bool:
        """Whether the answer webhook asks about the agent's call."""
        return self.asked is not None and self.asked.fields["from"] == self.agent.phone.name

    @property
    def url(self) -> str:
        """What the application's own addresses begin with."""
        return self.line.webhooks.url

    @property
    def room(self) -> str:
        """A conversation's name that no other stage has."""
        return f"room of {self.line.number}"

    def at(self, path: str) -> list[str]:
        """A URL of the application's, as options have it."""
        return [self.url + path]

    def tone(self, hertz: int) -> str:
        """The address of an audio file that is a tone of two seconds."""
        path = self.directory / f"{hertz}.wav"
        if not path.exists():
            write_tone(path, hertz)
        self.line.webhooks.serve(f"/{hertz}.wav", path, "audio/wav")
        return f"{self.url}/{hertz}.wav"

    def phone(self, **more: object) -> dict[str, Any]:
        """The agent as an endpoint."""
        return {"type": "phone", "number": self.agent.phone.name, **more}

    def connect(self, **options: object) -> dict[str, Any]:
        """The action that calls the agent."""
        return {"action": "connect", "endpoint": [self.phone()], **options}

    def connect_peer(self, *, endpoint: dict[str, object] | None = None, **options: object) -> dict[str, Any]:
        """The action that calls the SIPp scenario that waits; `endpoint`: more options of it."""
        assert self.peer is not None, "nobody waits"
        called = {"type": "sip", "uri": self.peer.uri, **(endpoint or {})}
        return {"action": "connect", "endpoint": [called], **options}

    def play(self, hertz: int, **options: object) -> dict[str, Any]:
        """The action that plays a tone."""
        return {"action": "stream", "streamUrl": [self.tone(hertz)], **options}

    async def leg_of(self, person: Caller) -> str:
        """The id of the leg that somebody has in this scene."""

        def theirs() -> list[str]:
            told = (hook.fields for hook in self.line.webhooks.hooks if "uuid" in hook.fields)
            return [each["uuid"] for each in told if person.phone.name in (each.get("from"), each.get("to"))]

        await until(theirs, f"{person.phone.name} has a leg")
        return theirs()[-1]


Step = Callable[[Stage], Awaitable[None]]
Script = Callable[[Stage], Ncco]


async def caller_calls(stage: Stage) -> None:
    """The caller dials the number."""
    await stage.caller.phone.call(stage.line.uri)


@dataclass(frozen=True)
class Scene:
    """One call."""

    name: str
    rows: tuple[str, ...]
    """What it proves (tests/support/voice_rows.py)."""
    ncco: Script
    """What the answer webhook says to the caller."""
    steps: tuple[Step, ...]
    replies: tuple[tuple[str, Script], ...] = ()
    """What other webhooks say, by their path."""
    begins: Step = caller_calls
    quiet: bool = False
    """Whether the caller says nothing by itself."""

    async def play(self, stage: Stage) -> None:
        """Call, go through the steps, and leave the stage as it was."""
        webhooks = stage.line.webhooks
        stage.caller = stage.quiet if self.quiet else stage.loud
        for path, script in (("/answer", self.ncco), *self.replies):
            webhooks.on(path, _replying(script, stage))
        try:
            for step in (self.begins, *self.steps):
                await step(stage)
        finally:
            for person in (stage.caller, stage.agent):
                await person.hangs_up()
            await stage.stack.aclose()
            await _is_over(stage)
            for path, _ in self.replies:
                webhooks.on(path, lambda _: {})
            told = [hook.fields for hook in webhooks.hooks if hook.method == "POST"]
            webhooks.forget()
            stage.hooks.clear()
        for fields in told:
            judge(fields)
        judge_lives(told)


def by_name(scenes: Iterable[Scene]) -> pytest.MarkDecorator:
    """A test for each of them, with the rows that it proves."""
    named = [pytest.param(each.name, marks=pytest.mark.row(*each.rows), id=each.name) for each in scenes]
    return pytest.mark.parametrize("scene", named)


async def _is_over(stage: Stage) -> None:
    """Wait until nothing more comes of any leg."""

    def open_legs() -> set[str]:
        told = [hook.fields for hook in stage.line.webhooks.hooks if "direction" in hook.fields]
        legs = {each["uuid"] for each in told if "uuid" in each}
        return legs - {each.get("uuid") for each in told if each["status"] in OVER}

    await until(lambda: not open_legs(), "the end of every leg is told", every_s=0.05)


def _replying(script: Script, stage: Stage) -> Callable[[Hook], object]:
    def reply(hook: Hook) -> object:
        stage.asked = hook
        return script(stage)

    return reply
