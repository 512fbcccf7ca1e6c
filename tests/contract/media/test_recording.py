"""Recordings by a real worker: what is on which channel, and what a kill leaves."""

import asyncio
import hashlib
import resource
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.control import (
    CloseLeg,
    Join,
    OpenRtp,
    Play,
    RecordingDone,
    Refused,
    RtpOpened,
    SetAudio,
    StartRecording,
    StartRtp,
    StopRecording,
)
from tests.contract.media.conftest import Call
from tests.contract.media.test_worker import ANNA, BELA, CARO, MUSIC, SPOKEN, UNHEARD, music
from tests.support.media_exchange import level
from tests.support.media_worker import MediaWorker, Telephone, level_dbov

pytestmark = pytest.mark.contract

RECORDED_S = 1.2


async def record(worker: MediaWorker, **fields: object) -> None:
    worker.do(StartRecording(recording="rec", room="r", **fields))  # type: ignore[arg-type]
    await asyncio.sleep(RECORDED_S)


async def stop(worker: MediaWorker) -> RecordingDone:
    worker.do(StopRecording(recording="rec"))
    done = await worker.told(RecordingDone)
    assert done.failed == ""
    return done


def sha256(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def channel_levels(path: Path, *tones: int) -> list[list[float]]:
    """How loud each tone is in each channel, in the middle of the file, most of the time or altogether."""
    audio, rate = soundfile.read(path, dtype="int16", always_2d=True)
    middle = audio[len(audio) // 4 : -len(audio) // 4 : rate // 8000]
    return [[max(level(part, tone), level_dbov(part, tone)) for tone in tones] for part in middle.T]


async def test_legs_take_channels_in_the_order_in_which_they_joined(
    worker: MediaWorker, call: Call, tmp_path: Path
) -> None:
    for name, tone in (("a", ANNA), ("b", BELA), ("c", CARO)):
        await call(name, tone)
        worker.do(Join(leg=name, room="r"))
    worker.do(Play(play="p", path=str(music(tmp_path / "m.wav", 1.0)), leg="a", loop=0))
    await asyncio.sleep(0.3)
    await record(worker, path=str(tmp_path / "r.wav"), channels=3, leg="b")
    done = await stop(worker)
    levels = np.array(channel_levels(Path(done.path), BELA, ANNA, CARO, MUSIC))
    heard = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]], bool)
    assert np.all(np.abs(levels[heard] - SPOKEN) < 2)
    assert np.all(levels[~heard] < UNHEARD)
    assert done.channels == 3
    assert done.duration_s == pytest.approx(RECORDED_S, abs=0.6)
    assert done.size == 44 + 2 * 3 * round(done.duration_s * 16000)


async def test_who_comes_after_the_32nd_shares_the_last_channel(tmp_path: Path) -> None:
    tones = [300 + 90 * k for k in range(34)]
    async with MediaWorker("--max-legs", "40") as worker, AsyncExitStack() as stack:
        for tone in tones:
            await join(worker, await stack.enter_async_context(Telephone(tone)), str(tone))
        await record(worker, path=str(tmp_path / "r.wav"), channels=32, rate=8000)
        done = await stop(worker)
    assert done.channels == 32
    levels = np.array(channel_levels(Path(done.path), *tones))
    loud = levels > SPOKEN - 6
    assert (loud[:31] == np.eye(32, 34, dtype=bool)[:31]).all()
    assert np.flatnonzero(loud[31]).tolist() == [31, 32, 33]


async def join(worker: MediaWorker, phone: Telephone, leg: str) -> None:
    """Let a phone talk in the room."""
    worker.do(OpenRtp(leg=leg))
    opened = await worker.told(RtpOpened, leg=leg)
    start = StartRtp(
        leg=leg,
        remote_host="127.0.0.1",
        remote_port=phone.port,
        codec="PCMU",
        payload_type=0,
        dtmf_payload_type=None,
    )
    worker.do(start)
    phone.speak_to(opened.port)
    worker.do(Join(leg=leg, room="r"))


