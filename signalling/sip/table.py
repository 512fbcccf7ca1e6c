"""State machines as literal tables."""

from collections.abc import Mapping
from typing import TypeVar

S = TypeVar("S")
I = TypeVar("I")  # noqa: E741 the input's type, beside S for the state's
R = TypeVar("R")


class IllegalTransition(Exception):
    """A state machine was given an input that its table does not have in that state: a defect of ours."""


def advance(table: Mapping[tuple[S, I], R], state: S, symbol: I) -> R:
    """What the table says about `symbol` in `state`. Raises IllegalTransition for an unknown pair."""
    try:
        return table[state, symbol]
    except KeyError:
        raise IllegalTransition(f"{symbol} in state {state}") from None
