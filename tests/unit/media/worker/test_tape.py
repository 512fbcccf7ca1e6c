"""From the ring to the file: what a slow disk, a full one and a killed worker leave of a recording."""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from media.engine.memory import make_state
from media.engine.state import FRAME, TAP_FRAMES, State
from media.errors import MediaError, Unwritable
from media.files import finishing, wav
from media.worker.tape import Tape

pytestmark = pytest.mark.unit

ROW = 0


class Recorder:
    """An engine that says a number in each frame, in both channels, and a tape that takes it down."""

    def __init__(self, path: Path, state: State | None = None, **fields: object) -> None:
        self.state = state or make_state(1, 1, 1)
        self.tape = Tape(path, channels=2, **fields)  # type: ignore[arg-type]
        self.tape.ring = np.zeros(self.tape.shape, np.int16)

    def say(self, frames: int) -> None:
        taps = self.state.taps
        for _ in range(frames):
            self.tape.ring[taps.written[ROW] % TAP_FRAMES] = taps.written[ROW] + 1
            taps.written[ROW] += 1

    def drain(self) -> None:
        self.tape.drain(self.state, ROW)


def numbers(path: Path) -> list[int]:
    """What was said in each frame of a file, silence as 0, after a look at the alignment of its channels."""
    samples: NDArray[np.int16] = soundfile.read(path, dtype="int16", always_2d=True)[0]
    frames = samples.reshape(-1, FRAME, 2)
    assert (frames == frames[:, :1, :1]).all(), "each number is a whole frame, in both channels alike"
    return [int(number) for number in frames[:, 0, 0]]


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    recorder = Recorder(tmp_path / "r.wav")
    recorder.tape.open()
    return recorder


def test_a_disk_that_comes_back_in_time_loses_nothing(recorder: Recorder) -> None:
    recorder.say(10)
    recorder.drain()
    recorder.say(TAP_FRAMES - 1)
    recorder.drain()
    whole = recorder.tape.complete()
    assert numbers(whole.path) == list(range(1, 10 + TAP_FRAMES))
    assert recorder.tape.failed == ""
    assert whole.sha256 == hashlib.sha256(whole.path.read_bytes()).hexdigest()
    assert (whole.size, whole.channels) == (whole.path.stat().st_size, 2)
    assert whole.duration_s == (9 + TAP_FRAMES) / 50


def test_what_a_slow_disk_misses_is_silence_of_the_same_length(recorder: Recorder) -> None:
    recorder.say(10)
    recorder.drain()
    recorder.say(3 * TAP_FRAMES)
    recorder.drain()
    recorder.say(5)
    recorder.drain()
    said = numbers(recorder.tape.complete().path)
    lost = 2 * TAP_FRAMES + 1
    assert said[:10] == list(range(1, 11))
    assert said[10 : 10 + lost] == [0] * lost
    assert said[10 + lost :] == list(range(11 + lost, 3 * TAP_FRAMES + 16))
    assert recorder.tape.failed == f"the disk was too slow: {lost / 50:.2f} s of it are silence"


def test_what_is_written_over_while_it_is_copied_is_not_believed(recorder: Recorder) -> None:
    """The engine ticks on while a thread reads."""
    recorder.say(TAP_FRAMES - 1)
    ring, written = recorder.tape.ring, recorder.state.taps.written

    class Lapped:
        def __getitem__(self, places: NDArray[np.int64]) -> NDArray[np.int16]:
            written[ROW] += 20
            return ring[places]

    recorder.tape.ring = cast("NDArray[np.int16]", Lapped())
    recorder.drain()
    said = numbers(recorder.tape.complete().path)
    assert said == [0] * 20 + list(range(21, TAP_FRAMES))


def test_silence_that_nobody_heard_ends_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r.wav", end_on_silence_s=2.0)
    recorder.tape.open()
    recorder.state.taps.written[ROW] = 1000
    recorder.tape.ring[:] = 1000
    recorder.say(2 * TAP_FRAMES)
    recorder.drain()
    assert not recorder.tape.is_over
    recorder.tape.ring[:] = 0
    recorder.state.taps.written[ROW] += 101
    recorder.drain()
    assert recorder.tape.is_over


