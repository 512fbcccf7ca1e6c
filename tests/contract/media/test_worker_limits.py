"""What a worker refuses, and what makes it end."""

import asyncio
import struct
from pathlib import Path

import pytest

from media.control import (
    CloseLeg,
    Join,
    OpenRtp,
    Play,
    PlayDone,
    RecordingDone,
    Refused,
    SendDtmf,
    Speak,
    StartRecording,
    StartRtp,
)
from media.worker.channel import MAX_UNSENT
from tests.contract.media.conftest import Call
from tests.contract.media.test_worker import music
from tests.support.media_worker import MediaWorker

pytestmark = pytest.mark.contract


async def test_more_plays_than_rows_fail(worker: MediaWorker, call: Call, tmp_path: Path) -> None:
    await call("a")
    path = str(music(tmp_path / "m.wav", 0.5))
    for k in range(9):
        worker.do(Play(play=str(k), path=path, leg="a", loop=0))
    done = await worker.told(PlayDone)
    assert (done.play, done.outcome, "8 plays" in done.reason) == ("8", "failed", True)


async def test_more_recordings_than_rows_are_refused(worker: MediaWorker, call: Call, tmp_path: Path) -> None:
    await call("a")
    worker.do(Join(leg="a", room="r"))
    for k in range(13):
        worker.do(StartRecording(recording=str(k), room="r", path=str(tmp_path / f"{k}.wav")))
    refused = await worker.told(Refused)
    assert (refused.subject, "12 recordings" in refused.reason) == ("12", True)
    await asyncio.sleep(0.3)
    worker.hang_up()
    assert await worker.exited() == 0
    assert all((tmp_path / f"{k}.wav").stat().st_size > 44 for k in range(12))
    assert not any(isinstance(notice, RecordingDone) for notice in worker.notices)


async def test_commands_about_what_is_not_there_are_refused(worker: MediaWorker, call: Call) -> None:
    await call("a")
    for command in (
        OpenRtp(leg="a"),
        CloseLeg(leg="nobody"),
        Join(leg="nobody", room="r"),
        SendDtmf(leg="a", digits="1" * 65),
        SendDtmf(leg="a", digits="x"),
        Speak(speech="s", text="hello"),
        StartRtp(
            leg="a",
            remote_host="phone.example",
            remote_port=4000,
            codec="PCMU",
            payload_type=0,
            dtmf_payload_type=None,
        ),
    ):
        worker.do(command)
        assert (await worker.told(Refused)).command == type(command).__name__


@pytest.mark.parametrize("noise", [struct.pack("!I", 1 << 30), struct.pack("!I", 4) + b"\xc1abc"])
async def test_a_gateway_that_talks_nonsense_is_left(worker: MediaWorker, noise: bytes) -> None:
    worker.write(noise)
    assert await worker.exited() == 0


async def test_a_gateway_that_does_not_listen_is_left(worker: MediaWorker) -> None:
    worker.stop_listening()
    echoed = "x" * 100_000
    for _ in range(2 * MAX_UNSENT // len(echoed)):
        worker.do(CloseLeg(leg=echoed))
    assert await worker.exited() == 0
