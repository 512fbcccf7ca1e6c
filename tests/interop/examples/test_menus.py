"""Menus and announcements: what callers hear, as words, of examples that speak and take digits."""

import pytest

from tests.interop.examples.conftest import StartCaller, StartExample

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]


async def test_the_call_menu_repeats_the_digit(
    start_example: StartExample, start_caller: StartCaller
) -> None:
    menu, caller = await start_example("call_menu.py"), await start_caller()
    await caller.phone.call(menu.uri)
    await caller.hears("digit")
    await caller.phone.dtmf("4")
    await caller.hears("four")
    await caller.phone.wait("closed")


async def test_the_call_menu_says_that_nothing_was_pressed(
    start_example: StartExample, start_caller: StartCaller
) -> None:
    menu, caller = await start_example("call_menu.py"), await start_caller()
    await caller.phone.call(menu.uri)
    await caller.hears("digit")
    await caller.hears("nothing")


async def test_who_knows_the_way_does_not_hear_the_menus_out(
    start_example: StartExample, start_caller: StartCaller
) -> None:
    menus, caller = await start_example("interactive_menus.py"), await start_caller()
    await caller.phone.call(menus.uri)
    await caller.phone.wait("established")
    await caller.phone.dtmf("2")
    await caller.hears("bill")
    assert "for sales" not in await caller.words_so_far()
    await caller.phone.dtmf("1")
    await caller.hears("order")


async def test_menus_come_again_for_a_wrong_key(
    start_example: StartExample, start_caller: StartCaller
) -> None:
    menus, caller = await start_example("interactive_menus.py"), await start_caller()
    await caller.phone.call(menus.uri)
    await caller.hears("welcome")
    await caller.phone.dtmf("7")
    await caller.hears("please", "press one")


async def test_callers_of_a_citys_number_hear_its_message(
    start_example: StartExample, start_caller: StartCaller
) -> None:
    numbers, caller = await start_example("local_numbers.py", CITIES="{number}:London"), await start_caller()
    await caller.phone.call(numbers.uri)
    await caller.hears("london")
    await caller.phone.wait("closed")


@pytest.mark.parametrize(("digits", "told"), [("161", "manchester"), ("999", "know")])
async def test_others_key_in_the_code_of_their_city(
    start_example: StartExample, start_caller: StartCaller, digits: str, told: str
) -> None:
    cities = "447700900020:London,447700900161:Manchester"
    numbers, caller = await start_example("local_numbers.py", CITIES=cities), await start_caller()
    await caller.phone.call(numbers.uri)
    await caller.hears("your city", "city")
    await caller.phone.dtmf(digits)
    await caller.hears(told)
