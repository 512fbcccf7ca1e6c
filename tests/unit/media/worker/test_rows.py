"""Rows by name: who comes after finds whose they were."""

import pytest

from media.engine.arena import Arena
from media.worker.ledger import NAME, Names
from media.worker.refusal import Refusal
from media.worker.rows import Rows

pytestmark = pytest.mark.unit


def names(count: int = 3) -> Names:
    return Arena().zeros(count, f"S{NAME}")


def test_rows_are_taken_until_there_are_none() -> None:
    rows = Rows(names(), "legs")
    taken = [rows.take(name) for name in "abc"]
    assert sorted(taken) == [0, 1, 2]
    with pytest.raises(Refusal, match="3 legs"):
        rows.take("d")
    rows.give_back(taken[1])
    assert rows.take("d") == taken[1]


def test_who_comes_after_gives_each_name_its_row() -> None:
    held = names()
    before = Rows(held, "legs")
    first, second = before.take("a"), before.take("b")
    after = Rows(held, "legs")
    assert after.was_left("a")
    assert after.take("c") not in (first, second)
    assert after.take("b") == second
    assert not after.was_left("b")
    assert after.settle() == [first]
    assert after.take("d") == first


@pytest.mark.parametrize("name", ["", "x" * (NAME + 1), "a\0b"])
def test_a_name_that_cannot_be_kept_is_refused(name: str) -> None:
    with pytest.raises(Refusal, match="64 octets"):
        Rows(names(), "legs").take(name)
