"""When a silent peer is told of, and when not."""

import pytest

from media.worker.silence import SILENCE_S, Silence

pytestmark = pytest.mark.unit


def test_silence_is_told_once_each_time_that_it_is_full() -> None:
    silence = Silence()
    told = [silence.look(7, due=True, now=float(now)) for now in range(int(2 * SILENCE_S) + 5)]
    assert [each for each in told if each is not None] == [SILENCE_S, 2 * SILENCE_S]


def test_a_packet_begins_it_anew() -> None:
    silence = Silence()
    silence.look(0, due=True, now=0)
    assert silence.look(1, due=True, now=SILENCE_S) is None
    assert silence.look(1, due=True, now=2 * SILENCE_S - 1) is None
    assert silence.look(1, due=True, now=2 * SILENCE_S) == SILENCE_S


def test_who_is_on_hold_may_be_silent() -> None:
    silence = Silence()
    silence.look(5, due=True, now=0)
    assert silence.look(5, due=False, now=SILENCE_S) is None
    assert silence.look(5, due=False, now=9 * SILENCE_S) is None
    # Back from hold: there is time again.
    assert silence.look(5, due=True, now=10 * SILENCE_S) is None
    assert silence.look(5, due=True, now=11 * SILENCE_S) == SILENCE_S
