"""Who hears whom where some are restricted, against the rule itself, by constants that add up."""

import itertools
from collections import Counter
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from media.engine import records
from media.engine.kernels import buses, mixing
from media.engine.ports import EnginePort
from media.engine.state import FRAME, HEARD_BY_SOME, HEARS_SOME, PORT, RTP
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


NARROW, WIDE = 0, 1
"""Legs at 8 and 16 kHz: what goes from one to the other goes through a filter."""


def set_earmuffs(board: Board, on: bool) -> None:
    board.state.legs.earmuffed[NARROW] = on


def lift_restriction(board: Board, on: bool) -> None:
    board.state.legs.restricted[NARROW] = 0 if on else HEARS_SOME


def hide_speaker(board: Board, on: bool) -> None:
    board.state.may_hear[NARROW, WIDE] = not on


def take_speaker_away(board: Board, on: bool) -> None:
    board.engine.command(records.MOVE, WIDE, -1 if on else 0)


@pytest.mark.parametrize("part", [set_earmuffs, lift_restriction, hide_speaker, take_speaker_away])
def test_nothing_old_is_heard_after_a_pause(board: Board, part: Callable[[Board, bool], None]) -> None:
    """A voice that comes through the leg's own filter is loud to the end, and silent when it comes back."""
    for leg, rate in ((NARROW, 1), (WIDE, 2)):
        board.engine.command(records.OPEN_PORT, leg, rate, 0)
        board.engine.command(records.MOVE, leg, 0)
    listener, speaker = (EnginePort(board.state, leg, 8000 * rate) for leg, rate in ((NARROW, 1), (WIDE, 2)))
    board.state.may_hear[NARROW, WIDE] = 1
    board.state.legs.restricted[NARROW] = HEARS_SOME

    def loudest_of_a_tick(says: int) -> int:
        speaker.push(np.full(2 * FRAME, says, "<i2").tobytes())
        board.tick()
        return int(np.abs(np.frombuffer(listener.pop() or b"", "<i2").astype(int)).max())

    assert [loudest_of_a_tick(20_000) for _ in range(3)][-1] >= 20_000
    part(board, True)
    assert [loudest_of_a_tick(0) for _ in range(3)][-1] == 0
    part(board, False)
    assert loudest_of_a_tick(0) == 0


def test_a_filter_begins_anew_where_its_leg_gets_another_rate(board: Board) -> None:
    a = board.open(0, room=0)
    board.engine.command(records.OPEN_PORT, a.leg + 1, 6, 0)
    board.engine.command(records.MOVE, a.leg + 1, 0)
    board.state.may_hear[a.leg, a.leg + 1] = 1
    board.state.legs.restricted[a.leg] = HEARS_SOME
    speaker = EnginePort(board.state, a.leg + 1, 48000)
    for _ in range(2):
        speaker.push(np.full(6 * FRAME, 20_000, "<i2").tobytes())
        board.tick()
    assert heard([a])[0] > 0
    board.engine.command(records.CARRY, a.leg, PORT, 6, 0)
    board.tick()
    board.engine.command(records.CARRY, a.leg, RTP, 0, 0)
    board.tick()
    assert heard([a]) == [0]


class Counted:
    """`State.may_hear`, which counts for each listener the speakers whom somebody asks about."""

    def __init__(self, table: NDArray[np.int8]) -> None:
        self.table = table
        self.asked: Counter[int] = Counter()

    def __getitem__(self, listener: int) -> "CountedRow":
        return CountedRow(self, listener)


class CountedRow:
    def __init__(self, of: Counted, listener: int) -> None:
        self.of, self.listener = of, listener

    def __getitem__(self, speaker: int) -> int:
        self.of.asked[self.listener] += 1
        return int(self.of.table[self.listener, speaker])


def test_a_restriction_costs_as_much_as_it_concerns(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """One who is heard by one, and one who hears one, in a room of eight at two rates."""
    rates = (1, 2, 1, 2, 1, 2, 1, 2)
    for leg, rate in enumerate(rates):
        board.engine.command(records.OPEN_PORT, leg, rate, 0)
        board.engine.command(records.MOVE, leg, 0)
    board.tick()
    done: Counter[str] = Counter()

    def count(name: str, real: Callable[..., None], *args: object) -> None:
        done[name] += 1
        real(*args)

    for module, name in ((buses, "add_at"), (buses, "clear"), (mixing, "add")):
        monkeypatch.setattr(module, name, partial(count, name, getattr(module, name)))
    board.tick()
    usual = done.copy()
    done.clear()

    counted = Counted(board.state.may_hear)
    board.state.may_hear[0, 1] = board.state.may_hear[3, 4] = 1
    board.state.legs.restricted[1] = HEARD_BY_SOME
    board.state.legs.restricted[3] = HEARS_SOME
    board.state = board.state._replace(may_hear=counted)  # type: ignore[arg-type]
    board.tick()
    assert counted.asked == {leg: len(rates) if leg == 3 else 1 for leg in range(len(rates))}
    # Two voices come through filters of two legs' own. One of them is for everybody else as well.
    assert {name: done[name] - usual[name] for name in usual} == {"add_at": 2, "add": 1, "clear": 4}
