"""SIGKILL of the gateway during calls: what was acknowledged is true, what was open is closed, tapes play."""

import asyncio
import io
import wave

import numpy as np
import pytest

from gateway.demo.hearing import tone_level_dbov
from tests.conftest import StartGateway, StartPhone
from tests.support.hearing import LOUDNESS_TOLERANCE_DB, SPOKEN_DBOV
from tests.support.line import Line, connect_sip, room
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.faults


@pytest.fixture
async def line(start_gateway: StartGateway, webhooks: WebhookApp) -> Line:
    return await Line.rent(await start_gateway(), webhooks)


async def history(line: Line, *conversations: str) -> dict[str, list[dict[str, object]]]:
    return {each: await line.events(each) for each in conversations}


def assert_nothing_lost(
    before: dict[str, list[dict[str, object]]], after: dict[str, list[dict[str, object]]]
) -> None:
    for conversation_id, events in after.items():
        known = before[conversation_id]
        assert events[: len(known)] == known
        assert [int(str(event["id"])) for event in events] == list(range(1, len(events) + 1))


async def test_calls_in_a_conversation_with_a_recording(line: Line, start_phone: StartPhone) -> None:
    webhooks = line.webhooks
    webhooks.answer({"action": "record", "format": "wav", "eventUrl": [f"{webhooks.url}/record"]}, room())
    anna = await start_phone("447700000101", 440)
    ben = await start_phone("447700000102", 660)
    legs = []
    for phone in (anna, ben):
        await phone.call(line.uri)
        answered = await webhooks.wait("/event", {"from": phone.name}, status="answered")
        await phone.wait("established")
        legs.append(answered.fields["uuid"])
    await asyncio.sleep(4)
    conversations = [hook.fields["conversation_uuid"] for hook in webhooks.hooks if hook.path == "/answer"]
    conversations.append((await line.call_state(legs[0]))["conversation_uuid"])
    before = await history(line, *conversations)
    told = {leg: webhooks.statuses(leg) for leg in legs}
    await line.gateway.kill()
    await line.gateway.restart()
    for leg in legs:
        await webhooks.wait(status="completed", uuid=leg)
    tapes = [await webhooks.wait("/record") for _ in legs]
    after = await history(line, *conversations)

    assert_nothing_lost(before, after)
    for leg in legs:
        assert webhooks.statuses(leg) == [*told[leg], "completed"]
        assert (await line.call_state(leg))["status"] == "completed"
    kinds = [event["type"] for event in after[conversations[-1]]]
    assert kinds.count("sip:hangup") == len(legs)
    for tape in tapes:
        status, content = await line.gateway.rest.download(tape.fields["recording_url"], line.app)
        assert status == 200
        assert_tape_holds(content, 440)


def assert_tape_holds(content: bytes, hertz: int) -> None:
    with wave.open(io.BytesIO(content)) as file:
        rate_hz = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
    level = max(tone_level_dbov(channel.astype(np.int16), hertz, rate_hz=rate_hz) for channel in samples.T)
    assert level == pytest.approx(SPOKEN_DBOV, abs=LOUDNESS_TOLERANCE_DB)


async def test_a_call_that_still_rings(line: Line, start_phone: StartPhone) -> None:
    ben = await start_phone("ben", answers=False)
    line.webhooks.answer(connect_sip(ben.uri))
    anna = await start_phone("447700000101")
    await anna.call(line.uri)
    answer = await line.webhooks.wait("/answer")
    await ben.wait("ringing")
    ringing = await line.webhooks.wait(direction="outbound", status="ringing")
    conversation_id = answer.fields["conversation_uuid"]
    before = await history(line, conversation_id)
    await line.gateway.kill()
    await line.gateway.restart()
    for leg in (answer.fields["uuid"], ringing.fields["uuid"]):
        await line.webhooks.wait(status="completed", uuid=leg)

    assert_nothing_lost(before, await history(line, conversation_id))


async def test_the_next_call_is_as_good_as_any(line: Line, start_phone: StartPhone) -> None:
    line.webhooks.answer(room())
    anna = await start_phone("447700000101", 440)
    await anna.call(line.uri)
    await anna.wait("established")
    await line.gateway.kill()
    await line.gateway.restart()
    ben = await start_phone("447700000102", 660)
    carla = await start_phone("447700000103", 880)
    for phone in (ben, carla):
        await phone.call(line.uri)
        await phone.wait("established")
    await asyncio.sleep(3)

    assert_tape_holds(carla.heard.read_bytes(), 660)


async def test_nobody_is_left_behind(line: Line) -> None:
    """The children of a killed gateway find out by themselves and leave."""
    children = line.gateway.children()
    await line.gateway.kill()
    for _ in range(100):
        if not line.gateway.still_alive(children):
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"still there after ten seconds: {children}")
