"""SIGKILL of all there is during calls: what was acknowledged is true, what was open is closed."""

import asyncio
import io

import pytest
import soundfile

from gateway.demo.hearing import tone_level_dbov
from tests.conftest import StartGateway, StartPhone
from tests.support.hearing import LOUDNESS_TOLERANCE_DB, SPOKEN_DBOV
from tests.support.line import Line, connect_sip, room
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.faults

TONES = {"447700000101": 440, "447700000102": 660}


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


async def test_calls_in_a_recorded_conversation(line: Line, start_phone: StartPhone) -> None:
    webhooks = line.webhooks
    webhooks.answer(room(record=True, eventUrl=[f"{webhooks.url}/record"]))
    legs = []
    for name, hertz in TONES.items():
        phone = await start_phone(name, hertz)
        await phone.call(line.uri)
        answered = await webhooks.wait("/event", {"from": name}, status="answered")
        await phone.wait("established")
        legs.append(answered.fields["uuid"])
    await asyncio.sleep(4)
    conversations = {hook.fields["conversation_uuid"] for hook in webhooks.hooks if hook.path == "/answer"}
    room_id = (await line.call_state(legs[0]))["conversation_uuid"]
    before = await history(line, room_id, *conversations)
    told = {leg: webhooks.statuses(leg) for leg in legs}
    await line.gateway.reset()
    await line.gateway.restart()
    for leg in legs:
        await webhooks.wait(status="completed", uuid=leg)
    tape = await webhooks.wait("/record")
    after = await history(line, room_id, *conversations)

    assert_nothing_lost(before, after)
    assert [event["type"] for event in after[room_id]].count("sip:hangup") == len(legs)
    for leg in legs:
        assert webhooks.statuses(leg)[: len(told[leg])] == told[leg]
        assert webhooks.statuses(leg)[-1] == "completed"
        assert (await line.call_state(leg))["status"] in ("completed", "failed")
    status, content = await line.gateway.rest.download(tape.fields["recording_url"], line.app)
    assert status == 200
    assert tape.fields["size"] == len(content)
    for hertz in TONES.values():
        assert_holds(content, hertz)


def assert_holds(content: bytes, hertz: int) -> None:
    """The sound of a file has this tone, as loud as it was said."""
    samples, rate_hz = soundfile.read(io.BytesIO(content), dtype="int16", always_2d=True)
    level = max(tone_level_dbov(channel, hertz, rate_hz=rate_hz) for channel in samples.T)
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
    await line.gateway.reset()
    await line.gateway.restart()
    ben = await start_phone("447700000102", 660)
    carla = await start_phone("447700000103", 880)
    for phone in (ben, carla):
        await phone.call(line.uri)
        await phone.wait("established")
    await asyncio.sleep(3)

    assert_holds(carla.heard.read_bytes(), 660)


async def test_nobody_is_left_behind(line: Line) -> None:
    """The children of a killed gateway find out by themselves and leave."""
    children = line.gateway.children()
    await line.gateway.kill()
    for _ in range(100):
        if not line.gateway.still_alive(children):
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"still there after ten seconds: {children}")
