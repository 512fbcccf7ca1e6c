"""Legs of all rates in one room, in a real worker: each hears the others as wide as both are.

FFmpeg's codecs are the judges. Tones are told from what they would be if they were folded.
"""

import asyncio
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.control import Play, RecordingDone, StartRecording, StopPlay, StopRecording
from tests.support.media_exchange import (
    HEARINGS,
    SPOKEN,
    TOLERANCE,
    UNHEARD,
    WINDOW_S,
    Exchange,
    hears,
    misses,
)
from tests.support.soft_phone import Samples, SoftPhone

pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]

FULL = 48_000
WIDE_HZ, FULL_HZ = 6000, 12_000
"""What only wide-band, and only full-band, telephones carry."""
FOLDED = {WIDE_HZ: 8000 - WIDE_HZ, FULL_HZ: 16_000 - FULL_HZ}
LOSS = 4.0
"""Decibels: codecs keep high tones less well than low ones."""


def level(audio: Samples, hertz: int, rate: int) -> float:
    """How loud a tone is most of the time, in dBov."""
    parts = audio[: audio.size // (rate // 10) * (rate // 10)].reshape(-1, rate // 10)
    phase = np.exp(-2j * np.pi * hertz * np.arange(rate // 10) / rate)
    amplitudes = 2 * np.abs(parts @ phase) / phase.size
    return float(20 * np.log10(max(np.median(amplitudes) / np.sqrt(2), 1e-3) / 32768))


async def hears_high(phone: SoftPhone, hertz: int) -> None:
    """Wait until a telephone hears a tone that is above 4 kHz."""
    heard = -100.0
    for _ in range(HEARINGS):
        heard = level(await phone.listen(WINDOW_S, FULL), hertz, FULL)
        if abs(heard - SPOKEN) <= LOSS:
            return
    raise AssertionError(f"{phone.sort} hears {hertz} Hz at {heard} dBov")


async def misses_high(phone: SoftPhone, hertz: int) -> None:
    """A telephone does not hear it."""
    assert level(await phone.listen(WINDOW_S, FULL), hertz, FULL) < UNHEARD


async def test_wide_band_telephones_hear_each_other_as_they_are_beside_a_narrow_one(
    exchange: Exchange,
) -> None:
    high, low = await exchange.call("a", "G722", WIDE_HZ), await exchange.call("b", "G722", 700)
    narrow = await exchange.call("c", "PCMU", 400)
    await asyncio.gather(hears_high(low, WIDE_HZ), hears(low, 400), hears(high, 700, 400), hears(narrow, 700))
    await misses(narrow, FOLDED[WIDE_HZ])


async def test_full_band_telephones_hear_each_other_as_they_are_beside_others(exchange: Exchange) -> None:
    high, low = await exchange.call("a", "opus", FULL_HZ), await exchange.call("b", "opus", 700)
    await hears_high(low, FULL_HZ)
    wide, narrow = await exchange.call("c", "G722", 1000), await exchange.call("d", "PCMA", 400)
    await asyncio.gather(
        hears_high(low, FULL_HZ), hears(low, 400, 1000), hears(high, 700, 400), hears(wide, 700, 400)
    )
    await asyncio.gather(hears(narrow, 700, 1000), misses_high(wide, FOLDED[FULL_HZ]))


async def test_a_prompt_is_as_wide_as_who_hears_it(exchange: Exchange, tmp_path: Path) -> None:
    wide, narrow = await exchange.call("a", "G722", 700), await exchange.call("b", "PCMU", 400)
    await asyncio.gather(hears(wide, 400), hears(narrow, 700))
    at = np.arange(FULL * 2) / FULL
    tone = 10 ** (SPOKEN / 20) * np.sqrt(2) * np.sin(2 * np.pi * WIDE_HZ * at)
    soundfile.write(tmp_path / "high.wav", tone, FULL)
    exchange.worker.do(Play(play="p", path=str(tmp_path / "high.wav"), room="r", loop=0))
    await hears_high(wide, WIDE_HZ)
    await misses(narrow, FOLDED[WIDE_HZ])
    exchange.worker.do(StopPlay(play="p"))


async def test_a_recording_at_16_khz_is_as_wide_as_its_legs(exchange: Exchange, tmp_path: Path) -> None:
    high, narrow = await exchange.call("a", "G722", WIDE_HZ), await exchange.call("b", "PCMU", 400)
    await asyncio.gather(hears(high, 400), misses(narrow, FOLDED[WIDE_HZ]))
    path = tmp_path / "both.wav"
    exchange.worker.do(StartRecording(recording="rec", room="r", path=str(path), rate=16_000))
    await high.listen(1.5)
    exchange.worker.do(StopRecording(recording="rec"))
    assert (await exchange.worker.told(RecordingDone)).failed == ""
    audio, rate = soundfile.read(path, dtype="int16")
    assert rate == 16_000
    assert level(audio, WIDE_HZ, rate) == pytest.approx(SPOKEN, abs=TOLERANCE)
    assert level(audio, 400, rate) == pytest.approx(SPOKEN, abs=TOLERANCE)
