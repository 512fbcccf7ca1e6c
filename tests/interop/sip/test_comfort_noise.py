"""A phone that sends comfort noise in its pauses (RFC 3389): FFmpeg describes the noise, SIPp signals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio

from tests.support.gateway import RunningGateway
from tests.support.line import Line, room
from tests.support.media_exchange import hears, misses
from tests.support.sipp import Sipp, needs_sipp
from tests.support.soft_phone import SoftPhone, ffmpeg, sequence
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module"), needs_sipp]

RESTING, PLAIN = "127.0.0.2", "127.0.0.1"
TONE_HZ, OTHER_HZ = 440, 700
CN = 13
NOISE_DBOV = -35.0
HIGHEST = 5.5
"""Of normal noise in a second, in its own RMS; a click is higher."""
WINDOWS = 20
"""Seconds after which what is not heard as it should be never will."""
STAYS_MS = "30000"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        trunks = [{"name": "resting", "host": RESTING, "comfort_noise": True}]
        directory = tmp_path_factory.mktemp("noise")
        gateway = await stack.enter_async_context(RunningGateway(directory, trunks=trunks))
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.answer(room())
        yield line


def described_noise() -> list[bytes]:
    """A few seconds of noise, in FFmpeg's words: level and spectrum of each 80 ms."""
    samples = np.random.default_rng(3).normal(0, 32768 * 10 ** (NOISE_DBOV / 20), 640 * 40).astype(np.int16)
    encoder = ffmpeg("comfortnoise", "w", 8000)
    encoder.time_base = Fraction(1, 8000)
    packets = []
    for at in range(0, len(samples), 640):
        frame = av.AudioFrame.from_ndarray(samples[None, at : at + 640], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 8000, at
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


async def call(line: Line, stack: AsyncExitStack, directory: Path, phone: SoftPhone, source: str) -> Sipp:
    """The phone is in the room, and speaks."""
    keys = {"caller": "447700000001", "net": "IP4", "host": source, "again": ""}
    keys["media"] = f"m=audio {phone.port} RTP/AVP 0 {CN}"
    target = f"127.0.0.1:{line.gateway.sip_port}"
    options = ("-s", line.number, "-i", source, "-d", STAYS_MS)
    sipp = Sipp("media_offer_is_answered", directory, to=target, keys=dict(keys), options=options)
    await stack.enter_async_context(sipp)
    phone.speak_to(await sipp.far_rtp_port())
    return sipp


def is_such_noise(audio: np.ndarray[tuple[int], np.dtype[np.int16]]) -> bool:
    """Whether it is as loud as was said throughout, and nowhere louder than noise is."""
    power = np.mean(audio.reshape(-1, 800).astype(float) ** 2, axis=1)
    levels = 10 * np.log10(power + 1e-9) - 20 * np.log10(32768)
    highest = np.abs(audio.astype(int)).max() / (32768 * 10 ** (NOISE_DBOV / 20))
    return bool(np.all(np.abs(levels - NOISE_DBOV) < 1.5) and highest < HIGHEST)


async def hears_noise(phone: SoftPhone) -> None:
    """Wait until a phone hears the noise for a second; a busy machine may tear holes into some."""
    for _ in range(WINDOWS):
        audio = await phone.listen(1.0)
        if is_such_noise(audio[:8000]):
            return
    raise AssertionError("no second was of the noise alone")


async def test_pauses_sound_as_the_phone_says_until_it_speaks_again(line: Line, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        phone = await stack.enter_async_context(SoftPhone("PCMU", TONE_HZ))
        other = await stack.enter_async_context(SoftPhone("PCMU", OTHER_HZ))
        # A phone's SDP names the address that it calls from, and all of loopback is ours.
        sipp = await call(line, stack, tmp_path, phone, RESTING)
        await call(line, stack, tmp_path, other, PLAIN)
        assert f"RTP/AVP 0 {CN}" in next(text for text in sipp.received() if text.startswith("SIP/2.0 200"))
        await asyncio.gather(hears(other, TONE_HZ), hears(phone, OTHER_HZ))
        port = await sipp.far_rtp_port()
        for noise in described_noise()[:2]:
            phone.send(CN, noise)
            phone.hush()
            await misses(other, TONE_HZ)
            await hears_noise(other)
            phone.speak_to(port)
            await hears(other, TONE_HZ)
        await hears(phone, OTHER_HZ)
        # We have no pauses: what is mixed goes out with every tick, also where nobody speaks.
        assert {packet[1] & 0x7F for packet in phone.packets} == {0}
        numbers = [sequence(packet) for packet in phone.packets]
        assert (numbers[-1] - numbers[0]) & 0xFFFF == len(numbers) - 1
