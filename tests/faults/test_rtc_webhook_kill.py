"""SIGKILL of the gateway while an application is down: it hears every event afterwards, in order."""

import jwt
import pytest
from aiohttp import web

from gateway.webhooks.outbox import DELIVERY_HEADER
from tests.conftest import StartGateway
from tests.support.gateway import SIGNATURE_SECRET
from tests.support.rest import App
from tests.support.waiting import until
from tests.support.webhook_app import Hook, WebhookApp

pytestmark = pytest.mark.faults

ROOMS = 3
BEFORE, MEANWHILE, AFTER = 5, 10, 5
"""Events in each conversation: before the application goes down, until the kill, and after the restart."""


async def test_events_of_conversations_survive_in_order(
    start_gateway: StartGateway, webhooks: WebhookApp
) -> None:
    gateway = await start_gateway()
    heard: list[Hook] = []
    down = False

    def answer(hook: Hook) -> object:
        if down:
            return web.Response(status=503)
        heard.append(hook)
        return {}

    webhooks.on("/rtc", answer)
    rtc = {"webhooks": {"event_url": {"address": f"{webhooks.url}/rtc"}}, "signed_callbacks": True}
    body = {"name": "chat", "capabilities": {"rtc": rtc}}
    created = await gateway.rest.expect(201, "POST", "/v2/applications", body=body)
    app = App(created["id"], created["keys"]["private_key"])
    rooms = [
        (await gateway.rest.expect(201, "POST", "/v1/conversations", app=app, body={}))["id"]
        for _ in range(ROOMS)
    ]

    async def post(count: int) -> None:
        for _ in range(count):
            for room in rooms:
                event = {"type": "custom:count", "body": {}}
                path = f"/v1/conversations/{room}/events"
                await gateway.rest.expect(201, "POST", path, app=app, body=event)

    def numbers(room: str) -> list[int]:
        """The ids of a conversation's events by their first arrival."""
        told = [hook.fields for hook in heard if hook.fields["conversation_id"] == room]
        return list(dict.fromkeys(fields["id"] for fields in told if "id" in fields))

    await post(BEFORE)
    await until(lambda: all(len(numbers(room)) == BEFORE for room in rooms), "the first are heard")
    down = True
    posted = len(webhooks.hooks)
    await post(MEANWHILE)
    await until(lambda: len(webhooks.hooks) > posted, "something is refused")
    await gateway.kill()
    down = False
    await gateway.restart()
    await post(AFTER)
    total = BEFORE + MEANWHILE + AFTER
    for room in rooms:
        await webhooks.wait_for(
            lambda hook, room=room: (  # type: ignore[misc]
                hook.fields["conversation_id"] == room and hook.fields.get("id") == total
            ),
            f"last event of {room}",
            within_s=90,
        )

    assert {room: numbers(room) for room in rooms} == {room: list(range(1, total + 1)) for room in rooms}
    names: dict[tuple[str, int], set[str]] = {}
    for hook in webhooks.hooks:
        if "id" in hook.fields:
            key = (hook.fields["conversation_id"], hook.fields["id"])
            names.setdefault(key, set()).add(hook.headers[DELIVERY_HEADER])
    assert {len(each) for each in names.values()} == {1}
    for hook in heard:
        scheme, _, token = hook.headers["Authorization"].partition(" ")
        claims = jwt.decode(token, SIGNATURE_SECRET, algorithms=["HS256"], leeway=60)
        assert (scheme, claims["application_id"]) == ("Bearer", app.id)
