"""pipecat with its own Vonage serializer at the other end of a websocket leg."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.demo.hearing import read_wav, tone_level_dbov
from tests.conftest import StartGateway, StartPhone
from tests.support.hearing import LOUDNESS_TOLERANCE_DB, SPOKEN_DBOV, UNHEARD_DBOV
from tests.support.line import Line
from tests.support.pipecat_bot import PipecatBot
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.interop

CALLER_HZ, BOT_HZ = 440, 700


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
async def test_a_caller_talks_with_a_bot(
    rate_hz: int,
    start_gateway: StartGateway,
    webhooks: WebhookApp,
    start_phone: StartPhone,
    running: AsyncExitStack,
    tmp_path: Path,
) -> None:
    bot = await running.enter_async_context(PipecatBot(tmp_path, tone_hz=BOT_HZ, rate_hz=rate_hz))
    line = await Line.rent(await start_gateway(), webhooks)
    content_type = f"audio/l16;rate={rate_hz}"
    endpoint = {
        "type": "websocket",
        "uri": bot.uri,
        "content-type": content_type,
        "headers": {"language": "en"},
    }
    webhooks.answer({"action": "connect", "endpoint": [endpoint]})
    anna = await start_phone("447700000001", CALLER_HZ)
    await anna.call(line.uri)
    await anna.wait("established")

    hello = await bot.wait("text")
    await asyncio.sleep(3)
    await anna.dtmf("5")
    await bot.wait("dtmf", digit="5")
    cleared = await bot.wait("text", message={"event": "websocket:cleared"})
    noted = await bot.wait("text", message={"event": "websocket:notify", "payload": {"after": "5"}})
    await asyncio.sleep(1)
    await anna.hang_up()
    await bot.wait("closed")
    for _ in range(2):
        await webhooks.wait(status="completed")

    assert hello["message"] == {
        "event": "websocket:connected",
        "content-type": content_type,
        "language": "en",
    }
    assert bot.events.index(cleared) < bot.events.index(noted)
    heard = read_wav(anna.heard)[0]
    assert tone_level_dbov(heard, BOT_HZ) == pytest.approx(SPOKEN_DBOV, abs=LOUDNESS_TOLERANCE_DB)
    assert tone_level_dbov(heard, CALLER_HZ) < UNHEARD_DBOV
    ears, _ = read_wav(bot.heard)
    assert tone_level_dbov(ears, CALLER_HZ, rate_hz=rate_hz) == pytest.approx(
        SPOKEN_DBOV, abs=LOUDNESS_TOLERANCE_DB
    )
    assert tone_level_dbov(ears, BOT_HZ, rate_hz=rate_hz) < UNHEARD_DBOV


async def test_the_caller_is_left_when_the_bot_cannot_be_reached(
    start_gateway: StartGateway, webhooks: WebhookApp, start_phone: StartPhone
) -> None:
    line = await Line.rent(await start_gateway(), webhooks)
    endpoint = {"type": "websocket", "uri": "ws://127.0.0.1:9/ws", "content-type": "audio/l16;rate=16000"}
    webhooks.answer({"action": "connect", "endpoint": [endpoint]})
    anna = await start_phone("447700000001")
    await anna.call(line.uri)

    failed = await webhooks.wait(to="ws://127.0.0.1:9/ws", status="failed")
    await anna.wait("closed")
    assert failed.fields["direction"] == "outbound"
