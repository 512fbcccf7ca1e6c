"""Legs that the engine does not carry itself, in a real worker: who hears whom, in all codecs, under keys."""

import asyncio
import os
import struct
from pathlib import Path

import pytest
import soundfile

from media.control import (
    Codec,
    Conceal,
    Dtmf,
    Numbers,
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
from tests.support.media_exchange import (
    SPOKEN,
    TOLERANCE,
    UNHEARD,
    Exchange,
    all_hear_each_other,
    hears,
    level,
    levels,
    misses,
)
from tests.support.soft_phone import SoftPhone, sequence, usual_step
from tests.support.waiting import until

pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]

LENGTHS = {"AES_CM_128_HMAC_SHA1_80": 30, "AES_CM_128_HMAC_SHA1_32": 30, "AEAD_AES_128_GCM": 28}

FLOOD = 1_000
"""Packets that are to be refused; what the kernel has no room for does not count."""
MAX_ROUNDS = 5_000
"""Of twenty packets each: the worker takes some of them within any, so that only a fault needs them all."""

LIVES_OF_A_ROW = 5
"""Most of them begin between two ticks, as is wanted."""

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
        await exchange.call("l16", "L16", 1450, keys()),
    ]
    await all_hear_each_other(phones)
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
    await asyncio.gather(
        hears(listener, *(phone.tone_hz for phone in phones)), *(hears(phone, 300) for phone in phones)
    )
    for phone in phones:
        assert usual_step(phone) == phone.sort.clock * phone.ptime_ms // 1000


async def test_a_change_of_codec_keeps_the_stream(exchange: Exchange) -> None:
    """As a re-INVITE makes it, there and back: one port, one SSRC, sequence numbers without a gap."""
    other = await exchange.call("b", "PCMU", 700)
    first = await exchange.call("a", "PCMU", 440)
    await asyncio.gather(hears(first, 700), hears(other, 440))
    for codec, security in CHANGES:
        before = first.packets[-1]
        first.hush()
        phone = await exchange.call("a", codec, 440, security)
        await asyncio.gather(hears(phone, 700), hears(other, 440))
        assert phone.packets[0][8:12] == before[8:12]
        assert 0 < (sequence(phone.packets[0]) - sequence(before)) & 0xFFFF < 100
        first = phone


async def test_a_leg_that_is_described_twice_at_once_hears_its_own_peer(exchange: Exchange) -> None:
    """Also before the engine has opened it, at a row whose last leg believed somebody else."""
    for _ in range(LIVES_OF_A_ROW):
        phone = await exchange.phone("G722", 440)
        for command in (OpenRtp(leg="a"), phone.start("a"), phone.start("a")):
            exchange.worker.do(command)
        exchange.ports["a"] = (await exchange.worker.told(RtpOpened, leg="a")).port
        phone.speak_to(exchange.ports["a"])
        await exchange.worker.told(RtpLatched, leg="a", port=phone.port)
        await exchange.hang_up("a")


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
    await asyncio.gather(ear.listen(0.1), mouth.listen(0.1))
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
    await phone.listen(0.5)
    phone.press(2)
    await exchange.worker.told(Dtmf, leg="a", digit="2")
    assert [n.digit for n in exchange.worker.notices if isinstance(n, Dtmf)] == ["1", "2"]


async def test_mute_conceal_and_hold(exchange: Exchange) -> None:
    anna, bela = await exchange.call("a", "opus", 440), await exchange.call("b", "G722", 700, keys())
    await asyncio.gather(hears(anna, 700), hears(bela, 440))
    exchange.worker.do(SetAudio(leg="a", muted=True, earmuffed=False))
    await misses(bela, 440)
    exchange.worker.do(SetAudio(leg="a", muted=False, earmuffed=True))
    await asyncio.gather(hears(bela, 440), misses(anna, 700))
    exchange.worker.do(SetAudio(leg="a", muted=False, earmuffed=False))
    await hears(anna, 700)
    exchange.worker.do(Conceal(leg="b", concealed=True))
    await misses(anna, 700)
    exchange.worker.do(Conceal(leg="b", concealed=False))
    exchange.worker.do(anna.start("a", direction="sendonly"))
    await asyncio.gather(hears(anna, 700), misses(bela, 440))


