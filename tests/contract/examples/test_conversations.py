"""The building blocks of the Conversation API: what examples print, and what the API shows then."""

import shutil
from typing import Any

import pytest

from tests.support.customer import Customer
from tests.support.examples import learnt
from tests.support.listener import Listener
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]


async def shown(customer: Customer, path: str, rows: str) -> list[Any]:
    """All rows of a list, the oldest first."""
    page = await customer.shown(f"{path}?page_size=100")
    assert "next" not in page["_links"]
    found: list[Any] = page["_embedded"] if rows == "events" else page["_embedded"][rows]
    return found


def assert_leafed(told: dict[str, Any], first: object, second: object, of: str = "") -> None:
    """There and back through the pages of a list."""
    pages = [told[f"{which} page{of}"] for which in ("first", "next", "previous")]
    assert pages == [first, second, first]


async def test_conversations(settings: dict[str, str], customer: Customer) -> None:
    told = await learnt("conversations.py", **settings)
    assert told["display name"] == "The lounge"
    assert told["created"] in told["listed"]
    assert_leafed(told, told["deleted"], told["created"])
    assert told["updated"] == "The library"
    assert told["created"] in told["left"]
    assert told["deleted"] not in told["left"]
    kept = await customer.shown(f"/v1/conversations/{told['created']}")
    assert kept["display_name"] == "The library"
    assert await customer.is_gone(f"/v1/conversations/{told['deleted']}")


async def test_users(settings: dict[str, str], customer: Customer) -> None:
    told = await learnt("users.py", **settings)
    assert (told["display name"], told["updated"]) == ("Alice", "Alice the Second")
    assert told["created"] in told["listed"]
    assert told["found by name"] == told["created"] == told["deleted"] == told["next page"]
    assert_leafed(told, told["first page"], told["created"])
    assert told["conversations before"] == []
    one, other = told["conversations"]
    assert_leafed(told, one, other, of=" of conversations")
    assert told["listed after that"] == []
    for room in told["conversations"]:
        (member,) = await shown(customer, f"/v1/conversations/{room}/members", "members")
        assert (member["_embedded"]["user"]["id"], member["state"]) == (told["created"], "LEFT")
    for user in (told["created"], told["first page"]):
        assert await customer.is_gone(f"/v1/users/{user}")


async def test_members(settings: dict[str, str], customer: Customer) -> None:
    told = await learnt("members.py", **settings)
    alice, bob = told["listed"]
    assert alice == told["created"]
    assert (told["state"], told["member's user"], told["updated"]) == ("INVITED", "Alice", "JOINED")
    assert_leafed(told, alice, bob)
    assert told["after it left"] == {alice: "LEFT", bob: "JOINED"}
    assert told["after it is back"] == {alice: "LEFT", bob: "JOINED", told["back as"]: "INVITED"}
    rows = await shown(customer, f"/v1/conversations/{told['conversation']}/members", "members")
    assert {row["id"]: row["state"] for row in rows} == told["after it is back"]
    of_alice = [row["id"] for row in rows if row["_embedded"]["user"]["id"] == told["alice"]]
    assert of_alice == [alice, told["back as"]]


async def test_events(settings: dict[str, str], customer: Customer) -> None:
    told = await learnt("events.py", **settings)
    assert (told["message"], told["custom event"]) == (2, 3)
    assert told["text"] == "Hello, everybody!"
    assert told["listed"] == {"1": "member:joined", "2": "message", "3": "custom:location"}
    assert told["custom events"] == [3]
    assert_leafed(told, 1, 2)
    events = await shown(customer, f"/v1/conversations/{told['conversation']}/events", "events")
    assert [event["type"] for event in events] == [*told["listed"].values(), "event:delete"]
    assert events[1]["body"] == told["deleted"]
    assert events[1]["body"]["timestamp"].keys() == {"deleted"}
    assert events[2]["from"] == told["member"]


async def test_a_conversation_is_recorded(
    settings: dict[str, str], customer: Customer, listener: Listener
) -> None:
    async with WebhookApp() as webhooks:
        url = f"{webhooks.url}/recorded"
        told = await learnt("record_conversation.py", listener.conversation, "1", url, **settings)
        assert told == {"recording": listener.conversation, "stopped": listener.conversation}
        hook = await webhooks.wait("/recorded", within_s=30)
    assert hook.fields["conversation_uuid"] == listener.conversation
    status, content = await customer.gateway.rest.download(hook.fields["recording_url"], customer.app)
    assert (status, content[:4]) == (200, b"RIFF")
    assert len(content) == hook.fields["size"]


async def test_the_first_steps_with_curl(settings: dict[str, str], customer: Customer) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is missing")
    told = await learnt("first_steps.sh", **settings)
    assert told["event"] == 3
    assert told["deleted"] == f"{told['conversation']} {told['user']}"
    assert await customer.is_gone(f"/v1/conversations/{told['conversation']}")
    assert await customer.is_gone(f"/v1/users/{told['user']}")


async def test_conversations_with_the_javascript_library(
    settings: dict[str, str], customer: Customer
) -> None:
    told = await learnt("node/conversations.js", **settings)
    assert told["display name"] == "The library"
    assert told["conversation"] in told["conversations"]
    assert told["members"] == [told["member"]]
    assert (told["state"], told["conversations of the user"]) == ("JOINED", [told["conversation"]])
    assert told["events"] == ["conversation:updated", "member:invited", "member:joined", "message"]
    assert told["message"] == len(told["events"])
    assert told["deleted"]["timestamp"].keys() == {"deleted"}
    assert await customer.is_gone(f"/v1/conversations/{told['conversation']}")
    assert await customer.is_gone(f"/v1/users/{told['user']}")
