"""Who hears whom where some are restricted, against the rule itself, by constants that add up."""

import itertools

import numpy as np
import pytest

from media.engine import records
from media.engine.state import HEARD_BY_SOME, HEARS_SOME
from tests.support.board import Board, Peer, level

pytestmark = pytest.mark.unit

SETTLED = 5
SAYS = (100, 300, 1000, 3000)
"""Every sum of some of these is another number, also as G.711 carries it."""
EVERYBODY = None
Names = set[int] | None


def restrict(board: Board, heard_by: dict[int, Names], hears: dict[int, Names]) -> None:
    """Write what a worker writes, for peers that are named by their legs."""
    legs = [peer.leg for peer in board.peers]
    for listener, speaker in itertools.permutations(legs, 2):
        board.state.may_hear[listener, speaker] = allowed(listener, speaker, heard_by, hears)
    for leg in legs:
        bits = HEARD_BY_SOME * (heard_by.get(leg) is not None) + HEARS_SOME * (hears.get(leg) is not None)
        board.state.legs.restricted[leg] = bits


def allowed(listener: int, speaker: int, heard_by: dict[int, Names], hears: dict[int, Names]) -> bool:
    """The rule: both sides have to agree."""
    by, of = heard_by.get(speaker), hears.get(listener)
    return (by is None or listener in by) and (of is None or speaker in of)


def expected(board: Board, heard_by: dict[int, Names], hears: dict[int, Names]) -> list[int]:
    return [
        level(sum(o.says for o in board.peers if o is not p and allowed(p.leg, o.leg, heard_by, hears)))
        for p in board.peers
    ]


def heard(peers: list[Peer]) -> list[int]:
    return [int(peer.heard()[0]) for peer in peers]


@pytest.mark.parametrize(
    ("heard_by", "hears"),
    [
        ({0: {1}}, {}),
        ({0: set()}, {}),
        ({}, {0: {1}}),
        ({}, {0: set()}),
        ({0: {1}}, {1: {0, 2}}),
        ({0: {1}}, {1: {2}}),
        ({0: {1}, 1: {0}}, {2: {0, 1}, 3: {0, 1}}),
        ({0: set(), 1: set(), 2: set(), 3: set()}, {}),
        ({0: {9}}, {1: {9}}),
        ({0: {0, 1}}, {0: {0, 1}}),
    ],
    ids=[
        "whisper to one",
        "nobody hears one",
        "one hears one",
        "one hears nobody",
        "named on both sides",
        "the sides disagree",
        "whispers among two whom the rest may not hear",
        "nobody hears anybody",
        "named who is not there",
        "named oneself",
    ],
)
def test_both_sides_have_to_agree(board: Board, heard_by: dict[int, Names], hears: dict[int, Names]) -> None:
    for value in SAYS:
        board.open(value, room=0)
    restrict(board, heard_by, hears)
    board.tick(SETTLED)
    assert heard(board.peers) == expected(board, heard_by, hears)


def test_every_matrix_of_three(board: Board) -> None:
    """Two lists at a time, whose places change from leg to leg."""
    for value in SAYS[:3]:
        board.open(value, room=0)
    board.tick(SETTLED)
    lists: list[Names] = [None, set(), *({leg} for leg in range(3)), {0, 1}, {1, 2}, {0, 2}]
    for by, of in itertools.product(lists, lists):
        heard_by, hears = {0: by, 2: of}, {1: of, 2: by}
        restrict(board, heard_by, hears)
        board.tick()
        assert heard(board.peers) == expected(board, heard_by, hears), (heard_by, hears)


def test_mute_and_earmuff_hold_beside_it(board: Board) -> None:
    a, b, c = (board.open(value, room=0) for value in SAYS[:3])
    restrict(board, {a.leg: {b.leg}}, {c.leg: {b.leg}})
    board.state.legs.muted[a.leg] = 1
    board.state.legs.earmuffed[c.leg] = 1
    board.tick(SETTLED)
    assert heard([a, b, c]) == [level(b.says + c.says), c.says, 0]


def test_a_restricted_leg_changes_nothing_in_other_rooms(board: Board) -> None:
    a, b = board.open(100, room=0), board.open(300, room=0)
    c = board.open(1000, room=1)
    restrict(board, {c.leg: set()}, {c.leg: set()})
    board.tick(SETTLED)
    assert heard([a, b, c]) == [b.says, a.says, 0]
    board.engine.command(records.MOVE, c.leg, 0)
    board.tick()
    assert heard([a, b, c]) == [b.says, a.says, 0]
    board.state.legs.restricted[c.leg] = 0
    board.tick()
    assert heard([a, b, c]) == [level(b.says + c.says), level(a.says + c.says), level(a.says + b.says)]


def test_they_hear_what_is_played(board: Board) -> None:
    a = board.open(100, room=0)
    board.open(300, room=0)
    restrict(board, {}, {a.leg: set()})
    board.play(np.full(3200, 400), room=0)
    board.play(np.full(3200, 800), leg=a.leg)
    board.tick(SETTLED)
    assert heard([a]) == [level(1200)]