async def test_silence_ends_a_recording_by_itself(worker: MediaWorker, call: Call, tmp_path: Path) -> None:
    await call("a", ANNA)
    worker.do(Join(leg="a", room="r"))
    await asyncio.sleep(0.3)
    await record(worker, path=str(tmp_path / "r.wav"), end_on_silence_s=0.5)
    worker.do(SetAudio(leg="a", muted=True, earmuffed=False))
    done = await worker.told(RecordingDone)
    assert done.failed == ""
    audio, rate = soundfile.read(done.path, dtype="int16")
    spoken = np.flatnonzero(np.abs(audio) > 1000)[-1] / rate
    assert spoken > 0.5, "it went on as long as somebody was heard"
    assert done.duration_s - spoken > 0.4


@pytest.mark.parametrize(("rate", "fmt"), [(8000, "wav"), (16000, "wav"), (16000, "ogg"), (16000, "mp3")])
async def test_one_channel_is_the_mix(
    worker: MediaWorker, call: Call, tmp_path: Path, rate: int, fmt: str
) -> None:
    for name, tone in (("a", ANNA), ("b", BELA)):
        await call(name, tone)
        worker.do(Join(leg=name, room="r"))
    await asyncio.sleep(0.3)
    await record(worker, path=str(tmp_path / "r.wav"), rate=rate, format=fmt)
    done = await stop(worker)
    assert Path(done.path).suffix == f".{fmt}"
    assert done.sha256 == sha256(done.path)
    assert soundfile.info(done.path).samplerate == rate
    assert channel_levels(Path(done.path), ANNA, BELA) == [pytest.approx([SPOKEN, SPOKEN], abs=2)]


async def test_a_recording_outlives_its_legs(worker: MediaWorker, call: Call, tmp_path: Path) -> None:
    await call("a", ANNA)
    worker.do(Join(leg="a", room="r"))
    await record(worker, path=str(tmp_path / "r.wav"))
    worker.do(CloseLeg(leg="a"))
    await call("b", BELA)
    worker.do(Join(leg="b", room="r"))
    await asyncio.sleep(RECORDED_S)
    done = await stop(worker)
    audio, _ = soundfile.read(done.path, dtype="int16")
    halves = np.array_split(audio[::2], 2)
    assert level_dbov(halves[0], ANNA) > level_dbov(halves[0], BELA)
    assert level_dbov(halves[1], BELA) > level_dbov(halves[1], ANNA)


async def test_a_recording_can_be_read_while_it_grows_and_after_a_kill(
    worker: MediaWorker, call: Call, tmp_path: Path
) -> None:
    await call("a", ANNA)
    worker.do(Join(leg="a", room="r"))
    await record(worker, path=str(tmp_path / "r.wav"))
    growing, _ = soundfile.read(tmp_path / "r.wav", dtype="int16")
    assert level(growing[len(growing) // 2 :: 2], ANNA) == pytest.approx(SPOKEN, abs=2)
    worker.kill()
    await worker.exited()
    left, rate = soundfile.read(tmp_path / "r.wav", dtype="int16")
    assert len(left) >= len(growing) > 0.3 * rate
    assert level(left[len(left) // 2 :: 2], ANNA) == pytest.approx(SPOKEN, abs=2)


async def test_what_cannot_be_recorded_is_refused(worker: MediaWorker, call: Call, tmp_path: Path) -> None:
    await call("a")
    worker.do(StartRecording(recording="1", room="r", path=str(tmp_path / "r.wav")))
    assert (await worker.told(Refused)).subject == "1"
    worker.do(Join(leg="a", room="r"))
    worker.do(StartRecording(recording="2", room="r", path=str(tmp_path / "absent" / "r.wav")))
    done = await worker.told(RecordingDone, recording="2")
    assert (done.path, done.size, done.sha256) == ("", 0, "")
    assert "No such file" in done.failed
    worker.do(StartRecording(recording="3", room="r", path=str(tmp_path / "r.wav"), channels=33))
    assert (await worker.told(Refused)).subject == "3"


async def test_a_full_disk_ends_the_recording_and_not_the_call(
    worker: MediaWorker, call: Call, tmp_path: Path
) -> None:
    anna = await call("a", ANNA)
    worker.do(Join(leg="a", room="r"))
    # /dev/full cannot be recorded to (it is no regular file), so the file is made to meet a limit instead.
    limit = 100_000
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    worker.do(StartRecording(recording="rec", room="r", path=str(tmp_path / "r.wav"), channels=8))
    done = await worker.told(RecordingDone)
    assert "write" in done.failed
    assert done.size <= limit
    await anna.listen(10)
