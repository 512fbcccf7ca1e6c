"""Whisper, monitor, coach and barge: what three baresip phones in one conversation hear of each other."""

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.demo.phone import Phone, PhoneSettings
from tests.interop.test_rest_audio import Party
from tests.support.gateway import RunningGateway
from tests.support.line import Line, room
from tests.support.webhook_app import Hook, WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

AGENT, CUSTOMER, SUPERVISOR = "agent", "customer", "supervisor"
TONES = {AGENT: 440, CUSTOMER: 660, SUPERVISOR: 1200}
_callers = itertools.count(447700000401)

Heard = dict[str, set[str]]
"""For each party, whom it hears."""

AMONG_TWO: Heard = {AGENT: {CUSTOMER}, CUSTOMER: {AGENT}}


@dataclass(frozen=True)
class Mode:
    """What the supervisor's `conversation` says, with parties for legs, and who hears whom then."""

    heard: Heard
    can_speak: tuple[str, ...] | None = None
    can_hear: tuple[str, ...] | None = None

    def options(self, legs: dict[str, str]) -> dict[str, Any]:
        """The options of the action."""
        lists = {"canSpeak": self.can_speak, "canHear": self.can_hear}
        return {key: [legs[name] for name in names] for key, names in lists.items() if names is not None}


MODES = {
    "monitor": Mode({**AMONG_TWO, SUPERVISOR: {AGENT, CUSTOMER}}, can_speak=()),
    "whisper": Mode(
        {AGENT: {CUSTOMER, SUPERVISOR}, CUSTOMER: {AGENT}, SUPERVISOR: {AGENT, CUSTOMER}}, can_speak=(AGENT,)
    ),
    "coach one voice": Mode(
        {AGENT: {CUSTOMER, SUPERVISOR}, CUSTOMER: {AGENT}, SUPERVISOR: {AGENT}},
        can_speak=(AGENT,),
        can_hear=(AGENT,),
    ),
    "announce": Mode(
        {AGENT: {CUSTOMER, SUPERVISOR}, CUSTOMER: {AGENT, SUPERVISOR}, SUPERVISOR: set()}, can_hear=()
    ),
}
BARGE: Heard = {name: set(TONES) - {name} for name in TONES}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    directory = tmp_path_factory.mktemp("gateway")
    async with RunningGateway(directory) as gateway, WebhookApp() as webhooks:
        yield await Line.rent(gateway, webhooks)


@pytest_asyncio.fixture(loop_scope="module")
async def phones(tmp_path: Path) -> AsyncIterator[dict[str, Phone]]:
    async with AsyncExitStack() as stack:
        started = {}
        for name, hertz in TONES.items():
            settings = PhoneSettings(name=str(next(_callers)), tone_hz=hertz, directory=tmp_path)
            started[name] = await stack.enter_async_context(await Phone.start(settings))
        yield started


async def meet(line: Line, phones: dict[str, Phone], mode: Mode) -> dict[str, Party]:
    """Let the agent and the customer meet, and then the supervisor join them."""
    name = f"room of {phones[AGENT].name}"
    legs: dict[str, str] = {}

    def answer(hook: Hook) -> list[dict[str, Any]]:
        watches = hook.fields["from"] == phones[SUPERVISOR].name
        return [room(name, **(mode.options(legs) if watches else {}))]

    line.webhooks.on("/answer", answer)
    parties = {}
    for who in (AGENT, CUSTOMER, SUPERVISOR):
        await phones[who].call(line.uri)
        await phones[who].wait("established", timeout=30)
        asked = await line.webhooks.wait("/answer", {"from": phones[who].name})
        legs[who] = asked.fields["uuid"]
        parties[who] = Party(phones[who], legs[who])
    return parties


async def assert_heard(parties: dict[str, Party], heard: Heard) -> None:
    """Everybody hears whom they should, and has never heard anybody else."""
    for listener, speakers in heard.items():
        for speaker in speakers:
            await parties[listener].hears(TONES[speaker])
    for listener, speakers in heard.items():
        for speaker in set(TONES) - speakers:
            parties[listener].never_heard(TONES[speaker])


@pytest.mark.row("conversation.canSpeak", "conversation.canHear")
@pytest.mark.parametrize("mode", MODES)
async def test_who_hears_whom(line: Line, phones: dict[str, Phone], mode: str) -> None:
    parties = await meet(line, phones, MODES[mode])
    await assert_heard(parties, MODES[mode].heard)


async def test_a_supervisor_who_whispered_barges_in(line: Line, phones: dict[str, Phone]) -> None:
    parties = await meet(line, phones, MODES["whisper"])
    await assert_heard(parties, MODES["whisper"].heard)
    again = {"type": "ncco", "ncco": [room(f"room of {phones[AGENT].name}")]}
    await line.gateway.rest.expect(
        204,
        "PUT",
        f"/v1/calls/{parties[SUPERVISOR].leg_id}",
        app=line.app,
        body={"action": "transfer", "destination": again},
    )
    await assert_heard(parties, BARGE)
