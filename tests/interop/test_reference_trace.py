"""The published reference trace: phone A calls a number, the application connects phone B.

The order of the numbered events and of the webhooks is that of the Conversation API's concept page
(nexmo-developer, `conversation/concepts/conversation.md`).
"""

import asyncio
import re
from typing import Any

import pytest

from tests.conftest import StartGateway, StartPhone
from tests.support.gateway import trunk_to
from tests.support.line import Line
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.interop

A, B = "447700000001", "447700900003"
MEMBER_ID = re.compile(r"MEM-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CONVERSATION_ID = re.compile(r"CON-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

IN_PROGRESS = [
    "member:joined",
    "sip:ringing",
    "sip:answered",
    "member:joined",
    "member:media",
    "sip:answered",
    "member:joined",
    "member:media",
]
AFTERWARDS = sorted(["member:left", "sip:hangup", "sip:status"] * 2)


@pytest.mark.row(
    "connect.endpoint[phone]",
    "connect.endpoint[phone].number",
    "webhook answer.uuid",
    "webhook answer.conversation_uuid",
    "status started",
    "status ringing",
    "status answered",
    "status completed",
)
async def test_phone_to_number_to_phone(
    start_gateway: StartGateway, webhooks: WebhookApp, start_phone: StartPhone
) -> None:
    anna = await start_phone(A, 440)
    ben = await start_phone(B, 660, answers=False)
    line = await Line.rent(await start_gateway(trunks=[trunk_to(ben.port, "4477009")]), webhooks)
    webhooks.answer({"action": "connect", "endpoint": [{"type": "phone", "number": B}]})

    await anna.call(line.uri)
    answer = await webhooks.wait("/answer")
    await ben.wait("ringing")
    await asyncio.sleep(1)
    assert "answered" not in {hook.fields.get("status") for hook in webhooks.hooks}
    await ben.answer()
    await ben.wait("established")
    await anna.wait("established")
    for direction in ("outbound", "inbound"):
        await webhooks.wait(status="answered", direction=direction)
    conversation_id = answer.fields["conversation_uuid"]
    in_progress = await line.events(conversation_id)
    conversation = await line.gateway.rest.expect(
        200, "GET", f"/beta/conversations/{conversation_id}", app=line.app
    )
    await anna.hang_up()
    await ben.wait("closed")
    for direction in ("inbound", "outbound"):
        await webhooks.wait(status="completed", direction=direction)
    events = await line.events(conversation_id)

    assert CONVERSATION_ID.fullmatch(conversation_id)
    assert_conversation_in_progress(conversation)
    assert [event["type"] for event in in_progress] == IN_PROGRESS
    assert_members_and_legs(in_progress, leg_a=answer.fields["uuid"])
    assert [int(event["id"]) for event in events] == list(range(1, len(events) + 1))
    assert events[:8] == in_progress
    assert sorted(event["type"] for event in events[8:]) == AFTERWARDS
    assert_webhooks(webhooks, leg_a=answer.fields["uuid"])


def assert_conversation_in_progress(conversation: dict[str, Any]) -> None:
    assert conversation["sequence_number"] == "8"
    assert [member["state"] for member in conversation["members"]] == ["JOINED", "JOINED"]
    anna, ben = conversation["members"]
    assert "joined" in anna["initiator"]
    assert "invited" in ben["initiator"]


def assert_members_and_legs(events: list[dict[str, Any]], *, leg_a: str) -> None:
    """Who each event is about: MEM-A, then B's leg and MEM-B, then MEM-A again."""
    member_a, member_b = events[0]["from"], events[3]["from"]
    assert MEMBER_ID.fullmatch(member_a)
    assert MEMBER_ID.fullmatch(member_b)
    assert member_a != member_b
    assert events[0]["body"]["channel"]["type"] == "phone"
    assert events[0]["body"]["channel"]["id"] == leg_a
    assert events[0]["body"]["channel"]["from"]["number"] == A
    ringing = events[1]["body"]["channel"]
    assert ringing["id"] != leg_a
    assert ringing["to"]["number"] == B
    assert ringing["from"]["number"] == "Unknown"
    assert ringing["ring_timeout"] == 60_000
    assert ringing["max_length"] == 7_200_000
    assert [events[index]["body"]["direction"] for index in (2, 5)] == ["outbound", "inbound"]
    assert {"invited", "joined"} <= set(events[3]["body"]["timestamp"])
    assert [events[index]["from"] for index in (4, 6, 7)] == [member_b, member_a, member_a]
    assert [events[index]["body"]["audio"] for index in (4, 7)] == [True, True]


def assert_webhooks(webhooks: WebhookApp, *, leg_a: str) -> None:
    """Of each leg started, ringing, answered, completed; B answers before A; B is called after the NCCO."""
    told = [
        (hook.fields.get("direction"), hook.fields["status"])
        for hook in webhooks.hooks
        if hook.path == "/event"
    ]
    life = ["started", "ringing", "answered", "completed"]
    assert [status for direction, status in told if direction == "inbound"] == life
    assert [status for direction, status in told if direction == "outbound"] == life
    assert told.index(("outbound", "answered")) < told.index(("inbound", "answered"))
    paths = [hook.path if hook.path == "/answer" else hook.fields.get("direction") for hook in webhooks.hooks]
    assert paths.index("/answer") < paths.index("outbound")
    assert {hook.fields["uuid"] for hook in webhooks.hooks if hook.fields.get("direction") == "inbound"} == {
        leg_a
    }
