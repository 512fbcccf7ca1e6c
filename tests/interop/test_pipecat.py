"""pipecat with its own Vonage serializer at the other end of a websocket leg."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from gateway.demo.hearing import Pcm, read_wav, tone_level_dbov
from gateway.demo.phone import Phone
from media.control import Join, OpenRtp, OpenWebsocket, RtpOpened, StartRtp, WebsocketOpened
from tests.conftest import StartGateway, StartPhone
from tests.support.hearing import LOUDNESS_TOLERANCE_DB, SPOKEN_DBOV, UNHEARD_DBOV
from tests.support.line import Line, room
from tests.support.media_worker import MediaWorker, Telephone, level_dbov
from tests.support.pipecat_bot import PipecatBot
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.interop

CALLER_HZ, BOT_HZ, ANSWER_HZ = 440, 700, 1150
FRAME = 160


@pytest.mark.row(
    "websocket websocket:connected",
    "websocket websocket:dtmf",
    "websocket notify",
    "connect.endpoint[websocket]",
    "connect.endpoint[websocket].uri",
    "connect.endpoint[websocket].content-type",
)
@pytest.mark.parametrize(
    "rate_hz",
    [
        pytest.param(rate_hz, marks=pytest.mark.row(f"websocket audio at {rate_hz} Hz"))
        for rate_hz in (8_000, 16_000, 24_000)
    ],
)
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


@pytest.mark.row("websocket clear")
async def test_a_caller_interrupts_the_bot_and_is_answered(
    start_gateway: StartGateway,
    webhooks: WebhookApp,
    start_phone: StartPhone,
    running: AsyncExitStack,
    tmp_path: Path,
) -> None:
    bot = await running.enter_async_context(PipecatBot(tmp_path, tone_hz=BOT_HZ, answer_hz=ANSWER_HZ))
    line = await Line.rent(await start_gateway(), webhooks)
    webhooks.answer(room("talk", mute=True))
    anna = await start_phone("447700000001", CALLER_HZ)
    await anna.call(line.uri)
    answered = await webhooks.wait(status="answered")

    endpoint = {"type": "websocket", "uri": bot.uri, "content-type": "audio/l16;rate=16000"}
    created = await line.create_call(endpoint, room("talk"))
    await until(lambda: heard_ms(anna, BOT_HZ) > 1000, "the bot greets")
    await steer(line, answered.fields["uuid"], "unmute")
    await bot.wait("interrupted")
    report = await cleared_report(bot)
    await steer(line, answered.fields["uuid"], "mute")
    await until(lambda: heard_ms(anna, ANSWER_HZ) > 500, "the bot answers")
    await line.hang_up(created["uuid"])
    ended = await webhooks.wait(uuid=created["uuid"], status="completed")
    await anna.hang_up()

    assert ended.fields["disconnected_by"] == "platform"
    assert not [hook for hook in webhooks.hooks if hook.fields.get("status") == "disconnected"]
    assert report["cleared"] > 0, "the bot was ahead of what was heard"
    last, first = frames_with(anna, BOT_HZ)[-1], frames_with(anna, ANSWER_HZ)[0]
    assert last < first


async def test_what_the_bot_has_cleared_is_never_sent_to_a_phone(
    running: AsyncExitStack, tmp_path: Path
) -> None:
    """Judged by the packets themselves: neither a phone's buffers nor a busy machine change their number."""
    bot = await running.enter_async_context(PipecatBot(tmp_path, tone_hz=BOT_HZ, answer_hz=ANSWER_HZ))
    worker = await running.enter_async_context(MediaWorker())
    phone = await running.enter_async_context(Telephone(CALLER_HZ))
    worker.do(OpenRtp(leg="phone"))
    opened = await worker.told(RtpOpened, leg="phone")
    worker.do(
        StartRtp(
            leg="phone",
            remote_host="127.0.0.1",
            remote_port=phone.port,
            codec="PCMU",
            payload_type=0,
            dtmf_payload_type=101,
        )
    )
    worker.do(Join(leg="phone", room="talk"))
    worker.do(
        OpenWebsocket(
            leg="bot",
            uri=bot.uri,
            address="127.0.0.1",
            port=bot.ready["port"],
            rate=16_000,
            first_message='{"event":"websocket:connected","content-type":"audio/l16;rate=16000"}',
        )
    )
    await worker.told(WebsocketOpened, leg="bot")
    worker.do(Join(leg="bot", room="talk"))

    await until(lambda: len(tones(phone.heard(), BOT_HZ)) > 50, "the bot greets")
    phone.speak_to(opened.port)
    await bot.wait("interrupted")
    report = await cleared_report(bot)
    phone.hush()
    await until(lambda: len(tones(phone.heard(), ANSWER_HZ)) > 25, "the bot answers")

    assert report["cleared"] > 0, "the bot was ahead of what was heard"
    sent = tones(phone.heard(), BOT_HZ)
    # What the mixer took while `clear` was on its way, and the filter's tail.
    assert 0 <= len(sent) - report["played"] // 20 <= 2
    assert sent[-1] < tones(phone.heard(), ANSWER_HZ)[0]


async def cleared_report(bot: PipecatBot) -> dict[str, Any]:
    """How far the bot's audio had been played when it was cleared."""
    await bot.wait("text", message={"event": "websocket:cleared"})
    report: dict[str, Any] = (await bot.wait("text"))["message"]
    while report.get("event") != "cordboard:report" or report["waiting"]:
        report = (await bot.wait("text"))["message"]
    return report


def frames_with(phone: Phone, hertz: int) -> list[int]:
    """Which frames of 20 ms of what the phone has heard hold the tone."""
    return tones(read_wav(phone.heard)[0], hertz)


def tones(audio: Pcm, hertz: int) -> list[int]:
    """Which frames of 20 ms hold the tone."""
    frames = audio[: len(audio) // FRAME * FRAME].reshape(-1, FRAME)
    return [k for k, frame in enumerate(frames) if level_dbov(frame, hertz) > UNHEARD_DBOV + 20]


def heard_ms(phone: Phone, hertz: int) -> int:
    """For how long the phone has heard a tone."""
    return 20 * len(frames_with(phone, hertz))


async def steer(line: Line, uuid: str, action: str) -> None:
    """Mute or unmute a call by REST."""
    await line.gateway.rest.expect(204, "PUT", f"/v1/calls/{uuid}", app=line.app, body={"action": action})


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
