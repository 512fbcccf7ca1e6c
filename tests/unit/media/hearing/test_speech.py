"""When speech begins, pauses and ends, under virtual time."""

from typing import cast

import pytest

from media.errors import IllegalTransition
from media.hearing.speech import BEGIN_S, PAUSE_S, TABLE, Began, Ended, Manner, Paused, Speech, State
from media.hearing.vad import CHUNK_S, threshold

pytestmark = pytest.mark.unit

VOICE, SILENCE = 0.95, 0.02


def hear(speech: Speech, *parts: tuple[float, float]) -> list[Began | Paused | Ended]:
    """Feed (probability, seconds) parts from the beginning; what was told."""
    told: list[Began | Paused | Ended] = []
    count = 0
    for voice, seconds in parts:
        for _ in range(round(seconds / CHUNK_S)):
            count += 1
            happened = speech.hear(voice, count * CHUNK_S)
            if happened is not None:
                told.append(happened)
            if speech.state is State.ENDED:
                return told
    return told


def near(seconds: float) -> float:
    return cast("float", pytest.approx(seconds, abs=CHUNK_S))


def test_a_phrase_begins_pauses_and_ends() -> None:
    speech = Speech(Manner(end_on_silence_s=1.0))
    began, paused, ended = hear(speech, (SILENCE, 2.0), (VOICE, 1.5), (SILENCE, 5.0))
    assert began == Began(near(2.0))
    assert paused == Paused(near(3.5))
    assert ended == Ended("silence", near(2.0), near(3.5))
    assert speech.state is State.ENDED


@pytest.mark.parametrize("silence", [0.4, 1.0, 2.0, 10.0])
def test_the_silence_that_ends_it_is_the_one_that_was_asked_for(silence: float) -> None:
    almost = Speech(Manner(end_on_silence_s=silence))
    hear(almost, (VOICE, 1.0), (SILENCE, silence - 0.1))
    assert almost.state is State.PAUSING
    enough = Speech(Manner(end_on_silence_s=silence))
    hear(enough, (VOICE, 1.0), (SILENCE, silence + 0.1))
    assert enough.state is State.ENDED


def test_a_click_is_not_speech() -> None:
    told = hear(Speech(Manner()), *[(VOICE, BEGIN_S - CHUNK_S), (SILENCE, 0.5)] * 20)
    assert told == []


def test_pauses_do_not_end_it_and_each_is_told_once() -> None:
    speech = Speech(Manner(end_on_silence_s=2.0))
    told = hear(
        speech, (VOICE, 1.0), (SILENCE, 1.0), (VOICE, 1.0), (SILENCE, 1.5), (VOICE, 0.5), (SILENCE, 3.0)
    )
    assert told == [
        Began(near(0.0)),
        Paused(near(1.0)),
        Paused(near(3.0)),
        Paused(near(5.0)),
        Ended("silence", near(0.0), near(5.0)),
    ]


def test_a_gap_between_syllables_is_no_pause() -> None:
    told = hear(Speech(Manner()), *[(VOICE, 0.3), (SILENCE, PAUSE_S - 2 * CHUNK_S)] * 5)
    assert told == [Began(near(0.0))]


def test_speech_without_end_is_cut() -> None:
    speech = Speech(Manner(max_duration_s=5.0))
    began, ended = hear(speech, (SILENCE, 1.0), (VOICE, 60.0))
    assert began == Began(near(1.0))
    assert ended == Ended("max_duration", near(1.0), near(6.0))


def test_the_longest_duration_counts_also_in_a_pause() -> None:
    told = hear(Speech(Manner(end_on_silence_s=10.0, max_duration_s=3.0)), (VOICE, 1.0), (SILENCE, 30.0))
    assert told[-1] == Ended("max_duration", near(0.0), near(1.0))


def test_soft_ends_of_words_belong_to_them() -> None:
    soft = threshold(90) - 0.1
    assert hear(Speech(Manner()), (soft, 5.0)) == []
    told = hear(Speech(Manner(end_on_silence_s=1.0)), (VOICE, 1.0), (soft, 1.0), (SILENCE, 2.0))
    assert told[-1] == Ended("silence", near(0.0), near(2.0))


def test_sensitivity_says_how_sure_a_voice_must_be() -> None:
    voice = 0.6
    assert hear(Speech(Manner(sensitivity=10)), (voice, 1.0)) == []
    assert hear(Speech(Manner(sensitivity=90)), (voice, 1.0)) == [Began(near(0.0))]
    assert [threshold(value) for value in (10, 90, 100)] == pytest.approx([0.89, 0.41, 0.35])
    assert threshold(0) == threshold(10)
    assert threshold(1000) == threshold(100)


def test_sound_that_stops_ends_what_has_begun() -> None:
    speech = Speech(Manner())
    assert speech.finish() is None
    hear(speech, (VOICE, 1.0))
    assert speech.finish() == Ended("silence", near(0.0), near(1.0))


def test_after_the_end_nothing_is_heard() -> None:
    speech = Speech(Manner(end_on_silence_s=0.4))
    hear(speech, (VOICE, 1.0), (SILENCE, 2.0))
    with pytest.raises(IllegalTransition, match="ended"):
        speech.hear(VOICE, 9.0)


def test_the_table_reaches_every_state_and_leaves_none_but_the_end() -> None:
    assert {after for _, after in TABLE.items()} == set(State)
    assert {before for before, _ in TABLE} == set(State) - {State.ENDED}
