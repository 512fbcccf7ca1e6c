"""What is told of one listening, and when the recognisers are asked; time is counted in chunks."""

import numpy as np
import pytest

from media.control import Hypothesis, ListenForSpeech, Notice, SpeechBegan, SpeechHeard, SpeechPartial
from media.hearing.detector import CHUNK, RATE, Sound
from media.hearing.recognisers.choice import Answer
from media.hearing.recognisers.recogniser import Understood
from media.hearing.speech import PAUSE_S
from media.hearing.utterance import LEAD_S, PARTIAL_EVERY_S, Draft, Question, Utterance
from media.hearing.vad import CHUNK_S

pytestmark = pytest.mark.unit

SOFT_BEGINNING_S = 0.25
"""So long can a word sound before it is noticed as speech: an f or s, or a vowel that swells."""


class Scene:
    """An utterance, its questions, and the chunks' clock. Each chunk's samples are its number."""

    def __init__(self, **wanted: object) -> None:
        self.questions: list[Question] = []
        command = ListenForSpeech(listening="L", path="leg.wav", **wanted)  # type: ignore[arg-type]
        self.utterance = Utterance(command, self.questions.append)
        self.count = 0

    def hear(self, voice: float, seconds: float) -> list[Notice]:
        told: list[Notice] = []
        for _ in range(round(seconds / CHUNK_S)):
            chunk = np.full(CHUNK, self.count, np.int16)
            self.count += 1
            told += self.utterance.hear(Sound(chunk, voice, (), self.count * CHUNK_S))
        return told

    def answer(self, text: str | None) -> list[Notice]:
        """Answer the newest question."""
        understood = Understood(text, 0.75) if text else None
        question = self.questions[-1]
        return self.utterance.learn(Draft("L", question.until_s, Answer(understood, "fake")))


def test_a_phrase_is_recognised_in_its_pause_and_told_at_its_end() -> None:
    scene = Scene(end_on_silence_s=1.0, context=("yes",))
    (began,) = scene.hear(0.0, 1.0) + scene.hear(1.0, 0.5)
    assert isinstance(began, SpeechBegan)
    assert began.at_s == pytest.approx(1.0, abs=CHUNK_S)
    assert scene.hear(0.0, 0.5) == []
    (question,) = scene.questions
    assert question.context == ("yes",)
    assert scene.answer("yes") == []
    (heard,) = scene.hear(0.0, 1.0)
    assert isinstance(heard, SpeechHeard)
    assert heard.results == (Hypothesis("yes", 0.75),)
    assert heard.recogniser == "fake"
    assert (heard.began_s, heard.ended_s) == (began.at_s, question.until_s)
    assert scene.utterance.is_over
    assert len(scene.questions) == 1


def test_the_question_holds_the_speech_with_a_lead_and_a_pause() -> None:
    scene = Scene()
    scene.hear(0.0, 3.0)
    scene.hear(1.0, 1.0)
    scene.hear(0.0, 0.5)
    (question,) = scene.questions
    assert question.samples[0] * CHUNK_S == pytest.approx(3.0 - LEAD_S, abs=2 * CHUNK_S)
    assert question.samples[0] * CHUNK_S < 3.0 - SOFT_BEGINNING_S
    assert question.samples[-1] * CHUNK_S == pytest.approx(4.0 + PAUSE_S, abs=2 * CHUNK_S)
    assert (np.diff(question.samples) >= 0).all()


def test_a_slow_answer_is_waited_for_after_the_end() -> None:
    scene = Scene(end_on_silence_s=0.5)
    scene.hear(1.0, 1.0)
    assert scene.hear(0.0, 5.0) == []
    assert scene.utterance.has_ended
    assert not scene.utterance.is_over
    (heard,) = scene.answer("late")
    assert isinstance(heard, SpeechHeard)
    assert heard.results == (Hypothesis("late", 0.75),)
    assert scene.utterance.is_over


def test_an_answer_to_the_beginning_is_not_the_answer() -> None:
    scene = Scene(end_on_silence_s=1.0)
    scene.hear(1.0, 1.0)
    scene.hear(0.0, 0.5)
    scene.hear(1.0, 1.0)
    scene.hear(0.0, 2.0)
    assert len(scene.questions) == 1
    assert scene.answer("I would") == []
    assert len(scene.questions) == 2
    assert len(scene.questions[1].samples) > len(scene.questions[0].samples)
    (heard,) = scene.answer("I would like to")
    assert isinstance(heard, SpeechHeard)
    assert heard.results[0].text == "I would like to"


def test_pauses_while_a_question_is_open_are_one_question() -> None:
    scene = Scene()
    for _ in range(5):
        scene.hear(1.0, 1.0)
        scene.hear(0.0, 0.5)
    assert len(scene.questions) == 1
    scene.answer("a")
    scene.answer("a b c")
    assert len(scene.questions) == 2


def test_partial_results_are_told_when_they_change() -> None:
    scene = Scene(partial=True)
    scene.hear(1.0, 1.0)
    scene.hear(0.0, 0.5)
    assert scene.answer("I") == [SpeechPartial(listening="L", text="I")]
    scene.hear(1.0, 0.5)
    scene.hear(0.0, 0.5)
    assert scene.answer("I") == []
    scene.hear(1.0, PARTIAL_EVERY_S + 0.2)
    assert len(scene.questions) == 3
    assert scene.answer("I would") == [SpeechPartial(listening="L", text="I would")]


def test_without_partial_results_nobody_is_asked_in_the_middle() -> None:
    scene = Scene()
    scene.hear(1.0, 10.0)
    assert scene.questions == []


def test_a_long_speech_is_cut_and_recognised() -> None:
    scene = Scene(max_duration_s=2.0)
    scene.hear(1.0, 5.0)
    (question,) = scene.questions
    assert len(question.samples) / RATE == pytest.approx(2.0, abs=0.1)
    (heard,) = scene.answer("too long")
    assert isinstance(heard, SpeechHeard)
    assert heard.ended_by == "max_duration"


def test_nothing_understood_has_no_results() -> None:
    scene = Scene(end_on_silence_s=0.5)
    scene.hear(1.0, 1.0)
    scene.hear(0.0, 1.0)
    (heard,) = scene.answer(None)
    assert isinstance(heard, SpeechHeard)
    assert heard.results == ()
    assert heard.failed == ""


def test_a_failure_is_told() -> None:
    scene = Scene(end_on_silence_s=0.5)
    scene.hear(1.0, 1.0)
    scene.hear(0.0, 1.0)
    (heard,) = scene.utterance.learn(Draft("L", scene.questions[0].until_s, None, "no model"))
    assert isinstance(heard, SpeechHeard)
    assert heard.failed == "no model"


def test_a_file_that_ends_ends_the_speech() -> None:
    scene = Scene()
    scene.hear(1.0, 1.0)
    assert scene.utterance.finish() == []
    assert scene.utterance.has_ended
    assert isinstance(scene.answer("yes")[0], SpeechHeard)
    assert scene.utterance.finish() == []


def test_a_file_that_ends_in_silence_ends_nothing() -> None:
    scene = Scene()
    scene.hear(0.0, 1.0)
    assert scene.utterance.finish() == []
    assert not scene.utterance.has_ended
