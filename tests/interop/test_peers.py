"""The judges, judged: the peers of the other interop tests talk to each other, without a gateway."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from gateway.demo.hearing import matrix, read_wav, tone_level_dbov
from tests.conftest import StartPhone
from tests.support.hearing import (
    SPOKEN_DBOV,
    assert_all_hear_each_other,
    heard_matrix,
)
from tests.support.pipecat_bot import PipecatBot
from tests.support.pipecat_mouth import tone
from tests.support.pyvoip_phone import PyVoipPhone
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp

pytestmark = pytest.mark.interop


async def test_baresip_and_baresip(start_phone: StartPhone) -> None:
    anna = await start_phone("anna", 440)
    ben = await start_phone("ben", 660)
    await anna.call(ben.uri)
    await anna.wait("established")
    await ben.wait("established")
    await anna.dtmf("12#")
    for digit in "12#":
        await ben.wait("dtmf", text=digit)
    await asyncio.sleep(2)
    await ben.hang_up()
    await anna.wait("closed")

    table = heard_matrix({"anna": anna.heard, "ben": ben.heard}, {"anna": 440, "ben": 660})
    assert_all_hear_each_other(table, ("anna", "ben"))


async def test_a_busy_phone_says_so(start_phone: StartPhone) -> None:
    anna = await start_phone("anna")
    ben = await start_phone("ben", answers=False)
    await anna.call(ben.uri)
    await ben.wait("ringing")
    await ben.reject()

    assert (await anna.wait("closed")).text == "486 Busy Here"


@needs_sipp
@pytest.mark.parametrize("scenario", ["inbound_bye_right_after_ack", "options_gets_200"])
async def test_sipp_calls_baresip(
    scenario: str, start_phone: StartPhone, running: AsyncExitStack, tmp_path: Path
) -> None:
    anna = await start_phone("anna", 440)
    keys = {"rtp_port": 4000, "caller": "447700000001"}
    caller = Sipp(scenario, tmp_path, to=f"127.0.0.1:{anna.port}", keys=keys, options=("-s", "anna"))
    await running.enter_async_context(caller)
    await caller.finish()


@needs_sipp
async def test_sipp_calls_sipp(running: AsyncExitStack, tmp_path: Path) -> None:
    left = await running.enter_async_context(RtpParty(440))
    right = await running.enter_async_context(RtpParty(880))
    callee = await running.enter_async_context(
        Sipp("outbound_answered_gateway_hangs_up", tmp_path, keys={"rtp_port": right.port})
    )
    caller = Sipp(
        "inbound_answered_caller_hangs_up",
        tmp_path,
        to=f"127.0.0.1:{callee.port}",
        keys={"rtp_port": left.port, "caller": "447700000001"},
        options=("-s", "anybody", "-d", "2500"),
    )
    await running.enter_async_context(caller)
    left.speak_to(await caller.far_rtp_port())
    right.speak_to(await callee.far_rtp_port())
    await caller.finish()
    await callee.finish()

    table = matrix({"left": left.heard(), "right": right.heard()}, {"left": 440, "right": 880})
    assert_all_hear_each_other(table, ("left", "right"))


@needs_sipp
async def test_sipp_cancels_at_baresip(
    start_phone: StartPhone, running: AsyncExitStack, tmp_path: Path
) -> None:
    anna = await start_phone("anna", answers=False)
    keys = {"rtp_port": 4000, "caller": "447700000001"}
    caller = Sipp(
        "inbound_early_cancel_gets_487",
        tmp_path,
        to=f"127.0.0.1:{anna.port}",
        keys=keys,
        options=("-s", "anna"),
    )
    await running.enter_async_context(caller)
    await caller.finish()
    await anna.wait("closed")


@needs_sipp
@pytest.mark.parametrize(
    ("scenario", "reason"),
    [
        ("outbound_answered_phone_hangs_up", "Connection reset by peer [104]"),
        ("outbound_answered_gateway_hangs_up", "Rejected by user"),
        ("outbound_busy_486", "486 Busy Here"),
        ("outbound_unanswered_gets_cancel", "Rejected by user"),
    ],
)
async def test_baresip_calls_sipp(
    scenario: str, reason: str, start_phone: StartPhone, running: AsyncExitStack, tmp_path: Path
) -> None:
    anna = await start_phone("anna", 440)
    party = await running.enter_async_context(RtpParty(880))
    callee = await running.enter_async_context(Sipp(scenario, tmp_path, keys={"rtp_port": party.port}))
    await anna.call(callee.uri)
    if scenario == "outbound_unanswered_gets_cancel":
        await anna.wait("ringing")
        await anna.hang_up()
    elif scenario == "outbound_answered_gateway_hangs_up":
        await anna.wait("established")
        party.speak_to(await callee.far_rtp_port())
        await asyncio.sleep(2)
        await anna.hang_up()

    assert (await anna.wait("closed")).text == reason
    await callee.finish()

    if scenario == "outbound_answered_gateway_hangs_up":
        table = matrix({"anna": read_wav(anna.heard)[0], "sipp": party.heard()}, {"anna": 440, "sipp": 880})
        assert_all_hear_each_other(table, ("anna", "sipp"))


async def test_baresip_calls_pyvoip(start_phone: StartPhone, running: AsyncExitStack, tmp_path: Path) -> None:
    anna = await start_phone("anna", 440)
    paul = await running.enter_async_context(
        PyVoipPhone("paul", tmp_path, tone_hz=660, server_port=anna.port)
    )
    await anna.call(paul.uri)
    await anna.wait("established")
    await paul.wait("established")
    await anna.dtmf("7")
    await paul.wait("dtmf", digit="7")
    await asyncio.sleep(3)
    await anna.hang_up()
    await paul.wait("closed")

    table = heard_matrix({"anna": anna.heard, "paul": paul.heard}, {"anna": 440, "paul": 660})
    assert_all_hear_each_other(table, ("anna", "paul"))


async def test_pipecat_and_a_plain_websocket(running: AsyncExitStack, tmp_path: Path) -> None:
    bot = await running.enter_async_context(PipecatBot(tmp_path, tone_hz=500))
    session = await running.enter_async_context(aiohttp.ClientSession())
    heard, texts = bytearray(), []
    async with session.ws_connect(bot.uri) as websocket:
        await websocket.send_json({"event": "websocket:connected", "content-type": "audio/l16;rate=16000"})
        speech = tone(440, 16_000)
        for turn in range(150):
            offset = turn * 640 % len(speech)
            await websocket.send_bytes(speech[offset : offset + 640])
            if turn == 100:
                await websocket.send_json({"event": "websocket:dtmf", "digit": "5", "duration": 260})
            try:
                async with asyncio.timeout(0.02):
                    while True:
                        message = await websocket.receive()
                        if message.type is aiohttp.WSMsgType.BINARY:
                            assert len(message.data) == 640
                            heard += message.data
                        else:
                            texts.append(json.loads(message.data))
            except TimeoutError:
                continue
    await bot.wait("dtmf", digit="5")
    await bot.wait("closed")

    assert {"action": "clear"} in texts
    assert {"action": "notify", "payload": {"after": "5"}} in texts
    sound = np.frombuffer(bytes(heard), "<i2").astype(np.int16)
    assert tone_level_dbov(sound, 500, rate_hz=16_000) == pytest.approx(SPOKEN_DBOV, abs=1)
    ears, rate_hz = read_wav(bot.heard)
    assert tone_level_dbov(ears, 440, rate_hz=rate_hz) == pytest.approx(SPOKEN_DBOV, abs=1)
