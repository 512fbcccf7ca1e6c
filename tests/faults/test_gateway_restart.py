"""SIGKILL of the gateway in running calls: they keep their audio, and the next one steers them again."""

import os
import signal

import pytest

from tests.conftest import StartGateway, StartPhone
from tests.support.line import Line, connect_sip, room
from tests.support.talking import assert_talking, call_all
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.faults


@pytest.fixture
async def line(start_gateway: StartGateway, webhooks: WebhookApp) -> Line:
    return await Line.rent(await start_gateway(), webhooks)


async def test_a_conversation_goes_on(line: Line, start_phone: StartPhone) -> None:
    line.webhooks.answer(room(record=True, eventUrl=[f"{line.webhooks.url}/record"]))
    phones, legs = await call_all(line, start_phone)
    room_id = (await line.call_state(legs[0]))["conversation_uuid"]
    before = await line.events(room_id)
    await line.gateway.kill()
    await assert_talking(phones)
    await line.gateway.restart()
    await assert_talking(phones)

    for leg in legs:
        assert (await line.call_state(leg))["status"] == "answered"
    anna, ben = phones
    await anna.hang_up()
    await line.webhooks.wait(status="completed", uuid=legs[0])
    await line.hang_up(legs[1])
    await ben.wait("closed")
    await line.webhooks.wait(status="completed", uuid=legs[1])
    tape = await line.webhooks.wait("/record")
    after = await line.events(room_id)
    assert after[: len(before)] == before
    assert [int(str(event["id"])) for event in after] == list(range(1, len(after) + 1))
    assert [event["type"] for event in after].count("sip:hangup") == len(legs)
    status, content = await line.gateway.rest.download(tape.fields["recording_url"], line.app)
    assert (status, len(content)) == (200, tape.fields["size"])


async def test_a_worker_that_hangs_is_not_left_behind(line: Line, start_phone: StartPhone) -> None:
    """What it has is lost with it: its calls end, as they are known to, and others can be made."""
    line.webhooks.answer(room())
    phones, legs = await call_all(line, start_phone)
    worker = line.gateway.worker_pid
    hanging = {worker: line.gateway.children()[worker]}
    os.kill(worker, signal.SIGSTOP)
    await line.gateway.kill()
    await line.gateway.restart()
    for phone, leg in zip(phones, legs, strict=True):
        await phone.wait("closed")
        await line.webhooks.wait(status="completed", uuid=leg)
    assert not line.gateway.still_alive(hanging)
    others = {"447700000103": 880, "447700000104": 1200}
    again = [await start_phone(name, hertz) for name, hertz in others.items()]
    for phone in again:
        await phone.call(line.uri)
        await phone.wait("established")


async def test_who_was_connected_stays_so(line: Line, start_phone: StartPhone) -> None:
    """The script of the caller waits for the end of the leg that it has called."""
    ben = await start_phone("447700000102", 660)
    after = {"action": "talk", "text": "Good-bye"}
    line.webhooks.answer(connect_sip(ben.uri), after)
    anna = await start_phone("447700000101", 440)
    await anna.call(line.uri)
    for phone in (anna, ben):
        await phone.wait("established")
    answer = await line.webhooks.wait("/answer")
    await line.webhooks.wait(direction="outbound", status="answered")
    for _ in range(2):
        await assert_talking([anna, ben])
        await line.gateway.kill()
        await line.gateway.restart()
    await anna.hold()
    await anna.resume()
    await assert_talking([anna, ben])

    await ben.hang_up()
    await line.webhooks.wait(direction="outbound", status="completed")
    await line.webhooks.wait(uuid=answer.fields["uuid"], status="completed")
    await anna.wait("closed")
    (said,) = [
        each for each in await line.events(answer.fields["conversation_uuid"]) if each["type"] == "audio:say"
    ]
    assert said["body"]["text"] == "Good-bye"


async def test_a_question_that_was_open_is_asked_again(line: Line, start_phone: StartPhone) -> None:
    """A script goes on: what lasted does, what else was under way begins again."""
    line.webhooks.answer({"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "timeOut": 10}})
    anna = await start_phone("447700000101")
    await anna.call(line.uri)
    await anna.wait("established")
    answer = await line.webhooks.wait("/answer")
    await line.webhooks.wait(uuid=answer.fields["uuid"], status="answered")
    await line.gateway.kill()
    await line.gateway.restart()
    await anna.dtmf("7")

    told = await line.webhooks.wait("/event", {"dtmf": {"digits": "7", "timed_out": False}})
    assert told.fields["uuid"] == answer.fields["uuid"]
