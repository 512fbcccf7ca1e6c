"""Scenes of calls: what answers, what people on phones do then, and what has to come of it, as data.

A scene has a stage to itself: an application with a number, its webhooks, a caller and an agent whom the
gateway's trunk leads to. Several stages play at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.caller import Caller
from tests.support.line import Line
from tests.support.make_audio import write_tone
from tests.support.spoken import write_spoken
from tests.support.waiting import LIMIT_S, until
from tests.support.webhook_app import Hook

Ncco = list[dict[str, Any]]


@dataclass
class Stage:
    """Where a scene plays."""

    line: Line
    caller: Caller
    agent: Caller
    directory: Path
    hooks: list[Hook] = field(default_factory=list)
    """What steps have seen of webhooks, the newest last."""

    @property
    def url(self) -> str:
        """What the application's own addresses begin with."""
        return self.line.webhooks.url

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


Step = Callable[[Stage], Awaitable[None]]
Script = Callable[[Stage], Ncco]


@dataclass(frozen=True)
class Scene:
    """One call."""

    name: str
    rows: tuple[str, ...]
    """What it proves (tests/support/voice_rows.py)."""
    ncco: Script
    """What the answer webhook says."""
    steps: tuple[Step, ...]
    replies: tuple[tuple[str, Script], ...] = ()
    """What other webhooks say, by their path."""

    async def play(self, stage: Stage) -> None:
        """Call, go through the steps, and leave the stage as it was."""
        webhooks, caller = stage.line.webhooks, stage.caller
        webhooks.answer(*self.ncco(stage))
        for path, script in self.replies:
            webhooks.on(path, _replying(script, stage))
        await caller.phone.call(stage.line.uri)
        try:
            for step in self.steps:
                await step(stage)
        finally:
            for person in (caller, stage.agent):
                await person.hangs_up()
            for path, _ in self.replies:
                webhooks.on(path, lambda _: {})
            webhooks.forget()
            stage.hooks.clear()


def _replying(script: Script, stage: Stage) -> Callable[[Hook], object]:
    return lambda _: script(stage)


# What people do


def says(text: str) -> Step:
    """The caller speaks."""

    async def step(stage: Stage) -> None:
        path = stage.directory / f"{abs(hash(text))}.wav"
        if not path.exists():
            await asyncio.to_thread(write_spoken, path, text)
        await stage.caller.phone.say(path)

    return step


def presses(digits: str) -> Step:
    """The caller presses keys."""
    return lambda stage: stage.caller.phone.dtmf(digits)


def waits(seconds: float) -> Step:
    """Time goes by."""
    return lambda _: asyncio.sleep(seconds)


def hangs_up(stage: Stage) -> Awaitable[None]:
    """The caller has had enough."""
    return stage.caller.phone.hang_up()


def agent_hangs_up(stage: Stage) -> Awaitable[None]:
    """The agent has."""
    return stage.agent.phone.hang_up()


# What has to come of it


def hears(phrase: str) -> Step:
    """The caller is told something."""
    return lambda stage: stage.caller.hears(phrase)


def hears_tone(hertz: int, *, steady_s: float = 0.4) -> Step:
    """The caller hears a tone."""
    return lambda stage: stage.caller.hears_tone(hertz, steady_s=steady_s)


def agent_hears(phrase: str) -> Step:
    """The agent is told something."""
    return lambda stage: stage.agent.hears(phrase)


def agent_hears_tone(hertz: int) -> Step:
    """The agent hears a tone."""
    return lambda stage: stage.agent.hears_tone(hertz)


def agent_sees(number: str) -> Step:
    """The agent's phone shows this caller; `{number}` is the one that was dialled."""

    async def step(stage: Stage) -> None:
        wanted = number.format(number=stage.line.number)
        await until(lambda: stage.agent.saw("ringing"), "the agent's phone rings")
        assert wanted in stage.agent.saw("ringing")[-1]

    return step


def agent_digits(digits: str) -> Step:
    """The agent's phone is sent keys."""

    async def step(stage: Stage) -> None:
        await until(lambda: "".join(stage.agent.saw("dtmf")) == digits, f"{digits} pressed")

    return step


def never_hears_tone(hertz: int) -> Step:
    """Nothing of a tone is in what the caller has heard."""

    async def step(stage: Stage) -> None:
        stage.caller.has_not_heard(hertz)

    return step


def told(path: str, method: str = "POST", **fields: object) -> Step:
    """A webhook comes with these fields; `a__b` is the field b within a."""

    def fits(hook: Hook) -> bool:
        return (
            hook.path == path
            and hook.method == method
            and all(_within(hook.fields, name) == value for name, value in fields.items())
        )

    async def step(stage: Stage) -> None:
        what = f"{method} {path} with {fields}"
        stage.hooks.append(await stage.line.webhooks.wait_for(fits, what, within_s=LIMIT_S))

    return step


def not_told(path: str, **fields: object) -> Step:
    """No webhook has come with these fields."""

    async def step(stage: Stage) -> None:
        for hook in stage.line.webhooks.hooks:
            same = all(_within(hook.fields, name) == value for name, value in fields.items())
            assert not (hook.path == path and same), hook

    return step


async def call_ends(stage: Stage) -> None:
    """The platform hangs up."""
    await until(lambda: stage.caller.saw("closed"), "the call ends")


async def call_goes_on(stage: Stage) -> None:
    """It has not hung up."""
    assert not stage.caller.saw("closed")


def checks(check: Callable[[Stage], Awaitable[None]]) -> Step:
    """Anything else."""
    return check


def _within(fields: dict[str, Any], name: str) -> object:
    value: Any = fields
    for part in name.split("__"):
        value = value.get(part) if isinstance(value, dict) else None
    return value
