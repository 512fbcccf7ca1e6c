"""Legs that the engine does not carry itself, in a real worker: who hears whom, in all codecs, under keys."""

import asyncio
import itertools
import os
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.control import (
    CloseLeg,
    Codec,
    Conceal,
    Dtmf,
    Join,
    LegQuality,
    OpenRtp,
    Ping,
    Play,
    Pong,
    RecordingDone,
    Refused,
    RtpLatched,
    RtpOpened,
    SdesKeys,
    SendDtmf,
    SetAudio,
    StartRecording,
    StopRecording,
)
from tests.contract.media.test_worker import MUSIC, music
from tests.contract.media.test_worker_websocket import BOT, Talker, bot
from tests.support.media_worker import MediaWorker, level_dbov
from tests.support.soft_phone import Samples, SoftPhone, sequence, timestamp

pytestmark = pytest.mark.contract

SPOKEN, UNHEARD = -20.0, -38.0
"""A codec that is not a table leaves some noise at the pitch of another voice."""
LENGTHS = {"AES_CM_128_HMAC_SHA1_80": 30, "AES_CM_128_HMAC_SHA1_32": 30, "AEAD_AES_128_GCM": 28}

SECRET = SdesKeys(
    suite="AEAD_AES_128_GCM",
    key=os.urandom(28),
    peer_suite="AES_CM_128_HMAC_SHA1_80",
    peer_key=os.urandom(30),
)
CHANGES: tuple[tuple[Codec, SdesKeys | None], ...] = (
    ("G722", None),
    ("opus", SECRET),
    ("opus", None),
    ("PCMA", SECRET),
    ("PCMU", None),
)
CLOCKS_OF_EVENTS: tuple[tuple[str, Codec, SdesKeys | None, int], ...] = (
    ("a", "G722", None, 8000),
    ("b", "opus", None, 48_000),
    ("c", "PCMU", SECRET, 8000),
    ("d", "G722", None, 16_000),
)


def keys(suite: str = "AES_CM_128_HMAC_SHA1_80") -> SdesKeys:
    length = LENGTHS[suite]
    return SdesKeys(suite=suite, key=os.urandom(length), peer_suite=suite, peer_key=os.urandom(length))