async def test_a_bot_a_play_and_a_recording_are_for_every_leg(exchange: Exchange, tmp_path: Path) -> None:
    talker, worker = Talker(16_000), exchange.worker
    async with bot(worker, talker.talk, 16_000):
        phones = [await exchange.call("1", "opus", 400, keys()), await exchange.call("2", "G722", 600)]
        exchange.ports["bot"] = 0
        await asyncio.gather(*(hears(phone, BOT) for phone in phones))
        audio = await talker.listen(50)
        for phone in phones:
            assert level(audio, phone.tone_hz) == pytest.approx(SPOKEN, abs=TOLERANCE), phone.sort
        worker.do(Play(play="p", path=str(music(tmp_path / "m.wav", 1.0)), leg="1", loop=0))
        path = tmp_path / "r.wav"
        worker.do(StartRecording(recording="r", room="r", path=str(path), channels=3, rate=8000, leg="2"))
        await asyncio.gather(hears(phones[0], MUSIC), misses(phones[1], MUSIC))
        worker.do(StopRecording(recording="r"))
        await worker.told(RecordingDone, recording="r")
    recorded, _ = soundfile.read(path, dtype="int16", always_2d=True)
    assert level(recorded[:, 0], 600) == pytest.approx(SPOKEN, abs=TOLERANCE)
    assert level(recorded[:, 0], 400) < UNHEARD


async def test_single_losses_are_made_up_for(exchange: Exchange) -> None:
    listener = await exchange.call("b", "PCMU", 300)
    phones = [
        await exchange.call("1", "opus", 400, keys()),
        await exchange.call("2", "G722", 600, keys()),
        await exchange.call("3", "PCMU", 800, keys()),
    ]
    for phone in phones:
        phone.lose = set(range(20, 400, 10))
    await hears(listener, *(phone.tone_hz for phone in phones))


async def test_nobody_without_the_key_is_heard_or_changes_anything(exchange: Exchange) -> None:
    phone = await exchange.call("a", "PCMU", 440, keys())
    other = await exchange.call("b", "PCMU", 700)
    latched = await exchange.worker.told(RtpLatched, leg="a")
    stranger = await exchange.call("c", "PCMU", 1500)
    stranger.speak_to(exchange.ports["a"])
    await asyncio.gather(hears(other, 440), phone.listen(0.5))
    replayed, refused = list(phone.sent)[-20:], 0
    for nonce in range(MAX_ROUNDS):
        for _ in range(20):
            phone.send_raw(b"\x80\x00" + os.urandom(180))
        phone.send_raw(replayed[nonce % len(replayed)])
        exchange.worker.do(Ping(nonce=nonce))
        refused += (await exchange.worker.told(Pong, nonce=nonce)).dropped_packets
        if refused >= FLOOD:
            break
    assert refused >= FLOOD
    await hears(other, 440)
    await misses(other, 1500)
    relatched = [n for n in exchange.worker.notices if isinstance(n, RtpLatched) and n.leg == "a"]
    assert relatched == [latched]
    quality = await exchange.hang_up("a")
    assert quality.packets_received <= len(phone.sent)


async def test_who_has_the_key_is_followed(exchange: Exchange) -> None:
    secret = keys()
    at_home = await exchange.call("a", "G722", 440, secret)
    other = await exchange.call("b", "PCMU", 700)
    await asyncio.gather(hears(at_home, 700), hears(other, 440))
    at_home.hush()
    async with SoftPhone("G722", 900, secret) as abroad:
        abroad.speak_to(exchange.ports["a"])
        await exchange.worker.told(RtpLatched, leg="a", port=abroad.port)
        await asyncio.gather(hears(other, 900), hears(abroad, 700))


