"""The verbs of the media plane over real child processes of ours."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway import media_plane
from gateway.clock import SystemClock
from gateway.config import MediaSettings
from gateway.errors import Unavailable
from gateway.ids import Ids
from gateway.media_plane import CannotSpeak, MediaPlane
from gateway.supervisor import Child
from gateway.workers import crew, placement, post
from gateway.workers.crew import Crew
from gateway.workers.process import WorkerProcess
from media.control import (
    Command,
    ListenForSpeech,
    OpenWebsocket,
    Play,
    PlayDone,
    RecordingDone,
    SendDtmf,
    SetAudio,
    StartRecording,
    StopPlay,
)
from tests.support.fake_child import PORT, quality_of
from tests.support.waiting import until

pytestmark = pytest.mark.contract

PROGRAM = ["tests.support.fake_child", "well"]


class Heard:
    """What nobody waited for."""

    def __init__(self) -> None:
        self.digits: list[tuple[str, str]] = []
        self.voices: list[tuple[str, bool, int]] = []
        self.recordings: list[RecordingDone] = []
        self.losses = 0

    def digit(self, leg_id: str, digit: str, duration_ms: int) -> None:
        self.digits.append((leg_id, digit))

    def speaking(self, leg_id: str, *, speaks: bool, level_dbov: int) -> None:
        self.voices.append((leg_id, speaks, level_dbov))

    def websocket_closed(self, leg_id: str, code: int, reason: str) -> None:
        raise AssertionError("no websocket closes here")

    def recording_done(self, notice: RecordingDone) -> None:
        self.recordings.append(notice)

    def media_lost(self, names: frozenset[str]) -> None:
        self.losses += 1


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def media(heard: Heard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[MediaPlane]:
    class FakeChild(Child):
        """The process that the plane wants, played by ours."""

        def __init__(self, name: str, _arguments: list[str], *rest: object) -> None:
            super().__init__(name, PROGRAM, *rest)  # type: ignore[arg-type]

    class FakeWorker(WorkerProcess):
        """A worker, too."""

        def __init__(self, _arguments: list[str], *rest: object) -> None:
            super().__init__(PROGRAM, *rest[:3])  # type: ignore[arg-type]

    monkeypatch.setattr(media_plane, "Child", FakeChild)
    monkeypatch.setattr(crew, "WorkerProcess", FakeWorker)
    plane = MediaPlane(MediaSettings(workers=1), tmp_path, SystemClock(), Ids())
    plane.listener = heard
    try:
        await plane.start()
        yield plane
    finally:
        await plane.close()


def kill(child: Child | Crew) -> None:
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)


def websocket(leg: str) -> OpenWebsocket:
    return OpenWebsocket(
        leg=leg, uri="ws://bot.example/", address="192.0.2.1", port=80, rate=16000, first_message="{}"
    )


async def test_verbs_complete(media: MediaPlane) -> None:
    assert await media.open_rtp("a") == PORT
    assert await media.open_websocket(websocket("b")) is None
    assert await media.play(Play(play="p", path="/a.wav", leg="a")) == PlayDone(play="p", outcome="played")
    assert (await media.speak("hello", "en-US", 0)).path == "/speech/hello.wav"
    assert await media.close_leg("a") == quality_of("a")


async def test_verbs_at_once_get_their_own_outcomes(media: MediaPlane) -> None:
    legs = [f"leg-{number}" for number in range(50)]
    counted = await asyncio.gather(*map(media.close_leg, legs))
    assert counted == [quality_of(leg) for leg in legs]


async def test_what_hears_is_there_only_once_it_is_needed(media: MediaPlane) -> None:
    assert await media.open_rtp("a") == PORT
    assert media.hearing.pid is None
    media.listen(ListenForSpeech(listening="l", path="/a.wav"), lambda _: None)
    await until(lambda: media.hearing.pid is not None, "the hearing process")


async def test_what_hears_can_be_had_ready(media: MediaPlane) -> None:
    media.will_listen()
    await until(lambda: media.hearing.pid is not None, "the hearing process")


async def test_a_refusal_fails_its_verb(media: MediaPlane) -> None:
    with pytest.raises(Unavailable, match="not today"):
        await media.open_rtp("refuse")
    assert await media.close_leg("unknown") is None
    done = await media.play(Play(play="refuse", path="/a.wav", leg="a"))
    assert done == PlayDone(play="refuse", outcome="failed", reason="no such file")
    failed = await media.open_websocket(websocket("refuse"))
    assert failed is not None
    assert failed.status == 404
    with pytest.raises(CannotSpeak, match="no voice"):
        await media.speak("refuse", "xx-XX", 0)


async def test_a_refusal_concerns_its_own_command(media: MediaPlane) -> None:
    closing = asyncio.create_task(media.close_leg("unknown"))
    opening = asyncio.create_task(media.open_rtp("unknown"))
    assert await closing is None
    assert await opening == PORT


async def test_a_worker_that_says_nothing_is_given_up(
    media: MediaPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_plane, "ANSWER_DEADLINE_S", 0.05)
    with pytest.raises(Unavailable, match="does not answer"):
        await media.open_rtp("silent")


async def test_what_a_dead_worker_was_asked_is_asked_of_the_next(media: MediaPlane, heard: Heard) -> None:
    assert await media.open_rtp("a") == PORT
    playing = asyncio.create_task(media.play(Play(play="hang", path="/a.wav", leg="a")))
    await until(lambda: media.workers.spare_pid, "the spare")
    spare = media.workers.spare_pid
    kill(media.workers)
    await until(lambda: media.workers.pid == spare, "the spare takes over")
    media.send(StopPlay(play="hang"))
    assert await playing == PlayDone(play="hang", outcome="stopped")
    assert await media.close_leg("a") == quality_of("a")
    assert heard.losses == 0


async def test_what_is_asked_while_there_is_no_worker_is_asked_of_the_next(media: MediaPlane) -> None:
    await until(lambda: media.workers.spare_pid, "the spare")
    assert media.workers.spare_pid is not None
    os.kill(media.workers.spare_pid, signal.SIGKILL)
    await until(lambda: media.workers.spare_pid is None, "the death of the spare")
    kill(media.workers)
    await until(lambda: media.workers.pid is None, "the death of the worker")
    with pytest.raises(Unavailable, match="gone"):
        media.send(SendDtmf(leg="a", digits="1"))
    assert await media.open_rtp("a") == PORT


async def test_a_worker_that_dies_of_its_memory_loses_its_legs_once(media: MediaPlane, heard: Heard) -> None:
    opening = asyncio.create_task(media.open_rtp("die"))
    with pytest.raises(Unavailable, match="died"):
        await opening
    assert heard.losses == 1
    assert await media.open_rtp("a") == PORT


async def test_no_legs_are_opened_while_workers_die_too_often(
    media: MediaPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await media.open_rtp("a") == PORT
    monkeypatch.setattr(post, "DEGRADED", 0)
    first = media.workers.pid
    kill(media.workers)
    await until(lambda: media.workers.pid not in (None, first), "the next worker")
    with pytest.raises(Unavailable, match="too often"):
        await media.open_rtp("b")
    assert await media.close_leg("a") == quality_of("a"), "what there is goes on"


async def test_no_legs_are_opened_while_ticks_leave_no_headroom(
    media: MediaPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await media.open_rtp("a") == PORT
    holder = media.workers.posts[0].holder
    await until(lambda: holder is not None and holder.last_pong, "how busy it is")
    media.admit()
    monkeypatch.setattr(placement, "FULL", -0.1)
    with pytest.raises(Unavailable, match="busy"):
        media.admit()
    with pytest.raises(Unavailable, match="busy"):
        await media.open_rtp("b")
    assert await media.close_leg("a") == quality_of("a"), "what there is goes on"


async def test_the_death_of_the_speech_process_fails_what_waits(media: MediaPlane, heard: Heard) -> None:
    speaking = asyncio.create_task(media.speak("hang", "en-US", 0))
    await asyncio.sleep(0)
    kill(media.speech)
    with pytest.raises(Unavailable, match="speech process died"):
        await speaking
    assert heard.losses == 0, "nobody's audio went with the speech process"


async def test_a_cancelled_play_is_stopped(media: MediaPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Command] = []
    monkeypatch.setattr(media.workers, "send", sent.append)
    playing = asyncio.create_task(media.play(Play(play="hang", path="/a.wav", leg="a")))
    await asyncio.sleep(0)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert [type(command).__name__ for command in sent] == ["Play", "StopPlay"]


async def test_the_listener_hears_the_rest(media: MediaPlane, heard: Heard) -> None:
    media.send(SendDtmf(leg="a", digits="4#"))
    media.send(SetAudio(leg="a", muted=False, earmuffed=False, voice_level=45))
    media.record(StartRecording(recording="r", room="CON-1", path="/r.wav"))
    await until(lambda: heard.recordings)
    assert heard.digits == [("a", "4"), ("a", "#")]
    assert heard.voices == [("a", True, -45)]
    assert heard.recordings[0].recording == "r"


async def test_a_refused_recording_is_over(media: MediaPlane, heard: Heard) -> None:
    media.record(StartRecording(recording="refuse", room="CON-1", path="/r.wav"))
    await until(lambda: heard.recordings)
    (notice,) = heard.recordings
    assert (notice.recording, notice.path, notice.failed) == ("refuse", "", "there is no such room")
