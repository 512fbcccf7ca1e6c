"""The examples with a websocket, judged by what the caller hears."""

import wave
from pathlib import Path

import numpy as np
import pytest

from examples.tones import NOTE_S, NOTES_HZ
from gateway.demo.hearing import part, read_wav
from tests.interop.examples.conftest import Running, StartCaller, StartExample
from tests.support.caller import Caller
from tests.support.hearing import UNHEARD_DBOV
from tests.support.media_worker import level_dbov
from tests.support.waiting import until

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]

OWN_HZ = 440
FILE_HZ = 1150
FRAME = 160
PHONE_MS = 60
"""What the phone's own buffers may add to a sound, or take off it."""


def heard_ms(caller: Caller, hertz: int, since_s: float = 0.0) -> int:
    """For how long the caller has heard a tone."""
    sound = part(read_wav(caller.phone.heard)[0], since_s)
    whole = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    return 20 * sum(level_dbov(frame, hertz) > UNHEARD_DBOV + 20 for frame in whole)


async def mute(example: Running) -> None:
    """Nobody hears the caller any more."""
    uuid = (await example.example.shows("ringing")).split()[-1]
    app, rest = example.customer.app, example.customer.gateway.rest
    await rest.expect(204, "PUT", f"/v1/calls/{uuid}", app=app, body={"action": "mute"})


async def test_the_echo_is_the_callers_own_voice(
    start_example: StartExample, start_caller: StartCaller
) -> None:
    echo, caller = await start_example("echo.py"), await start_caller(OWN_HZ)
    await caller.phone.call(echo.uri)
    await caller.hears_tone(OWN_HZ)
    hello = await echo.example.shows("websocket:connected")
    assert '"room":"1"' in hello
    await caller.phone.dtmf("5")
    assert '"digit":"5"' in await echo.example.shows("websocket:dtmf")


async def test_the_player_is_heard_to_its_end_and_then_the_call_goes_on(
    start_example: StartExample, start_caller: StartCaller, tmp_path: Path
) -> None:
    seconds = 3
    samples = 4000 * np.sin(2 * np.pi * FILE_HZ * np.arange(16_000 * seconds) / 16_000)
    with wave.open(str(tmp_path / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(samples.astype("<i2")))
    player = await start_example("websocket_player.py", FILE=str(tmp_path / "tone.wav"))
    caller = await start_caller(OWN_HZ)
    await caller.phone.call(player.uri)
    assert await player.example.shows("played:") == f"played: {50 * seconds} messages"
    await player.example.shows("disconnected")
    await caller.hears("that was all")
    await caller.phone.wait("closed")
    assert heard_ms(caller, FILE_HZ) == pytest.approx(1000 * seconds, abs=PHONE_MS)


async def test_the_bot_stops_for_its_caller_and_says_back_what_it_has_heard(
    start_example: StartExample, start_caller: StartCaller
) -> None:
    bot, caller = await start_example("websocket_bot.py"), await start_caller(OWN_HZ)
    await caller.phone.call(bot.uri)
    await bot.example.shows("websocket:cleared")
    twice = 2 * 1000 * NOTE_S
    assert heard_ms(caller, NOTES_HZ[-1]) < twice - PHONE_MS, "the greeting was not heard to its end"
    await mute(bot)
    octets = int((await bot.example.shows("heard:")).split()[1])
    await until(lambda: heard_ms(caller, OWN_HZ) > 0, "the bot answers")
    spoken_ms = octets // 32 - 800
    await until(lambda: heard_ms(caller, OWN_HZ) >= min(spoken_ms, 2000) - PHONE_MS, "the bot says it all")
