"""The detector with the real voice detector, on the labelled set of generated greetings."""

import pytest

from tests.support.callee_trial import Trial, trials
from tests.support.greetings import VOICES, Who, answers

pytestmark = pytest.mark.contract

LEAST = 0.85
"""Of each kind: the set has a talkative human, and a machine that pauses like one."""


@pytest.fixture(scope="module")
def tried() -> list[Trial]:
    return trials(answers(voices=VOICES[:2]))


@pytest.mark.parametrize("who", ["human", "machine"])
def test_most_are_taken_for_what_they_are(tried: list[Trial], who: Who) -> None:
    mine = [trial for trial in tried if trial.answer.who == who]
    wrong = [trial.answer.name for trial in mine if not trial.is_right]
    assert len(wrong) <= (1 - LEAST) * len(mine), wrong


def test_every_verdict_comes_within_the_time_that_applications_wait(tried: list[Trial]) -> None:
    late = [trial.answer.name for trial in tried if trial.verdict.at_s > 5.0]
    assert late == []


def test_beeps_are_heard_where_they_end_and_nowhere_else(tried: list[Trial]) -> None:
    machines = [trial for trial in tried if trial.verdict.verdict == "machine"]
    missed = [trial.answer.name for trial in machines if trial.answer.beep_s and not trial.hears_beep]
    imagined = [trial.answer.name for trial in machines if trial.beep and not trial.answer.beep_s]
    assert len(missed) <= (1 - LEAST) * len(machines), missed
    assert imagined == []


def test_those_that_are_right_are_surer_than_those_that_are_wrong(tried: list[Trial]) -> None:
    sure = [trial for trial in tried if trial.verdict.confidence >= 0.8]
    doubtful = [trial for trial in tried if trial.verdict.confidence < 0.8]
    assert len(sure) > len(doubtful)
    assert sum(trial.is_right for trial in sure) >= LEAST * len(sure)