def levels(audio: Samples, hertz: int) -> list[float]:
    """How loud a tone is in each 100 ms."""
    return [level_dbov(part, hertz) for part in audio[: len(audio) // 800 * 800].reshape(-1, 800)]


def level(audio: Samples, hertz: int) -> float:
    """How loud a tone is most of the time: a busy machine may tear a hole, which shifts the phase."""
    return float(np.median(levels(audio, hertz)))


class Exchange:
    """A worker with telephones at its legs."""

    def __init__(self, worker: MediaWorker, stack: AsyncExitStack) -> None:
        self.worker = worker
        self._stack = stack
        self.ports: dict[str, int] = {}

    async def call(
        self,
        leg: str,
        codec: Codec,
        tone_hz: int,
        keys: SdesKeys | None = None,
        ptime_ms: int = 20,
        **changes: object,
    ) -> SoftPhone:
        phone = await self._stack.enter_async_context(SoftPhone(codec, tone_hz, keys, ptime_ms))
        if leg not in self.ports:
            self.worker.do(OpenRtp(leg=leg))
            self.ports[leg] = (await self.worker.told(RtpOpened, leg=leg)).port
        self.worker.do(phone.start(leg, **changes))
        self.worker.do(Join(leg=leg, room="r"))
        phone.speak_to(self.ports[leg])
        return phone


@pytest.fixture
async def exchange(worker: MediaWorker) -> AsyncIterator[Exchange]:
    async with AsyncExitStack() as stack:
        yield Exchange(worker, stack)


async def settle(*phones: SoftPhone) -> None:
    """Until what was under way has arrived."""
    await asyncio.gather(*(phone.listen(0.5) for phone in phones))


async def test_everybody_hears_everybody_else_in_every_codec_and_under_every_suite(
    exchange: Exchange,
) -> None:
    phones = [
        await exchange.call("ulaw", "PCMU", 400),
        await exchange.call("g722", "G722", 550),
        await exchange.call("opus", "opus", 700),
        await exchange.call("srtp", "PCMA", 850, keys()),
        await exchange.call("short", "G722", 1000, keys("AES_CM_128_HMAC_SHA1_32")),
        await exchange.call("gcm", "opus", 1150, keys("AEAD_AES_128_GCM")),
        await exchange.call("long", "PCMU", 1300, ptime_ms=60),
    ]
    await settle(*phones)
    heard = await asyncio.gather(*(phone.listen() for phone in phones))
    for listener, audio in zip(phones, heard, strict=True):
        for speaker in phones:
            loudness = level(audio, speaker.tone_hz)
            if speaker is listener:
                assert loudness < UNHEARD, (listener.sort, speaker.sort)
            else:
                assert loudness == pytest.approx(SPOKEN, abs=2), (listener.sort, speaker.sort)
    assert [phone.unreadable for phone in phones] == [0] * len(phones)


async def test_packets_have_the_agreed_length(exchange: Exchange) -> None:
    listener = await exchange.call("b", "PCMU", 300)
    phones = [
        await exchange.call("1", "PCMU", 400, ptime_ms=10),
        await exchange.call("2", "PCMA", 550, ptime_ms=30),
        await exchange.call("3", "G722", 700, ptime_ms=40),
        await exchange.call("4", "opus", 850, ptime_ms=60),
        await exchange.call("5", "G722", 1000, ptime_ms=50),
        await exchange.call("6", "PCMU", 1150, ptime_ms=60),
    ]
    await settle(listener, *phones)
    audio, *heard = await asyncio.gather(listener.listen(), *(phone.listen() for phone in phones))
    for phone, heard_by_phone in zip(phones, heard, strict=True):
        assert level(audio, phone.tone_hz) == pytest.approx(SPOKEN, abs=2), phone.sort
        assert level(heard_by_phone, 300) == pytest.approx(SPOKEN, abs=2), phone.sort
        for one, next_one in itertools.pairwise(list(phone.packets)[-10:]):
            assert (sequence(next_one) - sequence(one)) & 0xFFFF == 1
            passed = (timestamp(next_one) - timestamp(one)) & 0xFFFFFFFF
            assert passed == phone.sort.clock * phone.ptime_ms // 1000


async def test_a_change_of_codec_keeps_the_stream(exchange: Exchange) -> None:
    """As a re-INVITE makes it, there and back: one port, one SSRC, sequence numbers without a gap."""
    other = await exchange.call("b", "PCMU", 700)
    first = await exchange.call("a", "PCMU", 440)
    await settle(first, other)
    for codec, security in CHANGES:
        before = first.packets[-1]
        first.hush()
        phone = await exchange.call("a", codec, 440, security)
        await settle(phone, other)
        assert level(await phone.listen(), 700) == pytest.approx(SPOKEN, abs=2), codec
        assert level(await other.listen(), 440) == pytest.approx(SPOKEN, abs=2), codec
        assert phone.packets[0][8:12] == before[8:12]
        assert 0 < (sequence(phone.packets[0]) - sequence(before)) & 0xFFFF < 100
        first = phone


async def test_digits_in_and_out(exchange: Exchange) -> None:
    for leg, codec, security, rate in CLOCKS_OF_EVENTS:
        phone = await exchange.call(leg, codec, 440, security, dtmf_rate=rate)
        await exchange.worker.told(RtpLatched, leg=leg)
        phone.press(5, rate)
        assert await exchange.worker.told(Dtmf, leg=leg) == Dtmf(leg=leg, digit="5", duration_ms=120)
        exchange.worker.do(SendDtmf(leg=leg, digits="9#"))
        async with asyncio.timeout(10):
            while len(pressed := [p for p in phone.packets if p[1] & 0x7F == 101]) < 16:
                await phone.listen(0.1)
        assert [packet[12] for packet in pressed] == [9] * 8 + [11] * 8
        assert struct.unpack("!H", pressed[7][14:16]) == (rate // 10,)
        assert len({packet[4:8] for packet in pressed[:8]}) == 1


async def test_keys_as_tones_in_and_out(exchange: Exchange) -> None:
    """From a leg that has nothing else to another, through the gateway's digits."""
    ear = await exchange.call("ear", "G722", 0, in_band_dtmf=True, dtmf_payload_type=None)
    mouth = await exchange.call("mouth", "PCMU", 0, in_band_dtmf=True, dtmf_payload_type=None)
    await settle(ear, mouth)
    exchange.worker.do(SendDtmf(leg="mouth", digits="5p#"))
    audio = await mouth.listen(2.0)
    for heard in (770, 1336, 941, 1477):
        assert max(levels(audio, heard)) > -30
    assert max(levels(audio, 1633)) < -35
    ear.send_tones(770, 1336)
    pressed = await exchange.worker.told(Dtmf, leg="ear")
    assert pressed.digit == "5"
    assert pressed.duration_ms == pytest.approx(200, abs=40)


async def test_a_peer_that_sends_events_is_not_heard_twice(exchange: Exchange) -> None:
    phone = await exchange.call("a", "PCMU", 0, in_band_dtmf=True)
    await exchange.worker.told(RtpLatched, leg="a")
    phone.press(1)
    phone.send_tones(697, 1209)
    await settle(phone, phone)
    phone.press(2)
    await exchange.worker.told(Dtmf, leg="a", digit="2")
    assert [n.digit for n in exchange.worker.notices if isinstance(n, Dtmf)] == ["1", "2"]


async def test_mute_conceal_and_hold(exchange: Exchange) -> None:
    anna, bela = await exchange.call("a", "opus", 440), await exchange.call("b", "G722", 700, keys())
    await settle(anna, bela)
    exchange.worker.do(SetAudio(leg="a", muted=True, earmuffed=False))
    await settle(bela)
    assert level(await bela.listen(), 440) < UNHEARD
    exchange.worker.do(SetAudio(leg="a", muted=False, earmuffed=True))
    await settle(anna, bela)
    assert level(await bela.listen(), 440) == pytest.approx(SPOKEN, abs=2)
    assert level(await anna.listen(), 700) < UNHEARD
    exchange.worker.do(SetAudio(leg="a", muted=False, earmuffed=False))
    exchange.worker.do(Conceal(leg="b", concealed=True))
    await settle(anna)
    assert level(await anna.listen(), 700) < UNHEARD
    exchange.worker.do(Conceal(leg="b", concealed=False))
    exchange.worker.do(anna.start("a", direction="sendonly"))
    await settle(anna, bela)
    assert level(await anna.listen(), 700) == pytest.approx(SPOKEN, abs=2)
    assert level(await bela.listen(), 440) < UNHEARD


async def test_a_bot_a_play_and_a_recording_are_for_every_leg(exchange: Exchange, tmp_path: Path) -> None:
    talker, worker = Talker(16_000), exchange.worker
    async with bot(worker, talker.talk, 16_000):
        phones = [await exchange.call("1", "opus", 400, keys()), await exchange.call("2", "G722", 600)]
        await settle(*phones)
        audio = await talker.listen(50)
        for phone in phones:
            assert level(audio, phone.tone_hz) == pytest.approx(SPOKEN, abs=2), phone.sort
            assert level(await phone.listen(), BOT) == pytest.approx(SPOKEN, abs=2), phone.sort
        worker.do(Play(play="p", path=str(music(tmp_path / "m.wav", 1.0)), leg="1", loop=0))
        path = tmp_path / "r.wav"
        worker.do(StartRecording(recording="r", room="r", path=str(path), channels=3, rate=8000, leg="2"))
        await settle(*phones)
        assert level(await phones[0].listen(), MUSIC) == pytest.approx(SPOKEN, abs=2)
        assert level(await phones[1].listen(), MUSIC) < UNHEARD
        worker.do(StopRecording(recording="r"))
        await worker.told(RecordingDone, recording="r")
    recorded, _ = soundfile.read(path, dtype="int16", always_2d=True)
    assert level(recorded[4000:, 0], 600) == pytest.approx(SPOKEN, abs=2)
    assert level(recorded[4000:, 0], 400) < UNHEARD


async def test_single_losses_are_made_up_for(exchange: Exchange) -> None:
    listener = await exchange.call("b", "PCMU", 300)
    phones = [
        await exchange.call("1", "opus", 400, keys()),
        await exchange.call("2", "G722", 600, keys()),
        await exchange.call("3", "PCMU", 800, keys()),
    ]
    for phone in phones:
        phone.lose = set(range(20, 400, 10))
    await settle(listener, *phones)
    audio = await listener.listen(2.0)
    for phone in phones:
        assert level(audio, phone.tone_hz) == pytest.approx(SPOKEN, abs=2), phone.sort


async def test_nobody_without_the_key_is_heard_or_changes_anything(exchange: Exchange) -> None:
    phone = await exchange.call("a", "PCMU", 440, keys())
    other = await exchange.call("b", "PCMU", 700)
    latched = await exchange.worker.told(RtpLatched, leg="a")
    stranger = await exchange.call("c", "PCMU", 1500)
    stranger.speak_to(exchange.ports["a"])
    replayed, sent = list(phone.sent)[-20:], 0
    assert replayed
    exchange.worker.do(Ping(nonce=1))
    await exchange.worker.told(Pong, nonce=1)
    while sent < 10_000:
        for _ in range(20):
            phone.send_raw(b"\x80\x00" + os.urandom(180))
            sent += 1
        phone.send_raw(replayed[sent % len(replayed)])
        await asyncio.sleep(0.005)
    await settle(other)
    audio = await other.listen()
    assert level(audio, 440) == pytest.approx(SPOKEN, abs=2)
    assert level(audio, 1500) < UNHEARD
    exchange.worker.do(Ping(nonce=2))
    assert (await exchange.worker.told(Pong, nonce=2)).dropped_packets >= 1_000
    relatched = [n for n in exchange.worker.notices if isinstance(n, RtpLatched) and n.leg == "a"]
    assert relatched == [latched]
    exchange.worker.do(CloseLeg(leg="a"))
    quality = await exchange.worker.told(LegQuality, leg="a")
    assert quality.packets_received <= len(phone.sent)


async def test_who_has_the_key_is_followed(exchange: Exchange) -> None:
    secret = keys()
    at_home = await exchange.call("a", "G722", 440, secret)
    other = await exchange.call("b", "PCMU", 700)
    await settle(at_home, other)
    at_home.hush()
    async with SoftPhone("G722", 900, secret) as abroad:
        abroad.speak_to(exchange.ports["a"])
        await exchange.worker.told(RtpLatched, leg="a", port=abroad.port)
        await settle(other, abroad)
        assert level(await other.listen(), 900) == pytest.approx(SPOKEN, abs=2)
        assert level(await abroad.listen(), 700) == pytest.approx(SPOKEN, abs=2)


async def test_a_source_that_sdp_did_not_name_is_not_heard_without_a_key(exchange: Exchange) -> None:
    phone = await exchange.call("a", "G722", 440)
    other = await exchange.call("b", "PCMU", 700)
    await exchange.worker.told(RtpLatched, leg="a")
    async with SoftPhone("G722", 1500) as stranger:
        stranger.speak_to(exchange.ports["a"])
        await settle(phone, other)
        audio = await other.listen()
    assert level(audio, 440) == pytest.approx(SPOKEN, abs=2)
    assert level(audio, 1500) < UNHEARD


async def test_reports_share_the_port_and_the_keys(exchange: Exchange) -> None:
    phone = await exchange.call("a", "opus", 440, keys(), rtcp_mux=True)
    await exchange.worker.told(RtpLatched, leg="a")
    await settle(phone)
    exchange.worker.do(CloseLeg(leg="a"))
    quality = await exchange.worker.told(LegQuality, leg="a")
    assert quality.packets_received > 10
    assert quality.packets_sent > 10
    assert quality.packets_lost == 0
    await phone.reported()
    report = phone.reports[-1]
    assert report[1] == 200
    assert phone.unreadable == 0


async def test_what_cannot_be_carried_is_refused_and_changes_nothing(exchange: Exchange) -> None:
    phone = await exchange.call("a", "G722", 440)
    other = await exchange.call("b", "PCMU", 700)
    bad = SdesKeys(suite="AEAD_AES_128_GCM", key=bytes(30), peer_suite="AEAD_AES_128_GCM", peer_key=bytes(28))
    exchange.worker.do(phone.start("a", security=bad))
    refused = await exchange.worker.told(Refused)
    assert refused.subject == "a"
    assert refused.reason == "a key for AEAD_AES_128_GCM has 28 octets, not 30"
    await settle(phone, other)
    assert level(await other.listen(), 440) == pytest.approx(SPOKEN, abs=2)
