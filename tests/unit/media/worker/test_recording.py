"""What ends a recording, and what is told of it."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from media.engine.recorder import Recorder, Step
from media.engine.state import FRAME
from media.worker.recording import Recording
from media.worker.tap import Tap
from media.worker.tape import Tape

pytestmark = pytest.mark.unit


class Made:
    """A recording of a leg, in whose file there is half a second."""

    def __init__(self, path: Path) -> None:
        self.stops = 0
        self.tape = Tape(path)
        self.tape.open()
        assert self.tape._writer is not None
        self.tape._writer.append(np.ones((25 * FRAME, 1), np.int16))
        tap = SimpleNamespace(row=0, stop=self._stop)
        self.recording = Recording("tape", self.tape, cast("Tap", tap), "leg")

    def _stop(self) -> None:
        self.stops += 1


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path / "r.wav")


def test_the_engine_is_stopped_once_whatever_ends_it(made: Made) -> None:
    for step in (Step.STOPPED, Step.MOVED, Step.FAILED, Step.STOPPED):
        made.recording.end(step)
    assert made.stops == 1
    assert made.recording.state is Recorder.FINALISING
    made.tape.let_go()


def test_one_that_is_stopped_is_told_of(made: Made) -> None:
    made.recording.end(Step.STOPPED)
    done = made.recording.close()
    assert done is not None
    assert (done.recording, done.duration_s, done.failed) == ("tape", 0.5, "")
    made.recording.closed()
    assert made.recording.state is Recorder.DONE


def test_one_that_moves_is_left_as_it_is_and_nothing_is_told(made: Made) -> None:
    made.recording.end(Step.MOVED)
    made.recording.end(Step.STOPPED)
    assert made.recording.close() is None
    made.recording.closed()
    assert made.recording.state is Recorder.PACKED
    again = Tape(made.tape.path, was_left=True)
    again.open()
    assert again.frames == 25
    again.let_go()


def test_the_first_reason_is_the_one_that_is_told(made: Made) -> None:
    made.recording._over("the disk is full")
    made.recording._over("the file has gone")
    done = made.recording.close()
    assert done is not None
    assert done.failed == "the disk is full"


def test_a_word_that_comes_after_the_end_changes_nothing(made: Made) -> None:
    made.recording.end(Step.STOPPED)
    made.recording.close()
    made.recording.closed()
    made.recording._over("")
    assert made.recording.state is Recorder.DONE
