"""Lists of names as the engine's matrix: written for companions only, and the switch after the matrix."""

from dataclasses import dataclass

import numpy as np
import pytest

from media.control import Restrict
from media.engine.memory import make_state
from media.engine.state import HEARD_BY_SOME, HEARS_SOME
from media.worker import restrictions
from media.worker.refusal import Refusal
from media.worker.restrictions import EVERYBODY, MAX_NAMES, Restriction

pytestmark = pytest.mark.unit


@dataclass
class Leg:
    name: str
    row: int
    restriction: Restriction = EVERYBODY


def some(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.parametrize(
    ("one", "other", "one_hears", "other_hears"),
    [
        (EVERYBODY, EVERYBODY, True, True),
        (Restriction(heard_by=some("other")), EVERYBODY, True, True),
        (Restriction(heard_by=some("third")), EVERYBODY, True, False),
        (Restriction(hears=some("third")), EVERYBODY, False, True),
        (Restriction(hears=some("other")), Restriction(heard_by=some()), False, True),
        (Restriction(heard_by=some("other")), Restriction(hears=some()), True, False),
    ],
)
def test_both_sides_have_to_agree(
    one: Restriction, other: Restriction, one_hears: bool, other_hears: bool
) -> None:
    state = make_state(4, 1, 1)
    leg, companion = Leg("one", 1, one), Leg("other", 3, other)
    state.may_hear[:] = 7
    restrictions.apply(state, leg, [companion])
    assert (state.may_hear[1, 3], state.may_hear[3, 1]) == (one_hears, other_hears)
    assert np.count_nonzero(state.may_hear == 7) == 14, "nobody else is looked at"
    assert state.legs.restricted.tolist() == [0, one.bits, 0, 0]


@pytest.mark.parametrize(
    ("lists", "bits"),
    [({}, 0), ({"heard_by": ()}, HEARD_BY_SOME), ({"hears": ("a",)}, HEARS_SOME)],
)
def test_a_list_restricts_also_when_it_is_empty(lists: dict[str, tuple[str, ...]], bits: int) -> None:
    assert restrictions.read(Restrict(leg="x", **lists)).bits == bits


@pytest.mark.parametrize("which", ["heard_by", "hears"])
def test_a_list_has_its_limit(which: str) -> None:
    names = tuple(str(k) for k in range(MAX_NAMES + 1))
    restrictions.read(Restrict(leg="x", **{which: names[:-1]}))
    with pytest.raises(Refusal, match=str(MAX_NAMES)):
        restrictions.read(Restrict(leg="x", **{which: names}))
