"""SIGKILL of the media worker: its calls end cleanly, with their events, and the next call works."""

import asyncio
import os
import signal

import pytest

from gateway.demo.phone import Phone, PhoneError
from tests.conftest import StartGateway, StartPhone
from tests.support.hearing import assert_all_hear_each_other, heard_matrix
from tests.support.line import Line, room
from tests.support.waiting import LIMIT_S
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.faults

TONES = {"447700000101": 440, "447700000102": 660}


async def test_calls_end_and_the_next_ones_work(
    start_gateway: StartGateway, webhooks: WebhookApp, start_phone: StartPhone
) -> None:
    line = await Line.rent(await start_gateway(), webhooks)
    webhooks.answer(room())
    phones = [await start_phone(name, hertz) for name, hertz in TONES.items()]
    for phone in phones:
        await phone.call(line.uri)
        await phone.wait("established")
        await webhooks.wait("/event", {"from": phone.name}, status="answered")
    await all_in_the_room(line, webhooks)
    gateway_pid, worker_pid = line.gateway.pid, line.gateway.worker_pid
    os.kill(worker_pid, signal.SIGKILL)
    legs = []
    for phone in phones:
        await phone.wait("closed")
        completed = await webhooks.wait("/event", {"from": phone.name}, status="completed")
        legs.append(completed.fields["uuid"])

    assert line.gateway.pid == gateway_pid
    for leg in legs:
        assert webhooks.statuses(leg)[:3] == ["started", "ringing", "answered"]
        assert webhooks.statuses(leg)[-1] == "completed"
        call = await line.call_state(leg)
        assert call["status"] in ("completed", "failed")
        events = await line.events(call["conversation_uuid"])
        assert [int(event["id"]) for event in events] == list(range(1, len(events) + 1))
        assert [event["type"] for event in events].count("sip:hangup") == len(legs)

    again = [await start_phone(f"{name}9", hertz) for name, hertz in TONES.items()]
    for phone in again:
        await call_until_answered(phone, line.uri)
    await asyncio.sleep(3)
    assert line.gateway.worker_pid != worker_pid
    table = heard_matrix(
        {phone.name: phone.heard for phone in again}, {f"{name}9": hertz for name, hertz in TONES.items()}
    )
    assert_all_hear_each_other(table, [phone.name for phone in again])


async def all_in_the_room(line: Line, webhooks: WebhookApp) -> None:
    """Wait until all who called are in it: an answered leg moves there from its own conversation."""
    legs = {hook.fields["uuid"] for hook in webhooks.hooks if hook.fields.get("status") == "answered"}
    async with asyncio.timeout(LIMIT_S):
        while True:
            rooms = {(await line.call_state(leg))["conversation_uuid"] for leg in legs}
            events = await line.events(min(rooms))
            if len(rooms) == 1 and [each["type"] for each in events].count("member:media") >= len(legs):
                return
            await asyncio.sleep(0.1)


async def call_until_answered(phone: Phone, uri: str) -> None:
    """Calls are refused until the new worker is up; a caller tries again."""
    for _ in range(30):
        await phone.call(uri)
        try:
            await phone.wait("established", timeout=2)
        except PhoneError:
            await phone.wait("closed", timeout=1)
            continue
        return
    pytest.fail(f"{phone.name} is still refused")
