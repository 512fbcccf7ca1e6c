"""Examples that join callers with a phone, judged by what both sides hear and see."""

import pytest

from tests.interop.examples.conftest import AGENT, StartCaller, StartExample
from tests.support.caller import Caller
from tests.support.waiting import until

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]


async def test_the_agent_hears_the_campaign_before_the_caller(
    start_example: StartExample, start_caller: StartCaller, agent: Caller
) -> None:
    whisper, caller = await start_example("call_whisper.py", AGENT=AGENT), await start_caller()
    await caller.phone.call(whisper.uri)
    await agent.hears("television")
    await caller.hears("connecting")
    await agent.hears_tone(440)
    await caller.hears_tone(660)
    assert "campaign" not in await caller.words_so_far()


async def test_calls_are_counted_by_the_number_that_was_dialled(
    start_example: StartExample, start_caller: StartCaller, agent: Caller
) -> None:
    tracking, caller = await start_example("call_tracking.py", TO=AGENT), await start_caller()
    await caller.phone.call(tracking.uri)
    await caller.hears_tone(660)
    assert tracking.number in agent.saw("ringing")[-1]
    assert tracking.example.told("tracked") == [f"{tracking.number} called by {caller.phone.name}"]


@pytest.mark.row("connect.from")
async def test_neither_side_sees_the_others_number(
    start_example: StartExample, start_caller: StartCaller, agent: Caller
) -> None:
    caller = await start_caller()
    masked = await start_example("masked_numbers.py", ANNA=caller.phone.name, BEN=AGENT)
    (number,) = masked.example.told("number")
    await caller.phone.call(masked.customer.gateway.sip_uri(number))
    await agent.hears_tone(440)
    await caller.hears_tone(660)
    assert number in agent.saw("ringing")[-1]
    assert caller.phone.name not in agent.saw("ringing")[-1]


async def test_strangers_are_turned_away(
    start_example: StartExample, start_caller: StartCaller, agent: Caller
) -> None:
    masked, stranger = await start_example("masked_numbers.py", BEN=AGENT), await start_caller()
    (number,) = masked.example.told("number")
    await stranger.phone.call(masked.customer.gateway.sip_uri(number))
    await stranger.hears("private")
    assert agent.saw("ringing") == []


@pytest.mark.row("conversation.startOnEnter", "conversation.endOnExit")
async def test_attendees_hear_music_until_the_moderator_comes_and_go_with_them(
    start_example: StartExample, start_caller: StartCaller
) -> None:
    moderator = await start_caller(660)
    town_hall = await start_example("moderated_conference.py", MODERATOR=moderator.phone.name)
    attendee, other = await start_caller(440), await start_caller(880)
    for each in (attendee, other):
        await each.phone.call(town_hall.uri)
        await each.hears("wait", "moderator")
        await each.hears_tone(784)
    await moderator.phone.call(town_hall.uri)
    await moderator.hears("moderate", "moderator")
    await attendee.hears_tone(880)
    await other.hears_tone(440)
    await attendee.hears_tone(660)
    await moderator.phone.hang_up()
    for each in (attendee, other):
        await each.phone.wait("closed")
    await until(lambda: town_hall.example.told("recorded"), "the recording is told of")