async def test_a_source_that_sdp_did_not_name_is_not_heard_without_a_key(exchange: Exchange) -> None:
    phone = await exchange.call("a", "G722", 440)
    other = await exchange.call("b", "PCMU", 700)
    await exchange.worker.told(RtpLatched, leg="a")
    async with SoftPhone("G722", 1500) as stranger:
        stranger.speak_to(exchange.ports["a"])
        await phone.listen(0.5)
        await hears(other, 440)
        await misses(other, 1500)


async def test_reports_share_the_port_and_the_keys(exchange: Exchange) -> None:
    phone = await exchange.call("a", "opus", 440, keys(), rtcp_mux=True)
    await exchange.worker.told(RtpLatched, leg="a")
    await phone.listen(0.5)
    quality = await exchange.hang_up("a")
    assert quality.packets_received > 10
    assert quality.packets_sent > 10
    assert quality.packets_lost == 0
    await phone.reported()
    report = phone.reports[-1]
    assert report[1] == 200
    assert phone.unreadable == 0


async def test_a_worker_tells_how_much_of_a_core_its_codecs_take(exchange: Exchange) -> None:
    """What keeps new legs away from a worker whose ticks are short, and whose codecs are not."""
    phones = [await exchange.call(name, "opus", 400) for name in ("a", "b", "c")]
    loads = []
    for nonce in (90_001, 90_002):
        await asyncio.gather(*(phone.listen(1) for phone in phones))
        exchange.worker.do(Ping(nonce=nonce))
        loads.append((await exchange.worker.told(Pong, nonce=nonce)).control_load)
    assert 0.005 < loads[-1] < 1


async def test_losses_are_counted_under_every_clock_and_key(exchange: Exchange) -> None:
    phones = {"a": await exchange.call("a", "opus", 440, keys()), "b": await exchange.call("b", "G722", 700)}
    for phone in phones.values():
        phone.lose = set(range(10, 10_000, 20))
    await asyncio.gather(*(phone.listen(3) for phone in phones.values()))
    for leg in phones:
        quality = await exchange.hang_up(leg)
        assert quality.packets_received > 100
        share = quality.packets_lost / (quality.packets_received + quality.packets_lost)
        assert 0.03 < share < 0.065, quality
        # More would be a wrong clock.
        assert quality.jitter_ms < 500


async def test_what_cannot_be_carried_is_refused_and_changes_nothing(exchange: Exchange) -> None:
    phone = await exchange.call("a", "G722", 440)
    other = await exchange.call("b", "PCMU", 700)
    bad = SdesKeys(suite="AEAD_AES_128_GCM", key=bytes(30), peer_suite="AEAD_AES_128_GCM", peer_key=bytes(28))
    exchange.worker.do(phone.start("a", security=bad))
    refused = await exchange.worker.told(Refused)
    assert refused.subject == "a"
    assert refused.reason == "a key for AEAD_AES_128_GCM has 28 octets, not 30"
    await asyncio.gather(hears(phone, 700), hears(other, 440))


async def test_each_side_sends_by_the_numbers_that_the_other_named(exchange: Exchange) -> None:
    """RFC 3264 section 5.1: an answer may call its formats otherwise than the offer did."""
    theirs = Numbers(codec=8, dtmf=101, cn=None)
    phone = await exchange.call(
        "a", "PCMA", 440, payload_type=120, dtmf_payload_type=121, peer_numbers=theirs
    )
    other = await exchange.call("b", "PCMU", 700)
    await hears(other, 440)
    phone.press(5)
    assert (await exchange.worker.told(Dtmf, leg="a")).digit == "5"
    exchange.worker.do(SendDtmf(leg="a", digits="1"))
    await until(lambda: {packet[1] & 0x7F for packet in phone.packets} == {120, 121}, "that both are sent")
