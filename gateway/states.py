"""Literal transition tables, looked up in one place."""

from collections.abc import Mapping
from typing import TypeVar

S = TypeVar("S")
E = TypeVar("E")


class IllegalTransition(Exception):
    """A machine was given an event that its table does not have for its state."""


def step(table: Mapping[tuple[S, E], S], state: S, event: E) -> S:
    """The state that follows. Raises IllegalTransition for a pair that is not in the table."""
    try:
        return table[state, event]
    except KeyError:
        raise IllegalTransition(f"{event!r} in state {state!r}") from None
