"""When a silent peer is told of, and when not."""

import numpy as np
import pytest

from media.worker.silence import SILENCE_S, Silence

pytestmark = pytest.mark.unit

ROWS = 3
ROW = 1
"""The only one of whom something is expected."""


class Watch:
    """Looks as the worker does; `told` are pairs of row and seconds."""

    def __init__(self) -> None:
        self.silence = Silence(ROWS)
        self.silence.expect(ROW, due=True)
        self._packets = np.zeros(ROWS, np.int64)

    def look(self, packets: int, now: float) -> list[tuple[int, float]]:
        self._packets[ROW] = packets
        return list(self.silence.look(self._packets, now))


def test_silence_is_told_once_each_time_that_it_is_full() -> None:
    watch = Watch()
    told = [each for now in range(int(2 * SILENCE_S) + 5) for each in watch.look(7, float(now))]
    assert told == [(ROW, SILENCE_S), (ROW, 2 * SILENCE_S)]


def test_a_packet_begins_it_anew() -> None:
    watch = Watch()
    assert watch.look(1, 1.0) == []
    assert watch.look(2, SILENCE_S) == []
    assert watch.look(2, 2 * SILENCE_S - 1) == []
    assert watch.look(2, 2 * SILENCE_S) == [(ROW, SILENCE_S)]
    assert watch.look(3, 2 * SILENCE_S + 1) == []
    assert watch.look(3, 3 * SILENCE_S + 1) == [(ROW, SILENCE_S)]


def test_who_is_on_hold_may_be_silent() -> None:
    watch = Watch()
    watch.look(5, 0)
    watch.silence.expect(ROW, due=False)
    assert watch.look(5, SILENCE_S) == []
    assert watch.look(5, 9 * SILENCE_S) == []
    # Back from hold: there is time again.
    watch.silence.expect(ROW, due=True)
    assert watch.look(5, 10 * SILENCE_S - 1) == []
    assert watch.look(5, 10 * SILENCE_S) == [(ROW, SILENCE_S)]


def test_who_comes_in_the_place_of_another_has_time_again() -> None:
    watch = Watch()
    watch.look(0, 0)
    watch.silence.expect(ROW, due=False)
    watch.silence.expect(ROW, due=True)
    assert watch.look(0, SILENCE_S) == []
    assert watch.look(0, 2 * SILENCE_S) == [(ROW, SILENCE_S)]


def test_each_row_has_its_own_silence() -> None:
    silence = Silence(ROWS)
    packets = np.zeros(ROWS, np.int64)
    for row in range(ROWS):
        silence.expect(row, due=True)
    assert list(silence.look(packets, 0)) == []
    packets[0] = 1
    assert list(silence.look(packets, 10)) == []
    assert list(silence.look(packets, SILENCE_S)) == [(1, SILENCE_S), (2, SILENCE_S)]
    assert list(silence.look(packets, SILENCE_S + 10)) == [(0, SILENCE_S)]
