"""A real worker: who hears whom, and what the gateway is told."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from media.control import (
    CloseLeg,
    Drain,
    Dtmf,
    Join,
    Leave,
    LegQuality,
    OpenRtp,
    Ping,
    Play,
    PlayDone,
    Pong,
    RecordingDone,
    Refused,
    RtpLatched,
    RtpOpened,
    SendDtmf,
    SetAudio,
    StartRecording,
    StartRtp,
    StopPlay,
)
from media.files.wav import WavWriter
from tests.contract.media.conftest import Call
from tests.support.media_exchange import level
from tests.support.media_worker import FRAME, MediaWorker, Telephone, level_dbov

pytestmark = pytest.mark.contract

ANNA, BELA, CARO, MUSIC = 440, 700, 1100, 1700
SPOKEN = -20.0
UNHEARD = -50.0


async def steady(phone: Telephone) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """A second of what the phone hears, after what was under way has arrived."""
    await phone.listen(15)
    return await phone.listen(50)


def music(path: Path, seconds: float) -> Path:
    """A file with a tone."""
    samples = (
        32768
        * 10 ** (SPOKEN / 20)
        * np.sqrt(2)
        * np.sin(2 * np.pi * MUSIC * np.arange(int(8000 * seconds)) / 8000)
    )
    writer = WavWriter(path, 1, 8000)
    writer.append(samples.astype(np.int16).reshape(-1, 1))
    writer.close()
    return path


async def test_a_room_hears_everybody_but_oneself(worker: MediaWorker, call: Call) -> None:
    phones = {tone: await call(str(tone), tone) for tone in (ANNA, BELA, CARO)}
    for tone in phones:
        worker.do(Join(leg=str(tone), room="r"))
    for listener, phone in phones.items():
        audio = await steady(phone)
        for speaker in phones:
            if speaker == listener:
                assert level_dbov(audio, speaker) < UNHEARD
            else:
                assert level(audio, speaker) == pytest.approx(SPOKEN, abs=2)


async def test_mute_earmuff_and_leave(worker: MediaWorker, call: Call) -> None:
    anna, bela = await call("a", ANNA), await call("b", BELA)
    worker.do(Join(leg="a", room="r"))
    worker.do(Join(leg="b", room="r"))
    worker.do(SetAudio(leg="a", muted=True, earmuffed=False))
    assert level_dbov(await steady(bela), ANNA) < UNHEARD
    assert level(await steady(anna), BELA) == pytest.approx(SPOKEN, abs=2)
    worker.do(SetAudio(leg="a", muted=False, earmuffed=True))
    assert level(await steady(bela), ANNA) == pytest.approx(SPOKEN, abs=2)
    assert level_dbov(await steady(anna), BELA) < UNHEARD
    worker.do(SetAudio(leg="a", muted=False, earmuffed=False))
    worker.do(Leave(leg="a"))
    assert level_dbov(await steady(bela), ANNA) < UNHEARD
    assert level_dbov(await steady(anna), BELA) < UNHEARD


async def test_a_play_to_a_leg_is_heard_by_that_leg_only(
    worker: MediaWorker, call: Call, tmp_path: Path
) -> None:
    anna, bela = await call("a", ANNA), await call("b", BELA)
    worker.do(Join(leg="a", room="r"))
    worker.do(Join(leg="b", room="r"))
    worker.do(Play(play="p", path=str(music(tmp_path / "m.wav", 1.0)), leg="a", loop=0))
    audio = await steady(anna)
    assert level(audio, MUSIC) == pytest.approx(SPOKEN, abs=2)
    assert level(audio, BELA) == pytest.approx(SPOKEN, abs=2)
    assert level_dbov(await steady(bela), MUSIC) < UNHEARD
    worker.do(StopPlay(play="p"))
    assert (await worker.told(PlayDone, play="p")).outcome == "stopped"
    assert level_dbov(await steady(anna), MUSIC) < UNHEARD


async def test_a_play_to_a_room_is_heard_by_all_and_ends(
    worker: MediaWorker, call: Call, tmp_path: Path
) -> None:
    anna, bela = await call("a"), await call("b")
    worker.do(Join(leg="a", room="r"))
    worker.do(Join(leg="b", room="r"))
    path = str(music(tmp_path / "m.wav", 0.5))
    worker.do(Play(play="p", path=path, room="r", loop=4, level=-0.5))
    for phone in (anna, bela):
        await phone.listen(5)
        assert level(await phone.listen(20), MUSIC) == pytest.approx(SPOKEN - 6, abs=2)
    assert (await worker.told(PlayDone, play="p")).outcome == "played"


@pytest.mark.parametrize(
    ("level", "frames", "heard"),
    [(-1.0, 0, UNHEARD), (0.0, 30, SPOKEN), (1.0, 30, SPOKEN + 6)],
)
async def test_a_play_is_heard_as_often_and_as_loud_as_it_says(
    worker: MediaWorker, call: Call, tmp_path: Path, level: float, frames: int, heard: float
) -> None:
    anna = await call("a")
    await anna.listen(1)
    path = str(music(tmp_path / "m.wav", 0.2))
    worker.do(Play(play="p", path=path, leg="a", loop=3, level=level))
    assert (await worker.told(PlayDone, play="p")).outcome == "played"
    await anna.listen(5)
    levels = [level_dbov(frame, MUSIC) for frame in anna.heard().reshape(-1, FRAME)]
    loud = [each for each in levels if each > UNHEARD]
    assert loud == [pytest.approx(heard, abs=2)] * frames


async def test_every_play_ends_exactly_once(worker: MediaWorker, call: Call, tmp_path: Path) -> None:
    await call("a")
    path = str(music(tmp_path / "m.wav", 0.1))
    worker.do(Play(play="none", path=path, leg="nobody"))
    worker.do(Play(play="broken", path=str(tmp_path / "absent.wav"), leg="a"))
    worker.do(Play(play="short", path=path, leg="a"))
    worker.do(Play(play="cut", path=path, leg="a", loop=0))
    outcomes = {}
    for name in ("none", "broken", "short"):
        outcomes[name] = (await worker.told(PlayDone, play=name)).outcome
    worker.do(CloseLeg(leg="a"))
    outcomes["cut"] = (await worker.told(PlayDone, play="cut")).outcome
    worker.do(StopPlay(play="cut"))
    worker.do(Ping(nonce=1))
    await worker.told(Pong)
    assert outcomes == {"none": "failed", "broken": "failed", "short": "played", "cut": "stopped"}
    assert sum(isinstance(notice, PlayDone) for notice in worker.notices) == len(outcomes)


async def test_digits_both_ways(worker: MediaWorker, call: Call) -> None:
    anna = await call("a", ANNA)
    await worker.told(RtpLatched, leg="a")
    anna.press(5)
    assert (await worker.told(Dtmf)).digit == "5"
    await anna.listen(2)
    anna.press(11)
    told = await worker.told(Dtmf)
    assert (told.digit, told.duration_ms) == ("#", 120)
    worker.do(SendDtmf(leg="a", digits="1p*"))
    await anna.listen(60)
    events = [packet for packet in anna.packets if packet[1] & 0x7F == 101]
    starts = [packet[12] for packet in events if packet[1] & 0x80]
    ends = [packet[12] for packet in events if packet[13] & 0x80]
    assert starts == [1, 10]
    assert ends == [1, 1, 1, 10, 10, 10]


async def test_a_stranger_neither_hears_nor_is_heard(worker: MediaWorker, call: Call) -> None:
    anna, bela = await call("a", ANNA), await call("b", BELA)
    worker.do(Join(leg="a", room="r"))
    worker.do(Join(leg="b", room="r"))
    latched = await worker.told(RtpLatched, leg="a")
    assert (latched.host, latched.port) == ("127.0.0.1", anna.port)
    async with Telephone(CARO) as stranger:
        stranger.speak_to(anna.leg_port)
        audio = await steady(bela)
        assert level(audio, ANNA) == pytest.approx(SPOKEN, abs=2)
        assert level_dbov(audio, CARO) < UNHEARD
        assert not stranger.packets


async def test_a_peer_behind_a_nat_is_learnt(worker: MediaWorker, call: Call) -> None:
    async with Telephone() as described:
        anna = await call("a", ANNA, described_port=described.port)
        latched = await worker.told(RtpLatched, leg="a")
        assert latched.port == anna.port
        await anna.listen(5)


async def test_quality_counts_and_rows_come_back(worker: MediaWorker, call: Call) -> None:
    for round_ in range(3):
        for k in range(8):
            worker.do(OpenRtp(leg=f"{round_}-{k}"))
            await worker.told(RtpOpened, leg=f"{round_}-{k}")
        worker.do(OpenRtp(leg="one too many"))
        refused = await worker.told(Refused)
        assert (refused.command, refused.subject) == ("OpenRtp", "one too many")
        for k in range(8):
            worker.do(CloseLeg(leg=f"{round_}-{k}"))
            assert (await worker.told(LegQuality, leg=f"{round_}-{k}")).packets_received == 0
    anna = await call("a", ANNA)
    await anna.listen(25)
    worker.do(CloseLeg(leg="a"))
    quality = await worker.told(LegQuality, leg="a")
    assert quality.packets_sent >= 25
    assert quality.packets_received >= 20
    assert quality.octets_received == quality.packets_received * 160
    assert quality.packets_lost == 0


async def test_a_held_leg_hears_us_and_is_not_heard(worker: MediaWorker, call: Call) -> None:
    anna, bela = await call("a", ANNA), await call("b", BELA)
    worker.do(Join(leg="a", room="r"))
    worker.do(Join(leg="b", room="r"))
    worker.do(
        StartRtp(
            leg="a",
            remote_host="127.0.0.1",
            remote_port=anna.port,
            codec="PCMU",
            payload_type=0,
            dtmf_payload_type=101,
            direction="sendonly",
        )
    )
    assert level_dbov(await steady(bela), ANNA) < UNHEARD
    assert level(await steady(anna), BELA) == pytest.approx(SPOKEN, abs=2)


async def test_ping_tells_the_state(worker: MediaWorker, call: Call) -> None:
    anna = await call("a")
    worker.do(Ping(nonce=1))
    await worker.told(Pong, nonce=1)
    await anna.listen(25)
    worker.do(Ping(nonce=2))
    pong = await worker.told(Pong, nonce=2)
    assert pong.legs == 1
    assert pong.ticks >= 20
    assert 0 < pong.busy_p99_us < 20_000


async def test_drain_completes_recordings_and_ends(tmp_path: Path) -> None:
    async with MediaWorker("--max-legs", "2") as worker:
        worker.do(OpenRtp(leg="a"))
        worker.do(Join(leg="a", room="r"))
        worker.do(StartRecording(recording="rec", room="r", path=str(tmp_path / "r.wav")))
        await asyncio.sleep(0.5)
        worker.do(Drain())
        assert (await worker.told(RecordingDone)).duration_s > 0.2
        assert await worker.exited() == 0


async def test_end_of_file_ends_it() -> None:
    async with MediaWorker("--max-legs", "2") as worker:
        worker.hang_up()
        assert await worker.exited() == 0
