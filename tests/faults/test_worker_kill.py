"""The media worker dies in a running call: nobody hangs up, and everybody is heard again at once."""

import asyncio
import os
import signal

import pytest

from gateway.demo.hearing import matrix, part, read_wav
from gateway.demo.phone import Phone
from tests.conftest import StartGateway, StartPhone
from tests.support.hearing import assert_all_hear_each_other
from tests.support.line import Line, room
from tests.support.waiting import LIMIT_S, until
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.faults

TONES = {"447700000101": 440, "447700000102": 660}
EVERY_S = 0.2
"""How often what costs something to look at is looked at."""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_call_goes_on_with_the_next_worker(
    start_gateway: StartGateway, webhooks: WebhookApp, start_phone: StartPhone, how: signal.Signals
) -> None:
    line = await Line.rent(await start_gateway(), webhooks)
    webhooks.answer(room())
    phones = [await start_phone(name, hertz) for name, hertz in TONES.items()]
    for phone in phones:
        await phone.call(line.uri)
        await phone.wait("established")
        await webhooks.wait("/event", {"from": phone.name}, status="answered")
    await all_in_the_room(line, webhooks)
    worker_pid = line.gateway.worker_pid
    await until(lambda: len(line.gateway.workers) == 2, "the spare", every_s=EVERY_S)
    os.kill(worker_pid, how)
    await until(lambda: worker_of(line) not in (None, worker_pid), "the next worker", every_s=EVERY_S)
    before = {phone.name: seconds(phone) for phone in phones}
    await until(
        lambda: all(seconds(phone) > before[phone.name] + 4 for phone in phones),
        "more to hear",
        every_s=EVERY_S,
    )

    heard = {phone.name: part(read_wav(phone.heard)[0], before[phone.name] + 0.5) for phone in phones}
    table = matrix(heard, TONES)
    assert_all_hear_each_other(table, [phone.name for phone in phones])
    legs = {hook.fields["uuid"] for hook in webhooks.hooks if hook.fields.get("status") == "answered"}
    assert len(legs) == len(phones)
    for leg in legs:
        assert (await line.call_state(leg))["status"] == "answered"
    for phone in phones:
        await phone.hang_up()
        completed = await webhooks.wait("/event", {"from": phone.name}, status="completed")
        assert webhooks.statuses(completed.fields["uuid"])[:3] == ["started", "ringing", "answered"]


def worker_of(line: Line) -> int | None:
    """The process that serves."""
    try:
        return line.gateway.worker_pid
    except (StopIteration, OSError):
        return None


def seconds(phone: Phone) -> float:
    """How much a phone has heard in all."""
    return len(read_wav(phone.heard)[0]) / 8000


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
