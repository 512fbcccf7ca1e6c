"""The contact centre: a caller, an agent, and what the caller is asked when the agent has gone."""

import pytest

from tests.interop.examples.conftest import AGENT, StartCaller, StartExample
from tests.support.caller import Caller
from tests.support.waiting import until

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]


async def test_the_caller_is_asked_how_it_was_when_the_agent_has_gone(
    start_example: StartExample, start_caller: StartCaller, agent: Caller
) -> None:
    centre, caller = await start_example("contact_centre.py", AGENT=AGENT), await start_caller()
    await caller.phone.call(centre.uri)
    await caller.hears("press one", "speak")
    await caller.phone.dtmf("1")
    await agent.hears_tone(440)
    await caller.hears_tone(660)
    await agent.phone.hang_up()
    await caller.hears("five")
    await caller.phone.dtmf("4")
    await until(lambda: centre.example.told("mark") == ["4"], "the mark is told")
    await caller.hears("thank", "goodbye", "good bye")
    await caller.phone.wait("closed")
