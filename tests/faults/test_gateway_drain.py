"""SIGTERM with `[media] drain_s`: calls end by themselves, nobody new gets in; told again, it stops."""

import asyncio
from pathlib import Path

import pytest

from tests.conftest import StartGateway, StartPhone
from tests.support.line import Line, room
from tests.support.sipp import Sipp, needs_sipp
from tests.support.talking import assert_talking, call_all
from tests.support.waiting import LIMIT_S
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.faults

DRAIN_S = 300
"""More than any of this takes."""


@pytest.fixture
async def line(start_gateway: StartGateway, webhooks: WebhookApp, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setenv("CORDBOARD_MEDIA_DRAIN_S", str(DRAIN_S))
    webhooks.answer(room())
    return await Line.rent(await start_gateway(), webhooks)


async def drain(line: Line) -> None:
    """Tell the gateway to stop, and wait until it does."""
    line.gateway.ask_to_stop()
    async with asyncio.timeout(LIMIT_S):
        while True:
            listed = await line.gateway.rest.expect(200, "GET", "/cordboard/workers")
            if all("stopped" in worker["refuses"] for worker in listed["workers"]):
                return
            await asyncio.sleep(0.1)


@needs_sipp
async def test_calls_go_on_until_the_last_has_ended(
    line: Line, start_phone: StartPhone, tmp_path: Path
) -> None:
    phones, legs = await call_all(line, start_phone)
    family = line.gateway.children()
    await drain(line)
    keys: dict[str, object] = {
        "caller": "447700000103",
        "net": "IP4",
        "host": "127.0.0.1",
        "media": "m=audio 9 RTP/AVP 0",
    }
    target, options = f"127.0.0.1:{line.gateway.sip_port}", ("-s", line.number)
    async with Sipp("media_full_gets_503", tmp_path, to=target, keys=keys, options=options) as stranger:
        await stranger.finish()
    called = {"to": [{"type": "sip", "uri": "sip:x@127.0.0.1"}], "ncco": [room()]}
    origin = {"from": {"type": "phone", "number": line.number}}
    await line.gateway.rest.expect(503, "POST", "/v1/calls", app=line.app, body=called | origin)
    await assert_talking(phones)

    anna, ben = phones
    await anna.hang_up()
    await line.webhooks.wait(status="completed", uuid=legs[0])
    assert (await line.call_state(legs[1]))["status"] == "answered"
    await line.hang_up(legs[1])
    await ben.wait("closed")
    assert await line.gateway.ended() == 0
    await line.webhooks.wait(status="completed", uuid=legs[1])
    assert not line.gateway.still_alive(family)


async def test_told_again_it_stops_at_once(line: Line, start_phone: StartPhone) -> None:
    phones, legs = await call_all(line, start_phone)
    family = line.gateway.children()
    await drain(line)
    await assert_talking(phones)
    line.gateway.ask_to_stop()
    assert await line.gateway.ended() == 0
    for phone, leg in zip(phones, legs, strict=True):
        await phone.wait("closed")
        await line.webhooks.wait(status="completed", uuid=leg)
    assert not line.gateway.still_alive(family)
