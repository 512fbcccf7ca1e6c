"""What legs say, each alone, as it grows in a file that somebody follows."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from media.control import (
    CloseLeg,
    Conceal,
    Join,
    Play,
    RecordingDone,
    RecordLeg,
    Refused,
    SetAudio,
    StopRecording,
)
from tests.contract.media.conftest import Call
from tests.contract.media.test_worker import ANNA, BELA, MUSIC, SPOKEN, UNHEARD, music
from tests.contract.media.test_worker_websocket import BOT, Talker, bot
from tests.support.media_worker import MediaWorker, level_dbov
from tests.support.waiting import until

pytestmark = pytest.mark.contract

STRETCH = 4000
"""Half a second."""
HEADER = 44
TENTH = 2 * 800
"""Octets of a tenth of a second."""
HEARD, SILENCE = SPOKEN - 6, UNHEARD


async def said_next(path: Path) -> NDArray[np.int16]:
    """What is said into a growing file, after what is under way."""
    await until(lambda: path.exists() and path.stat().st_size >= HEADER, "the file")
    start = len(read(path)) + STRETCH
    await until(lambda: len(read(path)) >= start + STRETCH, "a stretch of the file", every_s=0.05)
    return read(path)[start : start + STRETCH]


def read(path: Path) -> NDArray[np.int16]:
    """All that is in the file."""
    samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
    assert (rate, samples.shape[1]) == (8000, 1)
    return np.asarray(samples[:, 0], np.int16)


async def test_a_leg_is_heard_alone_also_while_the_others_do_not_hear_it(
    worker: MediaWorker, call: Call, tmp_path: Path
) -> None:
    await call("a", ANNA)
    path = tmp_path / "a.wav"
    worker.do(RecordLeg(recording="alone", leg="a", path=str(path)))
    assert level_dbov(await said_next(path), ANNA) > HEARD, "outside rooms"
    await call("b", BELA)
    for leg in ("a", "b"):
        worker.do(Join(leg=leg, room="r"))
    worker.do(Play(play="p", path=str(music(tmp_path / "m.wav", 1.0)), leg="a", loop=0))
    worker.do(SetAudio(leg="a", muted=True, earmuffed=False))
    said = await said_next(path)
    assert level_dbov(said, ANNA) > HEARD
    assert max(level_dbov(said, BELA), level_dbov(said, MUSIC)) < SILENCE
    worker.do(Conceal(leg="a", concealed=True))
    assert level_dbov(await said_next(path), ANNA) < SILENCE
    worker.do(CloseLeg(leg="a"))
    done = await worker.told(RecordingDone, recording="alone")
    assert (done.path, done.failed) == (str(path), "")
    assert done.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert done.size == path.stat().st_size == HEADER + 2 * len(read(path))


async def test_the_file_grows_in_small_steps(worker: MediaWorker, call: Call, tmp_path: Path) -> None:
    await call("a", ANNA)
    path = tmp_path / "a.wav"
    worker.do(RecordLeg(recording="alone", leg="a", path=str(path)))
    sizes: list[int] = []

    def small_steps() -> int:
        if path.exists() and [path.stat().st_size] != sizes[-1:]:
            sizes.append(path.stat().st_size)
        return int(np.count_nonzero(np.diff(sizes) <= TENTH))

    await until(lambda: small_steps() >= 20, "steps of a tenth of a second at most", every_s=0.01)
    worker.do(StopRecording(recording="alone"))
    assert (await worker.told(RecordingDone)).failed == ""


async def test_a_websocket_leg_is_recorded_alone(worker: MediaWorker, call: Call, tmp_path: Path) -> None:
    await call("a", ANNA)
    worker.do(Join(leg="a", room="r"))
    path = tmp_path / "bot.wav"
    async with bot(worker, Talker(16000).talk, 16000):
        worker.do(RecordLeg(recording="bot", leg="bot", path=str(path)))
        said = await said_next(path)
        assert level_dbov(said, ANNA) < SILENCE < HEARD < level_dbov(said, BOT)


async def test_who_is_not_there_cannot_be_recorded(worker: MediaWorker, call: Call, tmp_path: Path) -> None:
    worker.do(RecordLeg(recording="1", leg="nobody", path=str(tmp_path / "1.wav")))
    assert (await worker.told(Refused)).subject == "1"
    await call("a")
    worker.do(RecordLeg(recording="2", leg="a", path=str(tmp_path / "absent" / "2.wav")))
    assert "No such file" in (await worker.told(RecordingDone, recording="2")).failed
    worker.do(RecordLeg(recording="3", leg="a", path=str(tmp_path / "3.wav")))
    worker.do(RecordLeg(recording="3", leg="a", path=str(tmp_path / "4.wav")))
    assert "already" in (await worker.told(Refused)).reason
