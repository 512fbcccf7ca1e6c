"""The loop over all files, with a voice detector that is told what to hear; time is an argument."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from media.control import (
    BeepHeard,
    ListenForMachine,
    ListenForSpeech,
    ListeningFailed,
    MachineHeard,
    Notice,
    SpeechBegan,
    SpeechHeard,
    StopListening,
)
from media.files.wav import WavWriter
from media.hearing.detector import CHUNK, RATE, Beep, Sound, Verdict
from media.hearing.ears import MAX_LISTENINGS, Ears
from media.hearing.follow import STALL_S
from media.hearing.recognisers.choice import Answer
from media.hearing.recognisers.recogniser import Understood
from media.hearing.utterance import Draft, Question

pytestmark = pytest.mark.unit


class LevelVad:
    """A chunk whose first sample is not zero is a voice."""

    def __init__(self) -> None:
        self.known: set[str] = set()

    def hear(self, chunks: Mapping[str, NDArray[np.int16]]) -> dict[str, float]:
        self.known |= set(chunks)
        return {line: float(chunk[0] != 0) for line, chunk in chunks.items()}

    def forget(self, line: str) -> None:
        self.known.discard(line)


class FakeDetector:
    """A machine after a second, its beep after two."""

    def __init__(self, beep_timeout_s: float | None) -> None:
        self.verdict = "machine"

    def feed(self, sound: Sound) -> list[Verdict | Beep]:
        assert len(sound.samples) == CHUNK
        assert len(sound.tones) == 2
        at_s = sound.at_s
        if at_s == pytest.approx(1.024):
            return [Verdict("machine", 0.9, at_s)]
        return [Beep(heard=True, at_s=at_s)] if at_s == pytest.approx(2.048) else []


class Room:
    """Ears, the files that they follow, and what they tell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[Notice] = []
        self.questions: list[Question] = []
        self.vad = LevelVad()
        self.ears = Ears(self.vad, self.told.append, self._ask, self._refusal, FakeDetector)

    def file(self, name: str, *levels_and_seconds: tuple[int, float]) -> str:
        path = self.folder / name
        writer = WavWriter(path, 1, RATE)
        for level, seconds in levels_and_seconds:
            writer.append(np.full((round(seconds * RATE), 1), level, np.int16))
        writer.close()
        return str(path)

    def listen(self, until: float = 0.0) -> None:
        """As often as a file of some seconds needs."""
        for _ in range(12):
            self.ears.listen(until)

    def answer(self, text: str) -> None:
        question = self.questions[-1]
        answer = Answer(Understood(text, 1.0), "fake")
        self.ears.take(Draft(question.listening, question.until_s, answer), 0.0)

    def _ask(self, question: Question, _answer: Callable[[Draft], None]) -> None:
        self.questions.append(question)

    @staticmethod
    def _refusal(language: str) -> str:
        return "" if language == "en-US" else "not that"


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_everybody_is_heard(room: Room) -> None:
    for name in ("one", "two"):
        path = room.file(name, (0, 0.5), (9, 1.0), (0, 3.0))
        room.ears.take(ListenForSpeech(listening=name, path=path), 0.0)
    room.listen()
    assert {notice.listening for notice in room.told if isinstance(notice, SpeechBegan)} == {"one", "two"}
    assert [question.listening for question in room.questions] == ["one", "two"]
    room.answer("second")
    heard = room.told[-1]
    assert isinstance(heard, SpeechHeard)
    assert (heard.listening, heard.results[0].text) == ("two", "second")
    assert room.vad.known == {"one"}


def test_a_machine_is_told_until_its_beep(room: Room) -> None:
    path = room.file("leg", (9, 5.0))
    room.ears.take(ListenForMachine(listening="A", path=path, beep_timeout_s=45.0), 0.0)
    room.ears.take(ListenForMachine(listening="B", path=path), 0.0)
    room.listen()
    of_a = [notice for notice in room.told if getattr(notice, "listening", "") == "A"]
    of_b = [notice for notice in room.told if getattr(notice, "listening", "") == "B"]
    assert [type(notice) for notice in of_a] == [MachineHeard, BeepHeard]
    assert [type(notice) for notice in of_b] == [MachineHeard]
    assert room.vad.known == set()


def test_a_language_that_is_refused_is_not_listened_to(room: Room) -> None:
    room.ears.take(ListenForSpeech(listening="L", path="none", language="xx"), 0.0)
    assert room.told == [SpeechHeard(listening="L", failed="not that")]
    room.ears.take(ListenForSpeech(listening="L", path="none"), 0.0)
    assert len(room.told) == 1


def test_a_name_is_listened_to_once(room: Room) -> None:
    for _ in range(2):
        room.ears.take(ListenForSpeech(listening="L", path="none"), 0.0)
    assert room.told == [ListeningFailed(listening="L", reason="it is listened to already")]


def test_listenings_are_bounded(room: Room) -> None:
    for number in range(MAX_LISTENINGS + 1):
        room.ears.take(ListenForSpeech(listening=str(number), path="none"), 0.0)
    assert room.told == [ListeningFailed(listening=str(MAX_LISTENINGS), reason="too many are listened to")]
    room.ears.take(StopListening(listening="0"), 0.0)
    room.ears.take(ListenForSpeech(listening="again", path="none"), 0.0)
    assert len(room.told) == 1


def test_nothing_is_told_after_it_was_stopped(room: Room) -> None:
    path = room.file("leg", (9, 1.0), (0, 3.0))
    room.ears.take(ListenForSpeech(listening="L", path=path), 0.0)
    room.listen()
    room.ears.take(StopListening(listening="L"), 0.0)
    before = list(room.told)
    room.answer("late")
    room.ears.take(StopListening(listening="L"), 0.0)
    room.listen()
    assert room.told == before


def test_a_file_that_stops_ends_the_speech_or_fails(room: Room) -> None:
    for name, level in (("spoken", 9), ("silent", 0)):
        path = room.file(name, (0, 0.5), (level, 1.0))
        room.ears.take(ListenForSpeech(listening=name, path=path), 0.0)
    room.listen()
    room.listen(STALL_S + 1)
    assert isinstance(room.told[-1], ListeningFailed)
    assert room.told[-1].listening == "silent"
    room.answer("cut short")
    heard = room.told[-1]
    assert isinstance(heard, SpeechHeard)
    assert heard.results[0].text == "cut short"
    room.listen(STALL_S * 3)
    assert room.told[-1] is heard


def test_run_ends_when_it_is_told_to(room: Room) -> None:
    path = room.file("leg", (0, 0.5))
    room.ears.put(ListenForSpeech(listening="L", path=path))
    room.ears.put(None)
    room.ears.run()
    assert room.vad.known == set()
