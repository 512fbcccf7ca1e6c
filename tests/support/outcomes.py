"""Steps of scenes: what has to come of what was done."""

import asyncio
from typing import Any

import numpy as np

from tests.support.caller import LOOK_EVERY_S, RATE_HZ
from tests.support.pitch import apart, pitch_hz
from tests.support.stage import Stage, Step
from tests.support.waiting import LIMIT_S, until
from tests.support.webhook_app import Hook
from tests.support.words import words

SILENT_BELOW = 100
"""Of samples of 16 bits."""
PHONE_S = 0.15
"""What the phones' own buffers may take off a silence."""
BUSY_S = 3.0
"""What a machine that is busy may add to it."""


def hears(*phrases: str) -> Step:
    """The caller is told something, whichever way it is written."""
    return lambda stage: stage.caller.hears(*phrases)


def hears_after(hertz: int, phrase: str) -> Step:
    """The caller is told something when a tone is over."""

    async def step(stage: Stage) -> None:
        await stage.caller.hears_tone(hertz)
        said = ""
        async with asyncio.timeout(LIMIT_S):
            while phrase not in said:
                await asyncio.sleep(LOOK_EVERY_S)
                said = await asyncio.to_thread(words, apart(stage.caller.heard(), hertz)[1])

    return step


def never_hears(phrase: str) -> Step:
    """These words are nowhere in what the caller has heard."""

    async def step(stage: Stage) -> None:
        said = await asyncio.to_thread(words, stage.caller.heard())
        assert phrase not in said, said

    return step


def hears_tone(hertz: int, *, steady_s: float = 0.4) -> Step:
    """The caller hears a tone."""
    return lambda stage: stage.caller.hears_tone(hertz, steady_s=steady_s)


def agent_hears(*phrases: str) -> Step:
    """The agent is told something."""
    return lambda stage: stage.agent.hears(*phrases)


def agent_hears_tone(hertz: int, *, steady_s: float = 0.4) -> Step:
    """The agent hears a tone."""
    return lambda stage: stage.agent.hears_tone(hertz, steady_s=steady_s)


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


def agent_never_hears_tone(hertz: int) -> Step:
    """Nothing of a tone is in what the agent has heard."""

    async def step(stage: Stage) -> None:
        stage.agent.has_not_heard(hertz)

    return step


def hears_no_more(hertz: int) -> Step:
    """The caller does not hear a tone any more."""
    return lambda stage: stage.caller.hears_no_more(hertz)


def agent_hears_no_more(hertz: int) -> Step:
    """The agent does not."""
    return lambda stage: stage.agent.hears_no_more(hertz)


def pauses_for(seconds: float) -> Step:
    """The longest silence between what the caller has heard is at least that, once all is over."""

    async def step(stage: Stage) -> None:
        loud = np.flatnonzero(np.abs(stage.caller.heard().astype(int)) > SILENT_BELOW)
        longest = float(np.max(np.diff(loud))) / RATE_HZ
        assert seconds - PHONE_S < longest < seconds + BUSY_S, f"{longest:.2f} s"

    return step


def voice_changes_by(low: float, high: float, hertz: int) -> Step:
    """After a tone a voice goes on with another pitch than before it: so many times as high."""

    async def step(stage: Stage) -> None:
        before, after = apart(stage.caller.heard(), hertz)
        ratio = pitch_hz(after) / pitch_hz(before)
        assert low < ratio < high, f"{ratio:.2f}"

    return step


def told(path: str, method: str = "POST", **fields: object) -> Step:
    """A webhook comes with these fields; `a__b` is the field b within a, and `...` anything."""
    return lambda stage: _is_told(stage, path, method, fields)


def told_of_agent(status: str, path: str = "/event", method: str = "POST", **fields: object) -> Step:
    """A webhook tells a status of the agent's leg."""
    return lambda stage: _is_told(
        stage, path, method, {"status": status, "to": stage.agent.phone.name, **fields}
    )


def told_of_peer(status: str, path: str = "/event", **fields: object) -> Step:
    """A webhook tells a status of the leg to whom a SIPp scenario plays."""

    async def step(stage: Stage) -> None:
        assert stage.peer is not None, "nobody waits"
        await _is_told(stage, path, "POST", {"status": status, "to": stage.peer.uri, **fields})

    return step


async def _is_told(stage: Stage, path: str, method: str, fields: dict[str, object]) -> None:
    def fits(hook: Hook) -> bool:
        return hook.path == path and hook.method == method and _fits(hook, fields)

    what = f"{method} {path} with {fields}"
    stage.hooks.append(await stage.line.webhooks.wait_for(fits, what, within_s=LIMIT_S))


def not_told(path: str, **fields: object) -> Step:
    """No webhook has come with these fields."""

    async def step(stage: Stage) -> None:
        for hook in stage.line.webhooks.hooks:
            assert not (hook.path == path and _fits(hook, fields)), hook

    return step


async def call_ends(stage: Stage) -> None:
    """The platform hangs up."""
    await until(lambda: stage.caller.saw("closed"), "the call ends")


async def agents_call_ends(stage: Stage) -> None:
    """The platform hangs up on the agent."""
    await until(lambda: stage.agent.saw("closed"), "the agent's call ends")


async def call_goes_on(stage: Stage) -> None:
    """It has not hung up."""
    assert not stage.caller.saw("closed")


def _fits(hook: Hook, fields: dict[str, object]) -> bool:
    return all(
        (_within(hook.fields, name) is not None) if value is ... else _within(hook.fields, name) == value
        for name, value in fields.items()
    )


def _within(fields: dict[str, Any], name: str) -> object:
    value: Any = fields
    for part in name.split("__"):
        value = value.get(part) if isinstance(value, dict) else None
    return value
