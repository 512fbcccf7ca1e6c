"""Speech through a bad network, as a phone in the room hears it from the gateway.

SIPp signals for who speaks; who listens is baresip, and what it saved is judged.
"""

import wave
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.demo.hearing import read_wav
from gateway.demo.phone import Phone, PhoneSettings
from tests.support.bad_line import BadLine, Weather
from tests.support.gateway import RunningGateway
from tests.support.intelligibility import stoi
from tests.support.line import Line, room
from tests.support.sipp import Sipp, needs_sipp
from tests.support.spoken import RATE_HZ, write_spoken
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.faults, needs_sipp]

WORDS = "Please leave your message after the tone, and press one when you are done."
WEATHER = Weather(loss=0.05, doubled=0.01, delay=(0.03, 0.09))
UNDERSTOOD = 0.9
READINGS = 2
"""Of the words, that are listened to at a time: one of them is whole."""
STAYS_MS = "90000"


def likeness(speech: NDArray[np.int16], heard: NDArray[np.int16]) -> float:
    """STOI of the words where they are in what was heard last."""
    heard = heard[-READINGS * speech.size :]
    if heard.size < READINGS * speech.size:
        return 0.0
    clean, there = speech.astype(float), heard.astype(float)
    spectra = np.fft.rfft(there, 2 * there.size) * np.conj(np.fft.rfft(clean, 2 * there.size))
    at = int(np.argmax(np.fft.irfft(spectra)[: there.size - clean.size + 1]))
    return stoi(clean, there[at : at + clean.size], RATE_HZ)


async def test_words_are_understood_through_loss_and_jitter(tmp_path: Path) -> None:
    """Each reading has other losses; a busy machine may spoil one of them."""
    with wave.open(str(write_spoken(tmp_path / "words.wav", WORDS))) as file:
        speech = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(RunningGateway(tmp_path / "gateway"))
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.answer(room())
        settings = PhoneSettings(name="447700000101", directory=tmp_path)
        ear = await stack.enter_async_context(await Phone.start(settings))
        await ear.call(line.uri)
        await ear.wait("established", timeout=20)
        mouth = await stack.enter_async_context(BadLine(speech, WEATHER, seed=7))
        keys = {"caller": "447700000102", "rtp_port": mouth.port}
        to, options = f"127.0.0.1:{gateway.sip_port}", ("-s", line.number, "-d", STAYS_MS)
        scenario = "inbound_answered_caller_hangs_up"
        sipp = await stack.enter_async_context(Sipp(scenario, tmp_path, to=to, keys=keys, options=options))
        mouth.speak_to(await sipp.far_rtp_port())
        await until(
            lambda: likeness(speech, read_wav(ear.heard)[0]) >= UNDERSTOOD,
            "that words are understood",
            every_s=1.0,
        )
        assert mouth.lost
