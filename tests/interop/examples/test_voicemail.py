"""Voicemail: what is left there is in the file, and nothing of what the caller heard."""

import asyncio
from pathlib import Path

import pytest

from gateway.demo.hearing import read_wav, tone_level_dbov
from tests.interop.examples.conftest import StartCaller, StartExample
from tests.support.hearing import SPOKEN_DBOV
from tests.support.waiting import until

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]

MESSAGE_HZ = 440
MESSAGE_S = 2
"""How long the caller speaks after the beep: several times what `steady_s` asks for."""


@pytest.mark.row("record", "record.beepStart", "record.endOnKey")
async def test_a_message_after_the_beep(
    start_example: StartExample, start_caller: StartCaller, tmp_path: Path
) -> None:
    voicemail, caller = await start_example("voicemail.py", str(tmp_path)), await start_caller(MESSAGE_HZ)
    await caller.phone.call(voicemail.uri)
    await caller.hears("tone", "hash")
    await caller.hears_tone(1000, steady_s=0.1)
    await asyncio.sleep(MESSAGE_S)
    await caller.phone.dtmf("#")
    await caller.hears("thank")
    await until(lambda: voicemail.example.told("saved"), "the message is saved")
    (path,) = voicemail.example.told("saved")
    samples, rate_hz = read_wav(Path(path))
    level = tone_level_dbov(samples, MESSAGE_HZ, rate_hz=rate_hz, steady_s=0.4)
    assert level == pytest.approx(SPOKEN_DBOV, abs=3)