def stall(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let the disk keep nothing until the event is set."""
    awake = threading.Event()
    sync = os.fsync

    def fsync(fd: int) -> None:
        assert awake.wait(30)
        sync(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    return awake


def test_a_disk_that_keeps_nothing_holds_up_who_waits_for_that_alone(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    awake = stall(monkeypatch)
    recorder.say(60)
    recorder.drain()
    keeper = threading.Thread(target=recorder.tape.keep)
    keeper.start()
    for _ in range(TAP_FRAMES // 50):
        recorder.say(100)
        recorder.drain()
    assert keeper.is_alive()
    awake.set()
    keeper.join(30)
    assert numbers(recorder.tape.complete().path) == list(range(1, 61 + 2 * TAP_FRAMES))
    assert recorder.tape.failed == ""


def test_a_disk_begins_before_it_is_waited_for(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    monkeypatch.setattr(wav, "begin_writing", begun.append)
    recorder.say(5)
    recorder.drain()
    assert begun == []
    recorder.tape.hasten()
    assert len(begun) == 1
    recorder.tape.complete()


def test_a_full_disk_leaves_what_there_is(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder.say(50)
    recorder.drain()

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    recorder.say(5)
    with pytest.raises(Unwritable, match="No space left"):
        recorder.drain()
    monkeypatch.undo()
    whole = recorder.tape.complete()
    assert numbers(whole.path) == list(range(1, 51))
    assert whole.sha256


def test_a_format_that_finds_no_room_leaves_the_wav_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path / "r.wav", format="ogg")
    recorder.tape.open()
    recorder.say(50)
    recorder.drain()

    def full(*_: object) -> Path:
        raise Unwritable("cannot write the ogg file: No space left on device")

    monkeypatch.setattr(finishing, "transcode", full)
    whole = recorder.tape.complete()
    assert (whole.path.name, whole.duration_s) == ("r.wav", 1.0)
    assert whole.sha256 == hashlib.sha256(whole.path.read_bytes()).hexdigest()
    assert "No space left" in recorder.tape.failed


class Killed(BaseException):
    """As if the process had ended here."""


def kill_at_transcode(monkeypatch: pytest.MonkeyPatch) -> None:
    def transcode(wav: Path, fmt: str) -> Path:
        (wav.parent / f".{wav.stem}.{fmt}.part").write_bytes(b"half of it")
        raise Killed

    monkeypatch.setattr(finishing, "transcode", transcode)


def kill_at_unlink(monkeypatch: pytest.MonkeyPatch) -> None:
    def unlink(_: Path, *, missing_ok: bool = False) -> None:
        if not missing_ok:
            raise Killed

    monkeypatch.setattr(Path, "unlink", unlink)


def kill_after_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def describe(_: Path) -> finishing.Whole:
        raise Killed

    monkeypatch.setattr("media.worker.tape.describe", describe)


@pytest.mark.parametrize("kill", [kill_at_transcode, kill_at_unlink, kill_after_all])
@pytest.mark.parametrize("fmt", ["mp3", "ogg"])
def test_who_is_killed_while_completing_is_followed_by_somebody_who_does(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fmt: str,
    kill: Callable[[pytest.MonkeyPatch], None],
) -> None:
    recorder = Recorder(tmp_path / "r.wav", format=fmt)
    recorder.tape.open()
    recorder.say(100)
    recorder.drain()
    with monkeypatch.context() as killing:
        kill(killing)
        with pytest.raises(Killed):
            recorder.tape.complete()
    left = Tape(tmp_path / "r.wav", 0, format=fmt, was_left=True)  # type: ignore[arg-type]
    left.open()
    whole = left.complete()
    assert [path.name for path in tmp_path.iterdir()] == [f"r.{fmt}"]
    assert whole.sha256 == hashlib.sha256(whole.path.read_bytes()).hexdigest()
    with av.open(str(whole.path)) as file:
        samples = sum(frame.samples for frame in file.decode(audio=0))
        rate = file.streams.audio[0].rate
    # An MP3 has frames of 72 ms here, and some of its own before and behind.
    assert samples / rate == pytest.approx(2.0, abs=0.25)
    assert whole.duration_s == pytest.approx(2.0, abs=0.25)


def test_who_goes_on_begins_no_empty_file_where_all_was_done(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r.wav", format="ogg")
    recorder.tape.open()
    recorder.say(50)
    recorder.drain()
    whole = recorder.tape.complete()
    again = Recorder(tmp_path / "r.wav", recorder.state, format="ogg", was_left=True)
    again.tape.open()
    assert not again.tape.grows
    again.say(5)
    again.drain()
    assert again.tape.complete() == whole
    assert not (tmp_path / "r.wav").exists()


def test_who_waited_for_another_to_let_go_finds_what_that_has_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes complete one recording: a gateway that was given up still runs beside the next."""
    recorder = Recorder(tmp_path / "r.wav", format="mp3")
    recorder.tape.open()
    recorder.say(50)
    recorder.drain()
    waits = threading.Event()
    sleep = "media.files.wav.time.sleep"
    monkeypatch.setattr(sleep, lambda _: waits.set())
    wholes = []

    def complete_too() -> None:
        left = Tape(tmp_path / "r.wav", 0, format="mp3", was_left=True)
        left.open()
        wholes.append(left.complete())

    other = threading.Thread(target=complete_too)
    other.start()
    assert waits.wait(30)
    whole = recorder.tape.complete()
    other.join(30)
    assert wholes == [whole]


def test_nothing_at_all_is_said_so(tmp_path: Path) -> None:
    left = Tape(tmp_path / "r.wav", 0, was_left=True)
    with pytest.raises(MediaError, match="No such file"):
        left.open()
    with pytest.raises(MediaError):
        left.complete()


def test_a_recording_that_goes_on_keeps_its_time(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r.wav")
    recorder.tape.open()
    recorder.say(30)
    recorder.drain()
    recorder.say(4)
    recorder.tape.let_go()  # as the end of its process does
    again = Recorder(tmp_path / "r.wav", recorder.state, was_left=True)
    again.tape.ring = recorder.tape.ring
    again.tape.open()
    assert again.tape.frames == 30
    again.say(2)
    again.drain()
    assert numbers(again.tape.complete().path) == list(range(1, 37))
