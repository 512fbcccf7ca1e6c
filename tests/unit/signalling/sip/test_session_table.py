"""The session's table: where a call can go from each state."""

import pytest

from signalling.sip.session.table import TABLE, Input, State
from signalling.sip.table import IllegalTransition, advance

pytestmark = pytest.mark.unit


def reachable(start: State) -> set[State]:
    seen, fresh = set(), {start}
    while fresh:
        seen |= fresh
        fresh = {after for (before, _), after in TABLE.items() if before in fresh} - seen
    return seen


def test_every_state_is_reached_from_the_offer_and_leads_to_the_end() -> None:
    assert reachable(State.OFFERING) == set(State)
    assert all(State.ENDED in reachable(state) for state in State)


def test_nothing_leaves_the_end() -> None:
    for symbol in Input:
        with pytest.raises(IllegalTransition):
            advance(TABLE, State.ENDED, symbol)


def test_a_call_that_is_given_up_never_comes_back() -> None:
    assert reachable(State.TERMINATING) == {State.TERMINATING, State.ENDED}


@pytest.mark.parametrize("state", [state for state in State if state is not State.ENDED])
def test_our_user_can_always_hang_up(state: State) -> None:
    symbol = Input.RELEASED if state is State.TERMINATING else Input.RELEASE
    assert advance(TABLE, state, symbol) in {State.TERMINATING, State.ENDED}


def test_an_unknown_pair_is_illegal() -> None:
    for state in State:
        for symbol in Input:
            if (state, symbol) not in TABLE:
                with pytest.raises(IllegalTransition):
                    advance(TABLE, state, symbol)
