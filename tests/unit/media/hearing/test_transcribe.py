"""The form of a transcript, with a recogniser that says how much it was given."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from media.control import Transcribe
from media.errors import Unreadable, Unrecognisable, Unwritable
from media.hearing.recognisers.choice import Recognisers
from media.hearing.recognisers.recogniser import RATE, Sound, Understood, Word
from media.hearing.transcribe import MAX_CHANNELS, SENTENCE, Transcriber

pytestmark = pytest.mark.unit


class LevelVad:
    """What is loud is a voice."""

    def hear(self, chunks: Mapping[str, NDArray[np.int16]]) -> dict[str, float]:
        return {line: float(np.abs(chunk).max() > 1000) for line, chunk in chunks.items()}

    def forget(self, line: str) -> None:
        return


class Counting:
    """Understands "Heard N." where N is how many times it was asked."""

    name = "counting"

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def wants(self, context: tuple[str, ...]) -> bool:
        return True

    def recognise(
        self, sound: Sound, context: tuple[str, ...] = (), *, timed: bool = False
    ) -> Understood | None:
        assert timed
        self.seconds.append(len(sound) / RATE)
        words = (Word("Heard", 0.3, 0.5, 0.91234), Word(f"{len(self.seconds)}.", 0.5, 1.0, 0.5))
        return Understood(f"Heard {len(self.seconds)}.", 0.9, words)


@pytest.fixture
def counting() -> Counting:
    return Counting()


def transcriber(counting: Counting, *, is_wanted: bool = True) -> Transcriber:
    return Transcriber(Recognisers([counting]), LevelVad, lambda: is_wanted)


def audio(path: Path, *parts: tuple[int, float], rate: int = 8000, channels: int = 1) -> Transcribe:
    """Levels and seconds, the same in each channel; of several, the last is silent."""
    one = np.concatenate([np.full(round(seconds * rate), level, np.int16) for level, seconds in parts])
    samples = np.stack([one] * channels, axis=1)
    if channels > 1:
        samples[:, -1] = 0
    soundfile.write(path / "audio.wav", samples, rate)
    return Transcribe(transcription="T-1", path=str(path / "audio.wav"), target=str(path / "t.json"))


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_the_published_form(counting: Counting, tmp_path: Path, rate: int) -> None:
    command = audio(tmp_path, (0, 1.0), (9000, 1.0), (0, 1.5), (9000, 0.5), (0, 0.2), rate=rate, channels=2)
    transcribed = transcriber(counting).transcribe(command)
    data = Path(command.target).read_bytes()
    assert (transcribed.transcription, transcribed.size) == ("T-1", len(data))
    document = json.loads(data)
    assert (document["ver"], document["request_id"]) == ("1.0.0", "T-1")
    spoken, silent = document["channels"]
    assert silent == {"transcript": [], "duration": pytest.approx(4.2, abs=0.05)}
    first, second = spoken["transcript"]
    assert first["timestamp"] == pytest.approx(1000, abs=100)
    assert first == {
        "sentence": "Heard 1.",
        "raw_sentence": "heard one",
        "timestamp": first["timestamp"],
        "duration": 700,
        "words": [
            {
                "word": "Heard",
                "start_time": first["timestamp"],
                "end_time": first["timestamp"] + 200,
                "confidence": 0.912,
            },
            {
                "word": "1.",
                "start_time": first["timestamp"] + 200,
                "end_time": first["timestamp"] + 700,
                "confidence": 0.5,
            },
        ],
    }
    assert second["timestamp"] == pytest.approx(3500, abs=100)


def test_speech_without_pauses_is_cut(counting: Counting, tmp_path: Path) -> None:
    transcriber(counting).transcribe(audio(tmp_path, (9000, 50.0)))
    assert len(counting.seconds) == 3
    assert max(counting.seconds) <= SENTENCE.max_duration_s + 0.5
    assert sum(counting.seconds) == pytest.approx(50.0, abs=0.1)


def test_what_is_not_wanted_any_more_is_not_written(counting: Counting, tmp_path: Path) -> None:
    with pytest.raises(Unrecognisable, match="not wanted"):
        transcriber(counting, is_wanted=False).transcribe(audio(tmp_path, (9000, 1.0)))
    assert [file.name for file in tmp_path.iterdir()] == ["audio.wav"]


def test_channels_are_bounded(counting: Counting, tmp_path: Path) -> None:
    command = audio(tmp_path, (0, 0.1), channels=MAX_CHANNELS + 1)
    with pytest.raises(Unreadable, match=re.escape(f"at most {MAX_CHANNELS}")):
        transcriber(counting).transcribe(command)


@pytest.mark.parametrize("content", [None, b"", b"RIFF and nothing more"])
def test_what_is_not_audio_is_refused(counting: Counting, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "audio.wav"
    if content is not None:
        path.write_bytes(content)
    command = Transcribe(transcription="T", path=str(path), target=str(tmp_path / "t.json"))
    with pytest.raises(Unreadable, match="not audio"):
        transcriber(counting).transcribe(command)


def test_a_target_that_cannot_be_written_is_refused(counting: Counting, tmp_path: Path) -> None:
    (tmp_path / "t.json").mkdir()
    with pytest.raises(Unwritable, match="cannot write the transcript"):
        transcriber(counting).transcribe(audio(tmp_path, (0, 0.5)))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["audio.wav", "t.json"]
