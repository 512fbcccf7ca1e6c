"""The E-model, against figures of ITU-T G.107 and G.113."""

import pytest

from gateway.sight.quality import Figures, mos, opinion, rating

pytestmark = pytest.mark.unit


def test_a_clean_call_is_as_good_as_telephones_are() -> None:
    """G.107 Annex B: R = 93.2 is a MOS of 4.41; 20 ms of packets take 0.48 of it."""
    clean = Figures(codec="PCMU", received=1000)
    assert rating(clean) == pytest.approx(92.72)
    assert mos(clean) == pytest.approx(4.40, abs=0.01)


@pytest.mark.parametrize(
    ("r", "score"),
    [(100, 4.5), (93.2, 4.41), (90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58), (0, 1)],
)
def test_an_r_has_its_opinion(r: float, score: float) -> None:
    """G.107 Annex B, Table B.1, and its ends."""
    assert opinion(r) == pytest.approx(score, abs=0.011)


@pytest.mark.parametrize(
    ("percent", "impairment"), [(1, 5), (2, 7), (3, 10), (5, 15), (7, 20), (10, 25), (15, 35), (20, 45)]
)
def test_losses_take_from_g711_what_listeners_said(percent: int, impairment: float) -> None:
    """G.113 Appendix I: Ie of G.711 with concealment under random loss, as it was listed before Bpl was."""
    clean, lossy = Figures(received=1000), Figures(received=1000 - 10 * percent, lost=10 * percent)
    assert rating(clean) - rating(lossy) == pytest.approx(impairment, abs=3.5)


def test_at_its_bpl_a_codec_has_lost_half() -> None:
    """G.107 section 7.5: Ppl = Bpl gives Ie,eff = Ie + (95 - Ie) / 2."""
    lossy = Figures(codec="PCMA", received=749, lost=251)
    assert rating(Figures(codec="PCMA", received=1000)) - rating(lossy) == pytest.approx(47.5, abs=0.01)


def test_a_codec_takes_its_impairment() -> None:
    """G.113 Appendix I: Ie of G.729A is 11."""
    assert rating(Figures(codec="PCMU")) - rating(Figures(codec="G729")) == pytest.approx(11)


@pytest.mark.parametrize("worse", [{"lost": 100}, {"jitter_ms": 40.0}, {"round_trip_ms": 600.0}])
def test_everything_that_is_measured_counts(worse: dict[str, float]) -> None:
    better = Figures(codec="PCMU", received=1000)
    values = {"codec": "PCMU", "received": 1000, **worse}
    assert mos(Figures(**values)) < mos(better)  # type: ignore[arg-type]


def test_delay_hurts_more_from_where_people_talk_into_each_other() -> None:
    def loss(round_trip_ms: float) -> float:
        return rating(Figures(round_trip_ms=round_trip_ms)) - rating(
            Figures(round_trip_ms=round_trip_ms + 20)
        )

    assert loss(100) == pytest.approx(0.24)
    assert loss(400) == pytest.approx(0.24 + 1.1)


def test_no_opinion_is_below_one() -> None:
    assert mos(Figures(received=1, lost=999, round_trip_ms=5000.0)) == 1.0
    scores = [mos(Figures(received=100 - lost, lost=lost)) for lost in range(101)]
    assert all(1 <= score <= 4.5 for score in scores)
    assert scores == sorted(scores, reverse=True)


def test_a_leg_that_heard_nothing_lost_nothing() -> None:
    assert Figures().loss_percent == 0
