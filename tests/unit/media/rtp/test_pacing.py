"""What is needed of delay, by the lags of packets."""

import pytest

from media.engine.memory import make_state
from media.engine.state import FRAME, Jitter
from media.rtp import pacing
from media.rtp.pacing import BACK, DEEPEST, WINDOW

pytestmark = pytest.mark.unit

LEG = 0


def begun() -> Jitter:
    jitter = make_state(1, 1, 1).jitter
    pacing.begin(jitter, LEG, 0xFFFFFF00)
    return jitter


def after(jitter: Jitter, *ticks: int) -> Jitter:
    """A packet with each of these lags, a tick after the other."""
    for lag in ticks:
        pacing.observe(jitter, LEG, lag)
        pacing.turn(jitter, LEG)
    return jitter


def test_lags_are_counted_from_the_first_packet_across_a_wrap() -> None:
    jitter = begun()
    for _ in range(5):
        pacing.pass_time(jitter, LEG)
    assert pacing.lag(jitter, LEG, (0xFFFFFF00 + 5 * FRAME) % 2**32) == 0
    assert pacing.lag(jitter, LEG, (0xFFFFFF00 + 3 * FRAME) % 2**32) == 2 * FRAME


def test_while_little_is_known_the_delay_stays() -> None:
    assert pacing.target(after(begun(), 160), LEG, 77) == 77


def test_what_happens_once_is_not_waited_for() -> None:
    jitter = after(begun(), 0, 160, 0, 800, 160, 0)
    assert pacing.target(jitter, LEG, 0) == 160
    assert pacing.target(after(jitter, 800), LEG, 0) == 800


def test_what_comes_in_one_tick_is_one_delay() -> None:
    jitter = after(begun(), 0, 0)
    for lag in (1600, 1440, 1280):
        pacing.observe(jitter, LEG, lag)
    pacing.turn(jitter, LEG)
    assert pacing.target(jitter, LEG, 0) == 0


def test_it_is_forgotten_after_two_windows() -> None:
    jitter = after(begun(), 800, 800)
    assert pacing.target(after(jitter, *[0] * (2 * WINDOW - 3)), LEG, 0) == 800
    assert pacing.target(after(jitter, 0), LEG, 0) == 0


def test_a_pause_is_not_forgetting() -> None:
    jitter = after(begun(), 800, 800)
    for _ in range(5 * WINDOW):
        pacing.turn(jitter, LEG)
    assert pacing.target(jitter, LEG, 0) == 800


def test_the_quickest_packet_is_of_late() -> None:
    jitter = after(begun(), *[0] * WINDOW, *[480] * WINDOW)
    assert pacing.least(jitter, LEG) == 0
    assert pacing.least(after(jitter, *[480] * WINDOW), LEG) == 480


def test_no_more_than_the_greatest_delay_is_granted() -> None:
    jitter = after(begun(), 0, 9000, 9000)
    assert pacing.target(jitter, LEG, 0) == DEEPEST
    assert pacing.may_return(jitter, LEG, 0, DEEPEST)
    assert not pacing.may_return(jitter, LEG, 0, DEEPEST + 1)


def test_playing_goes_back_by_a_bounded_time_at_once() -> None:
    jitter = after(begun(), 0, 320, 320)
    assert pacing.may_return(jitter, LEG, 0, 320 + BACK)
    assert not pacing.may_return(jitter, LEG, 0, 321 + BACK)
    assert pacing.may_return(jitter, LEG, 480, 480 + BACK)


@pytest.mark.parametrize(("playing", "surplus"), [(480, -320), (800, 0), (1000, 0), (1200, 400)])
def test_a_delay_that_is_nearly_right_is_right(playing: int, surplus: int) -> None:
    jitter = after(begun(), 0, 800, 800)
    assert pacing.surplus(jitter, LEG, playing) == surplus
    assert (jitter.playing[LEG], jitter.wanted[LEG]) == (playing, 800)
