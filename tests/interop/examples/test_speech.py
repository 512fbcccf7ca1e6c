"""Examples that understand what is said, and that tell people from machines."""

import asyncio
from pathlib import Path

import pytest

from tests.interop.examples.conftest import AGENT, PERSON, StartCaller, StartExample
from tests.support.caller import Caller
from tests.support.examples import Example, settings_of
from tests.support.ports import free_ports
from tests.support.spoken import write_spoken
from tests.support.waiting import until

A_BREATH_S = 1.5
"""Before an answer: what is said while the question still sounds is lost."""

SAYS_AGAIN = 3
"""How often somebody says a word who is misunderstood."""

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]


async def test_the_bot_tells_the_weather_of_the_city_that_is_named(
    start_example: StartExample, start_caller: StartCaller, tmp_path: Path
) -> None:
    bot, caller = await start_example("voice_bot.py"), await start_caller(0)
    await caller.phone.call(bot.uri)
    await caller.hears("weather")
    await asyncio.sleep(A_BREATH_S)
    for _ in range(SAYS_AGAIN):
        await caller.phone.say(write_spoken(tmp_path / "city.wav", "Madrid"))
        await caller.hears("other city", "or oslo")
        await asyncio.sleep(A_BREATH_S)
        if bot.example.told("heard")[-1] == "madrid":
            break
    assert "sunny" in await caller.words_so_far()
    await caller.phone.say(write_spoken(tmp_path / "bye.wav", "Good bye"))
    await caller.phone.wait("closed", timeout=30)
    assert bot.example.told("heard")[-2:] == ["madrid", "good bye"]


async def test_both_sides_of_a_call_become_text(
    start_example: StartExample, start_caller: StartCaller, agent: Caller, tmp_path: Path
) -> None:
    transcription, caller = await start_example("transcription.py", TO=AGENT), await start_caller(0)
    await caller.phone.call(transcription.uri)
    await agent.phone.wait("established")
    await caller.phone.say(write_spoken(tmp_path / "order.wav", "I want to order seven red apples."))
    await caller.phone.wait("said", timeout=30)
    await caller.phone.hang_up()
    await until(lambda: transcription.example.told("channel 0"), "the transcript comes")
    assert "apples" in transcription.example.told("channel 0")[0].lower()
    assert transcription.example.told("recorded")


async def test_people_confirm_alerts_and_are_thanked(
    start_example: StartExample, person: Caller, tmp_path: Path
) -> None:
    menu = await start_example("call_menu.py")
    (port,) = free_ports(1)
    settings = {"PORT": str(port), "FROM": menu.number, **settings_of(menu.customer)}
    async with Example.started(
        "voice_alerts.py", "The server room is too hot.", PERSON, **settings
    ) as alerts:
        await person.phone.wait("established", timeout=30)
        await person.phone.say(write_spoken(tmp_path / "hello.wav", "Hello?"))
        await person.hears("hot", "confirm")
        await person.phone.dtmf("1")
        await person.hears("thank")
        assert await alerts.status() == 0
    assert alerts.told("human") == [PERSON]
    assert alerts.told("confirmed") == [PERSON]
