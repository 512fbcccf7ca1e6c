"""Steps of scenes: what people on phones, and the application, do."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.support.caller import Caller
from tests.support.sipp import Sipp
from tests.support.spoken import write_silence, write_spoken
from tests.support.stage import Stage, Step
from tests.support.waiting import until

APART_S = 1.5
"""Between two texts that somebody says."""
SIPP_CALLER = "447700000099"


def says(*texts: str) -> Step:
    """The caller speaks; between two texts there is a pause."""

    async def step(stage: Stage) -> None:
        files = [stage.directory / f"{abs(hash(text))}.wav" for text in texts]
        for path, text in zip(files, texts, strict=True):
            if not path.exists():
                await asyncio.to_thread(write_spoken, path, text)
        await until(lambda: stage.caller.saw("established"), "the call is answered")
        for number, path in enumerate(files):
            if number:
                await stage.caller.phone.say(write_silence(stage.directory / "silence.wav", APART_S))
            await stage.caller.phone.say(path)

    return step


async def has_spoken(stage: Stage) -> None:
    """The caller has said all."""
    await until(lambda: stage.caller.saw("said"), "the caller has spoken")


def presses(digits: str) -> Step:
    """The caller presses keys."""

    async def step(stage: Stage) -> None:
        await until(lambda: stage.caller.saw("established"), "the call is answered")
        await stage.caller.phone.dtmf(digits)

    return step


def agent_presses(digits: str) -> Step:
    """The agent does."""
    return lambda stage: stage.agent.phone.dtmf(digits)


def waits(seconds: float) -> Step:
    """Time goes by."""
    return lambda _: asyncio.sleep(seconds)


def hangs_up(stage: Stage) -> Awaitable[None]:
    """The caller has had enough."""
    return stage.caller.phone.hang_up()


def agent_hangs_up(stage: Stage) -> Awaitable[None]:
    """The agent has."""
    return stage.agent.phone.hang_up()


async def agent_calls(stage: Stage) -> None:
    """The agent dials the number, too."""
    await stage.agent.phone.call(stage.line.uri)


def sipp_waits(scenario: str, **keys: object) -> Step:
    """Somebody whom a SIPp scenario plays can be called (`Stage.connect_peer`)."""

    async def step(stage: Stage) -> None:
        peer = Sipp(scenario, stage.directory, keys={"rtp_port": 4000, **keys})
        stage.peer = await stage.stack.enter_async_context(peer)

    return step


def sipp_calls(scenario: str, **keys: object) -> Step:
    """Somebody whom a SIPp scenario plays calls the number."""

    async def step(stage: Stage) -> None:
        peer = Sipp(
            scenario,
            stage.directory,
            to=f"127.0.0.1:{stage.line.gateway.sip_port}",
            keys={"rtp_port": 4000, "caller": SIPP_CALLER, **keys},
            options=("-s", stage.line.number),
        )
        stage.peer = await stage.stack.enter_async_context(peer)

    return step


def then(*steps: Step) -> Step:
    """One after the other."""

    async def step(stage: Stage) -> None:
        for each in steps:
            await each(stage)

    return step


def creates_call(body: Callable[[Stage], dict[str, Any]]) -> Step:
    """The application has somebody called, from its number where the body says nothing else: the agent."""

    async def step(stage: Stage) -> None:
        usual = {"to": [stage.phone()], "from": {"type": "phone", "number": stage.line.number}}
        wanted = {key: value for key, value in {**usual, **body(stage)}.items() if value is not None}
        rest = stage.line.gateway.rest
        await rest.expect(201, "POST", "/v1/calls", app=stage.line.app, body=wanted)

    return step


def steers(action: str, **more: object) -> Step:
    """The application steers the caller's leg."""
    return _steers(lambda stage: stage.caller, lambda _: {"action": action, **more})


def steers_agent(action: str, **more: object) -> Step:
    """The application steers the agent's."""
    return _steers(lambda stage: stage.agent, lambda _: {"action": action, **more})


def transfers_agent(destination: Callable[[Stage], dict[str, Any]]) -> Step:
    """The application runs another NCCO on the agent's leg."""

    def body(stage: Stage) -> dict[str, Any]:
        return {"action": "transfer", "destination": {"type": "ncco", **destination(stage)}}

    return _steers(lambda stage: stage.agent, body)


def _steers(who: Callable[[Stage], Caller], body: Callable[[Stage], dict[str, Any]]) -> Step:
    async def step(stage: Stage) -> None:
        leg = await stage.leg_of(who(stage))
        rest = stage.line.gateway.rest
        await rest.expect(204, "PUT", f"/v1/calls/{leg}", app=stage.line.app, body=body(stage))

    return step
