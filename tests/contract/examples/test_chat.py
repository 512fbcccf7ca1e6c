"""The chat: two users at two keyboards, and what the API shows of it."""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from tests.support.customer import Customer
from tests.support.examples import Example, failure

pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]

IMAGE = "https://example.com/a.jpg"


class Room:
    """Alice and Bob in one conversation, each with the chat in front of them."""

    def __init__(self, customer: Customer, alice: Example, bob: Example) -> None:
        self._customer = customer
        self.alice = alice
        self.bob = bob
        (entered,) = (line for line in alice.printed if line.startswith("You are"))
        self.path = f"/v1/conversations/{entered.split()[-1].rstrip('.')}"

    async def events(self) -> list[Any]:
        events: list[Any] = (await self._customer.shown(f"{self.path}/events?page_size=100"))["_embedded"]
        return events

    async def states(self) -> dict[str, str]:
        rows = (await self._customer.shown(f"{self.path}/members"))["_embedded"]["members"]
        return {row["_embedded"]["user"]["name"]: row["state"] for row in rows}


@pytest_asyncio.fixture(loop_scope="module")
async def room(settings: dict[str, str], customer: Customer) -> AsyncIterator[Room]:
    """Alice has opened a room, and Bob has come on her invitation."""
    alices, bobs = (f"{name}-{uuid.uuid4()}" for name in ("alice", "bob"))
    async with AsyncExitStack() as stack:
        alice = await stack.enter_async_context(Example.started("chat.py", alices, **settings))
        await alice.shows("Ready.")
        await alice.type(f"/invite {bobs}")
        await alice.shows(f"{bobs} is invited")
        bob = await stack.enter_async_context(Example.started("chat.py", bobs, **settings))
        await bob.shows("Ready.")
        await alice.shows(f"{bobs} member:joined")
        yield Room(customer, alice, bob)


async def test_who_is_invited_comes_in(room: Room) -> None:
    assert set((await room.states()).values()) == {"JOINED"}
    joined = [event["type"] for event in await room.events()]
    assert joined == ["member:joined", "member:invited", "member:joined"]
    await room.bob.type("/members")
    for name in await room.states():
        await room.bob.shows(f"{name}: JOINED since 20")


async def test_a_text_arrives_and_is_seen(room: Room) -> None:
    await room.bob.type("Hello, Alice!")
    await room.bob.shows("sent as 4")
    assert (await room.alice.shows("says: Hello, Alice!")).startswith("4 bob-")
    assert (await room.bob.shows("has seen 4")).startswith("5 alice-")
    message = (await room.events())[3]
    assert message["body"] == {"message_type": "text", "text": "Hello, Alice!"}
    assert list(message["state"]) == ["seen_by"]


async def test_an_image_is_a_reference(room: Room) -> None:
    await room.alice.type(f"/image {IMAGE}")
    await room.bob.shows(f"shows: {IMAGE}")
    await room.alice.shows("has seen 4")
    assert (await room.events())[3]["body"] == {"message_type": "image", "image": {"url": IMAGE}}


async def test_typing_is_told_and_kept_nowhere(room: Room) -> None:
    await room.bob.type("/typing")
    await room.alice.shows("is typing")
    await room.bob.type("/typing off")
    await room.alice.shows("is not typing any more")
    assert len(await room.events()) == 3


async def test_an_event_of_ones_own_making(room: Room) -> None:
    await room.bob.type("""/custom order '{"item": 3}'""")
    await room.alice.shows('custom:order {"item": 3}')
    assert [(event["type"], event["body"]) for event in (await room.events())[3:]] == [
        ("custom:order", {"item": 3})
    ]


async def test_what_was_said_is_there_for_who_comes_later(room: Room) -> None:
    for number in range(4, 10):
        await room.alice.type(f"/custom line '{{\"number\": {number}}}'")
        await room.alice.shows(f"sent as {number}")
    await room.alice.type("/delete 4")
    await room.bob.shows("event:delete")
    room.bob.printed.clear()
    await room.bob.type("/history")
    await room.bob.shows("10 alice-")
    assert [line.split()[0] for line in room.bob.printed] == [str(number) for number in range(1, 11)]
    assert "took back" in room.bob.printed[3]
    assert room.bob.printed[4].endswith('custom:line {"number": 5}')


async def test_who_leaves_is_told_of_and_comes_back_when_invited(
    room: Room, settings: dict[str, str]
) -> None:
    await room.bob.type("/leave")
    assert await room.bob.status() == 0
    left = (await room.alice.shows("member:left")).split()[1]
    assert (await room.states())[left] == "LEFT"
    room.alice.printed.clear()
    await room.alice.type(f"/invite {left}")
    await room.alice.shows(f"{left} is invited")
    async with Example.started("chat.py", left, **settings) as bob:
        await bob.shows("Ready.")
    rows = [event["type"] for event in (await room.events())[3:]]
    assert rows == ["member:left", "member:invited", "member:joined"]


async def test_what_it_does_not_know_it_explains(room: Room) -> None:
    await room.alice.type("/dance")
    await room.alice.shows("/typing [on|off]")
    await room.alice.type("/delete 1")
    await room.alice.shows(": 403 ")
    await room.alice.type("Still here.")
    await room.bob.shows("Still here.")


async def test_it_wants_to_know_who_one_is(settings: dict[str, str]) -> None:
    assert "python -m examples.chat alice" in await failure("chat.py", **settings)
