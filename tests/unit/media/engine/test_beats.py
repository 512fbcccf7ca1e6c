"""The beats of a tick: who is served in which, and that nobody is served twice in a tick or left out."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.engine import records, standin, tick
from media.engine.compile import COMPILED
from media.engine.engine import Engine
from media.engine.kernels import grouping
from media.engine.kernels.grouping import begins, emptiest, make_order
from media.engine.memory import make_state
from media.engine.state import BEAT_NS, BEATS, FRAME, FREE, PORT, RTP, TICK_NS, State
from media.engine.taking_over import take_over
from tests.support.board import Board, Peer

pytestmark = pytest.mark.unit

LEGS = 12
ROOMS = 5

PLACES = st.tuples(st.sampled_from([FREE, RTP, PORT]), st.integers(-1, ROOMS - 1), st.integers(0, BEATS - 1))


@settings(deadline=None)
@given(st.lists(PLACES, min_size=LEGS, max_size=LEGS))
def test_legs_are_grouped_by_beat_and_room(places: list[tuple[int, int, int]]) -> None:
    state = make_state(LEGS, 1, 1)
    for leg, (kind, room, beat) in enumerate(places):
        state.legs.kind[leg], state.legs.room[leg], state.legs.beat[leg] = kind, room, beat
    make_order(state.legs, state.rooms, state.order)
    order, beats = state.order, state.order.beats
    active = [leg for leg, (kind, _, _) in enumerate(places) if kind != FREE]
    assert sorted(order.legs[: begins(order, BEATS)].tolist()) == active
    for room in range(ROOMS):
        members = [leg for leg in active if places[leg][1] == room]
        group = int(order.group[room])
        assert (group >= 0) == bool(members)
        if members:
            assert order.legs[order.first[group] : order.first[group + 1]].tolist() == members
            assert {int(state.legs.beat[leg]) for leg in members} == {places[members[0]][2]}
    for beat in range(BEATS):
        outside = int(beats.group[beat + 1]) - 1
        alone = [leg for leg in active if places[leg][1:] == (-1, beat)]
        assert order.legs[order.first[outside] : order.first[outside + 1]].tolist() == alone
        mine = [leg for leg in active if state.legs.beat[leg] == beat]
        assert sorted(order.legs[begins(order, beat) : begins(order, beat + 1)].tolist()) == mine
        assert beats.legs[beat] == len(mine)
        assert beats.ports[beat] == sum(places[leg][0] == PORT for leg in mine)


def test_few_legs_have_one_beat_and_many_have_all() -> None:
    beats = make_state(1, 1, 1).order.beats
    for _ in range(BEATS * grouping.CROWD + 40):
        beats.legs[emptiest(beats)] += 1
        if beats.legs.sum() <= grouping.CROWD:
            assert beats.legs[0] == beats.legs.sum()
    assert beats.legs[:BEATS].tolist() == [grouping.CROWD + 10] * BEATS


@pytest.fixture
def spread(board: Board, monkeypatch: pytest.MonkeyPatch) -> Board:
    """A board whose legs are spread from the second on."""
    monkeypatch.setattr(grouping, "CROWD", 1)
    return board


def beats_of(board: Board) -> list[int]:
    return [int(board.state.legs.beat[peer.leg]) for peer in board.peers]


def test_a_leg_takes_its_beat_into_an_empty_room_and_that_of_others_elsewhere(spread: Board) -> None:
    board = spread
    for room in (-1, -1, 0, 1):
        board.open(room=room)
    board.tick()
    assert beats_of(board) == [0, 1, 2, 3]
    board.engine.command(records.MOVE, 1, 0)
    board.engine.command(records.MOVE, 0, 2)
    board.tick()
    assert beats_of(board) == [0, 2, 2, 3]
    assert [int(board.state.rooms.beat[room]) for room in range(3)] == [2, 3, 0]
    board.engine.command(records.CLOSE_LEG, 2)
    board.tick()
    assert beats_of(board) == [0, 2, 0, 3], "a room keeps its beat while anybody is in it"
    assert board.state.rooms.beat[0] == 2


class Loop:
    """The loop itself, on a board whose legs are spread, with things that happen at its beats."""

    def __init__(self, board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
        self.board = board
        self.dues: list[int] = []
        self._serve = tick.serve
        monkeypatch.setattr(grouping, "CROWD", 1)
        monkeypatch.setattr(tick, "sleep_until", self._sleep_until)
        monkeypatch.setattr(tick, "serve", self.serve)
        self._last = 0
        self._stay = 0

    def serve(self, state: State, beat: int) -> None:
        """What the loop calls."""
        self.dues.append(standin.machine.clock)
        self._serve(state, beat)
        standin.machine.advance(self._stay)
        self._stay = 0

    def run(self, beats: int, stay: int = 0) -> None:
        """Let that many beats pass, until one is served at their end or after it; the first takes so long."""
        self._last = standin.machine.clock + beats * BEAT_NS
        self._stay = stay
        self.board.state.meter.stop[0] = 0
        tick.run(self.board.state)

    def die(self) -> None:
        """Go on as another worker does."""
        take_over(self.board.state, {peer.leg: peer.fd for peer in self.board.peers})
        self.board.engine.stop()
        self.board.engine = Engine(self.board.state)

    def _sleep_until(self, moment: int, _time: object) -> None:
        machine = standin.machine
        machine.clock = max(machine.clock, moment)
        self.board.state.meter.stop[0] = int(machine.clock >= self._last)


@pytest.fixture
def loop(board: Board, monkeypatch: pytest.MonkeyPatch) -> Loop:
    return Loop(board, monkeypatch)


def test_beats_without_legs_are_slept_through(loop: Loop) -> None:
    loop.run(3 * BEATS)
    assert [due % TICK_NS for due in loop.dues] == [0] * 3
    for room in range(3):
        loop.board.open(room=room)
    loop.dues.clear()
    loop.run(3 * BEATS - 2)
    assert [due % TICK_NS // BEAT_NS for due in loop.dues] == [0, 1, 2, 0, 1, 2]


def test_the_control_thread_is_woken_in_the_beats_that_have_ports(loop: Loop) -> None:
    board = loop.board
    for row in (0, 1, 2):
        board.engine.command(records.OPEN_PORT, row, 1, 0)
    loop.run(BEATS)
    board.engine.events()
    bell = standin.machine.wakes
    bell.clear()
    loop.run(2 * BEATS)
    assert bell[board.engine.bell] == 2 * 3


def numbers(peer: Peer) -> list[int]:
    return [struct.unpack("!H", packet[2:4])[0] for packet in peer.got]


def timestamps(peer: Peer) -> list[int]:
    return [struct.unpack("!I", packet[4:8])[0] for packet in peer.got]


def test_beats_that_are_left_out_pass_on_the_clocks_of_their_legs(loop: Loop) -> None:
    """The third beat takes six ticks and a half: meanwhile each comes seven times, but for the second."""
    board = loop.board
    for room in range(BEATS):
        board.open(room=room)
    loop.run(2 * BEATS + 1)
    clocks = board.state.sender.timestamp[:BEATS].copy()
    loop.run(1, 6 * TICK_NS + 2 * BEAT_NS + 1)
    passed = (board.state.sender.timestamp[:BEATS] - clocks) // FRAME
    assert passed.tolist() == [7, 6, 7, 7]
    assert board.state.meter.skipped[0] == 7


ACTIONS = st.one_of(
    st.tuples(st.just("move"), st.integers(0, 5), st.integers(-1, 3)),
    st.tuples(st.just("die"), st.integers(0, 9), st.just(0)),
)


@pytest.mark.skipif(COMPILED, reason="a compiled tick makes true system calls")
@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 6), ACTIONS), max_size=10))
def test_whoever_moves_is_served_once_a_tick(story: list[tuple[int, tuple[str, int, int]]]) -> None:
    """Whenever legs move, and workers die, between any two beats: one frame a tick, numbers that go on."""
    with pytest.MonkeyPatch.context() as patch:
        board = Board()
        loop = Loop(board, patch)
        peers = [board.open(room=leg % 4 - 1) for leg in range(6)]
        loop.run(BEATS)
        first = int(board.state.meter.due[0]) // TICK_NS
        for beats, (what, leg, room) in story:
            if what == "move":
                board.engine.command(records.MOVE, leg, room)
                loop.run(beats)
            else:
                standin.machine.advance(leg * BEAT_NS // 2)
                loop.die()
                loop.run(beats)
        for peer in peers:
            beat = int(board.state.legs.beat[peer.leg])
            ticks = (int(board.state.meter.due[0]) - beat * BEAT_NS) // TICK_NS - first + 1
            assert numbers(peer) == list(range(len(peer.got)))
            times = timestamps(peer)
            assert all(later > earlier for earlier, later in pairwise(times))
            assert board.state.sender.timestamp[peer.leg] == ticks * FRAME
            if not any(what == "die" for _, (what, _, _) in story):
                assert len(peer.got) == ticks
        board.close()


def test_ports_are_looked_after_when_they_have_been_served(loop: Loop) -> None:
    board = loop.board
    board.open(room=0)
    for row in (1, 2):
        board.engine.command(records.OPEN_PORT, row, 1, 0)
    loop.run(2 * BEATS)
    assert board.engine.served_ports() == [1, 2]
    assert board.engine.served_ports() == []
    loop.run(1)
    assert board.engine.served_ports() == [1]
    loop.run(1)
    assert board.engine.served_ports() == [2]


def test_those_who_leave_a_large_room_are_spread_again(spread: Board) -> None:
    board = spread
    for _ in range(8):
        board.open(room=0)
    board.tick()
    assert len(set(beats_of(board))) == 1
    for leg in range(8):
        board.engine.command(records.MOVE, leg, leg // 2)
    board.tick()
    assert max(board.state.order.beats.legs[:BEATS]) - min(board.state.order.beats.legs[:BEATS]) <= 2
    assert all(beat == other for beat, other in zip(beats_of(board)[::2], beats_of(board)[1::2], strict=True))
