"""Hunting: one winner at most, everybody else withdrawn or over, the best word of all when nobody answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.legs.hunting import (
    MAX_PARALLEL,
    MAX_ROUNDS,
    SERVER_FAILED,
    Hunt,
    Invite,
    Lost,
    Order,
    Round,
    Withdraw,
    Won,
    best,
)
from gateway.states import IllegalTransition

pytestmark = pytest.mark.unit


def hunt_of(*rounds: str, timeout_s: float | None = 5.0) -> Hunt[str]:
    """A hunt whose rounds are words and whose targets are their letters."""
    return Hunt([Round(tuple(word), timeout_s) for word in rounds])


def test_the_first_answer_wins_and_the_others_are_withdrawn() -> None:
    hunt = hunt_of("abc", "d")
    assert hunt.begin(0) == [Invite(0, "a"), Invite(1, "b"), Invite(2, "c")]
    assert hunt.answered(1) == [Withdraw(0, elsewhere=True), Withdraw(2, elsewhere=True), Won(1)]
    assert hunt.is_decided
    assert not hunt.is_over
    assert hunt.refused(0, 487, 1) == []
    assert hunt.refused(2, 487, 1) == []
    assert hunt.is_over


@pytest.mark.parametrize("status_code", [408, 500, 503, 599])
def test_trouble_of_a_server_leads_on(status_code: int) -> None:
    hunt = hunt_of("a", "b")
    hunt.begin(0)
    assert hunt.refused(0, status_code, 1) == [Invite(1, "b")]
    assert hunt.due == 6


@pytest.mark.parametrize("status_code", [401, 403, 404, 480, 486, 600, 603])
def test_a_refusal_is_final(status_code: int) -> None:
    hunt = hunt_of("a", "b")
    hunt.begin(0)
    assert hunt.refused(0, status_code, 1) == [Lost(status_code)]
    assert hunt.is_over


def test_each_round_has_outcomes_of_its_own_that_lead_on() -> None:
    busy = frozenset({486})
    hunt = Hunt([Round(("a",), leads_on=busy), Round(("b",)), Round(("c",), leads_on=busy), Round(("d",))])
    hunt.begin(0)
    assert hunt.refused(0, 486, 1) == [Invite(1, "b")]
    assert hunt.refused(1, 503, 1) == [Invite(2, "c")]
    assert hunt.refused(2, 503, 1) == [Lost(486)]


def test_nothing_leads_on_from_who_speaks_for_everybody() -> None:
    hunt = Hunt([Round(("a",), leads_on=frozenset({603})), Round(("b",))])
    hunt.begin(0)
    assert hunt.refused(0, 603, 1) == [Lost(603)]


def test_silence_leads_on_and_the_late_answer_is_hung_up() -> None:
    hunt = hunt_of("a", "b")
    hunt.begin(0)
    assert hunt.expire(4.9) == []
    assert hunt.expire(5) == [Withdraw(0, elsewhere=False), Invite(1, "b")]
    assert hunt.answered(0) == [Withdraw(0, elsewhere=False)]
    assert hunt.answered(1) == [Won(1)]
    assert hunt.answered(0) == [Withdraw(0, elsewhere=True)]


def test_who_rings_may_ring_on() -> None:
    hunt = hunt_of("a", "b")
    hunt.begin(0)
    hunt.ringing(0)
    assert hunt.due is None
    assert hunt.expire(1000) == []
    assert hunt.answered(0) == [Won(0)]


def test_silence_everywhere_is_408() -> None:
    hunt = hunt_of("ab")
    hunt.begin(0)
    assert hunt.expire(5) == [Withdraw(0, elsewhere=False), Withdraw(1, elsewhere=False), Lost(408)]


def test_the_round_waits_for_all_but_not_after_a_6xx() -> None:
    hunt = hunt_of("abc", "d")
    hunt.begin(0)
    assert hunt.refused(0, 503, 1) == []
    assert hunt.refused(1, 603, 1) == [Withdraw(2, elsewhere=False), Lost(603)]


def test_given_up() -> None:
    hunt = hunt_of("ab", "c")
    hunt.begin(0)
    assert hunt.give_up() == [Withdraw(0, elsewhere=False), Withdraw(1, elsewhere=False)]
    assert hunt.refused(0, 487, 1) == []
    assert hunt.refused(1, 503, 1) == []
    assert hunt.is_over


def test_nobody_to_call() -> None:
    assert hunt_of().begin(0) == [Lost(503)]


def test_early_media_is_heard_of_one_alone() -> None:
    hunt = hunt_of("ab")
    hunt.begin(0)
    assert not hunt.is_alone
    hunt.refused(0, 480, 1)
    assert hunt.is_alone


def test_an_attempt_ends_once() -> None:
    hunt = hunt_of("a")
    hunt.begin(0)
    hunt.refused(0, 486, 1)
    with pytest.raises(IllegalTransition):
        hunt.refused(0, 486, 1)


@pytest.mark.parametrize("rounds", [["a"] * (MAX_ROUNDS + 1), ["a" * (MAX_PARALLEL + 1)], [""]])
def test_bounds(rounds: list[str]) -> None:
    with pytest.raises(ValueError, match=r"at most|1 to"):
        hunt_of(*rounds)


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ([503, 486], 486),
        ([404, 484, 404], 484),
        ([486, 401], 401),
        ([408, 503], 408),
        ([408, 486], 486),
        ([302, 404], 302),
        ([302, 603, 404], 603),
        ([], 503),
    ],
)
def test_the_best_response(heard: list[int], expected: int) -> None:
    """RFC 3261 section 16.7, step 6: a 6xx, else the lowest class, in it what could be mended."""
    assert best(heard) == expected


class Told:
    """Carries out orders, and holds them against what orders may be."""

    def __init__(self) -> None:
        self.alive: set[int] = set()
        self.withdrawn: set[int] = set()
        self.winners: set[int] = set()
        self.outcomes = 0

    def carry_out(self, orders: list[Order[str]]) -> None:
        for order in orders:
            match order:
                case Invite(attempt=attempt):
                    assert attempt not in self.alive
                    assert not self.outcomes
                    self.alive.add(attempt)
                case Withdraw(attempt=attempt):
                    assert attempt in self.alive
                    self.withdrawn.add(attempt)
                case Won(attempt=attempt):
                    self.winners.add(attempt)
                    self.outcomes += 1
                case Lost():
                    self.outcomes += 1
        assert self.outcomes <= 1

    def happen(self, hunt: Hunt[str], what: str, attempt: int, status_code: int, now: int) -> None:
        """One thing that the network does to an attempt that has not ended."""
        if what == "ring":
            hunt.ringing(attempt)
        elif what == "answer":
            self.carry_out(hunt.answered(attempt))
        else:
            self.alive.discard(attempt)
            self.carry_out(hunt.refused(attempt, status_code, now))


STORIES = st.lists(
    st.tuples(
        st.sampled_from(["answer", "refuse", "refuse", "ring", "expire", "give up"]),
        st.integers(0, 15),
        st.sampled_from([301, 401, 404, 408, 480, 486, 500, 503, 600, 603]),
    ),
    max_size=40,
)


@given(st.lists(st.integers(1, 4).map(lambda count: "x" * count), max_size=4), STORIES)
def test_one_winner_and_nobody_left_behind(rounds: list[str], story: list[tuple[str, int, int]]) -> None:
    hunt, told = hunt_of(*rounds), Told()
    told.carry_out(hunt.begin(0))
    for now, (what, which, status_code) in enumerate(story, 1):
        running = sorted(told.alive - told.winners)
        if what == "expire":
            told.carry_out(hunt.expire(now))
        elif what == "give up" and not hunt.is_decided:
            told.carry_out(hunt.give_up())
        elif what != "give up" and running:
            told.happen(hunt, what, running[which % len(running)], status_code, now)

    if not hunt.is_decided:
        assert told.alive, "somebody is still being called"
        return
    assert told.alive <= told.withdrawn | told.winners
    for attempt in sorted(told.alive - told.winners):
        told.happen(hunt, "refuse", attempt, 487, 1000)
    assert hunt.is_over


def test_only_servers_in_trouble_lead_on() -> None:
    assert sorted(SERVER_FAILED) == [408, *range(500, 600)]
