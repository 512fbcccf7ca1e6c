"""SIGKILL of the gateway right after it has said that a call will be transferred: the call goes there."""

import asyncio

import pytest

from gateway.demo.hearing import matrix, part, read_wav
from gateway.demo.phone import Phone
from tests.conftest import StartGateway, StartPhone
from tests.support.hearing import assert_all_hear_each_other
from tests.support.line import Line, room
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.faults

TONES = {"447700000101": 440, "447700000102": 660, "447700000103": 880, "447700000104": 1200}
MOMENTS_S = (0.0, 0.015, 0.03)
"""After the 204: before anything is done, amid the facts, and after them."""
EVERY_S = 0.2


@pytest.fixture
async def line(start_gateway: StartGateway, webhooks: WebhookApp) -> Line:
    return await Line.rent(await start_gateway(), webhooks)


async def call(line: Line, phone: Phone, name: str) -> str:
    """The leg of a phone that has gone to a room."""
    line.webhooks.answer(room(name))
    await phone.call(line.uri)
    await phone.wait("established")
    answered = await line.webhooks.wait("/event", {"from": phone.name}, status="answered")
    return str(answered.fields["uuid"])


def seconds(phone: Phone) -> float:
    """How much a phone has heard in all."""
    return len(read_wav(phone.heard)[0]) / 8000


async def assert_talking(phones: list[Phone]) -> None:
    """Before long everybody hears everybody, and nobody hears anybody else."""
    before = {phone.name: seconds(phone) for phone in phones}
    await until(
        lambda: all(seconds(phone) > before[phone.name] + 3 for phone in phones),
        "more to hear",
        every_s=EVERY_S,
    )
    heard = {phone.name: part(read_wav(phone.heard)[0], seconds(phone) - 2) for phone in phones}
    assert_all_hear_each_other(matrix(heard, TONES), [phone.name for phone in phones])


async def transfer(line: Line, leg: str, name: str) -> None:
    """Have the leg go to a room."""
    body = {"action": "transfer", "destination": {"type": "ncco", "ncco": [room(name)]}}
    await line.gateway.rest.expect(204, "PUT", f"/v1/calls/{leg}", app=line.app, body=body)


async def test_a_transfer_that_was_acknowledged_is_carried_out(line: Line, start_phone: StartPhone) -> None:
    anna, *others = [await start_phone(name, hertz) for name, hertz in TONES.items()]
    stays = await call(line, anna, "one")
    for phone, moment_s in zip(others, MOMENTS_S, strict=True):
        leg = await call(line, phone, "two")
        await transfer(line, leg, "one")
        await asyncio.sleep(moment_s)
        await line.gateway.kill()
        await line.gateway.restart()
        await assert_talking([anna, phone])
        places = [(await line.call_state(each))["conversation_uuid"] for each in (stays, leg)]
        assert len(set(places)) == 1
        await phone.hang_up()
        await phone.wait("closed")
