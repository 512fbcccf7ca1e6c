"""Who speaks: told once, when it is sure, and no oftener than a room can bear."""

import pytest

from media.dsp.level import SILENCE, level
from media.engine import records
from media.engine.kernels.voices import BEGIN_TICKS, HANG_TICKS, WINDOW_TICKS
from media.engine.state import FRAME
from tests.support.board import Board, Peer

pytestmark = pytest.mark.unit

ASKED = 45
LOUD, NOISY = 6000, 200
FEW = 3
"""News that a room is told in a second."""
SETTLED = 6
"""Ticks after which the first frame has gone through the jitter buffer."""


def opened(board: Board, says: int = 0, room: int = 0, quietest: int = ASKED) -> Peer:
    """A leg of which somebody asks whether it speaks."""
    peer = board.open(says, room)
    board.tick()
    board.state.voices.quietest[peer.leg] = quietest
    board.tick(SETTLED)
    board.engine.events()
    return peer


def spoken(board: Board) -> list[tuple[int, int]]:
    """(leg, 1 or 0) of the new events."""
    return [(leg, speaks) for leg, speaks, _ in board.events(records.SPEAKING)]


def says(board: Board, peer: Peer, amplitude: int, ticks: int) -> None:
    """A steady sound for so long."""
    for _ in range(ticks):
        peer.says = amplitude
        board.tick()


def test_every_leg_has_a_level_in_every_tick(board: Board) -> None:
    loud, still = board.open(LOUD, 0), board.open(0, 0)
    board.tick(SETTLED)
    for peer in (loud, still):
        assert board.state.voices.level[peer.leg] == level(board.state.frames.said[peer.leg, :FRAME])
    assert board.state.voices.level[loud.leg] == 15
    assert board.state.voices.level[still.leg] > 100
    loud.silent = True
    board.tick(100)
    assert board.state.voices.level[loud.leg] == SILENCE


def test_speaking_is_told_once_and_so_is_its_end(board: Board) -> None:
    peer = opened(board)
    says(board, peer, LOUD, 50)
    (told,) = board.events(records.SPEAKING)
    assert told == (peer.leg, 1, 15)
    says(board, peer, 0, HANG_TICKS - 5)
    assert spoken(board) == [], "a pause between words"
    says(board, peer, LOUD, 20)
    says(board, peer, 0, HANG_TICKS + SETTLED)
    assert spoken(board) == [(peer.leg, 0)]


def test_a_click_is_no_voice(board: Board) -> None:
    peer = opened(board)
    says(board, peer, LOUD, BEGIN_TICKS - 1)
    says(board, peer, 0, 50)
    assert spoken(board) == []


@pytest.mark.parametrize(("quietest", "expected"), [(14, []), (16, [1])])
def test_only_what_is_loud_enough_is_a_voice(board: Board, quietest: int, expected: list[int]) -> None:
    peer = opened(board, quietest=quietest)
    says(board, peer, LOUD, 40)
    assert [speaks for _, speaks in spoken(board)] == expected


def test_nothing_is_told_where_nobody_asks(board: Board) -> None:
    peer = opened(board, quietest=0)
    says(board, peer, LOUD, 40)
    assert spoken(board) == []


def test_who_asks_no_more_is_told_the_end(board: Board) -> None:
    peer = opened(board)
    says(board, peer, LOUD, 40)
    board.engine.events()
    board.state.voices.quietest[peer.leg] = 0
    says(board, peer, LOUD, HANG_TICKS + 1)
    assert spoken(board) == [(peer.leg, 0)]


def test_a_steady_noise_is_learnt_and_a_voice_above_it_is_heard(board: Board) -> None:
    peer = opened(board, quietest=70)
    says(board, peer, NOISY, 400)
    assert spoken(board)[-1:] == [(peer.leg, 0)], "a fan, not a talker"
    says(board, peer, LOUD, 20)
    assert spoken(board) == [(peer.leg, 1)]


def test_a_noise_that_ends_is_forgotten_at_once(board: Board) -> None:
    peer = opened(board, quietest=70)
    says(board, peer, NOISY, 400)
    says(board, peer, 0, 30)
    board.engine.events()
    says(board, peer, NOISY, 20)
    assert spoken(board) == [(peer.leg, 1)], "as loud as the fan was, but the fan is off"


def test_who_is_not_heard_does_not_speak(board: Board) -> None:
    peer = opened(board)
    says(board, peer, LOUD, 40)
    board.state.legs.muted[peer.leg] = 1
    says(board, peer, LOUD, HANG_TICKS + 1)
    board.state.legs.muted[peer.leg] = 0
    board.state.legs.concealed[peer.leg] = 1
    says(board, peer, LOUD, 40)
    assert spoken(board) == [(peer.leg, 1), (peer.leg, 0)]


def test_who_moves_has_ended_here_and_begins_there(board: Board) -> None:
    peer = opened(board)
    says(board, peer, LOUD, 20)
    board.engine.command(records.MOVE, peer.leg, 1)
    says(board, peer, LOUD, 20)
    board.engine.command(records.MOVE, peer.leg, -1)
    says(board, peer, LOUD, 20)
    assert spoken(board) == [(peer.leg, 1), (peer.leg, 0)] * 2, "and outside rooms nobody speaks"


def test_who_is_closed_has_ended(board: Board) -> None:
    peer = opened(board)
    says(board, peer, LOUD, 20)
    board.engine.command(records.CLOSE_LEG, peer.leg)
    board.tick()
    assert spoken(board) == [(peer.leg, 1), (peer.leg, 0)]


def test_a_room_is_told_no_more_than_it_can_bear_and_ends_up_with_the_truth(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.engine.kernels.voices.MOST_TOLD", FEW)
    peers = [board.open(0, 0) for _ in range(2 * FEW)]
    board.tick(WINDOW_TICKS)
    board.state.voices.quietest[:] = ASKED
    told: dict[int, int] = {}
    counts = []
    for amplitude in (LOUD, 0):
        for peer in peers:
            peer.says = amplitude
        for _ in range(3):
            board.tick(WINDOW_TICKS)
            news = spoken(board)
            counts.append(len(news))
            told |= dict(news)
        assert told == {peer.leg: int(amplitude > 0) for peer in peers}
    assert max(counts) == FEW
    assert sum(counts) == 2 * len(peers)


def test_a_new_leg_begins_without_the_past_of_the_one_before(board: Board) -> None:
    peer = opened(board)
    says(board, peer, LOUD, 20)
    board.engine.command(records.CLOSE_LEG, peer.leg)
    board.tick()
    board.peers.clear()
    peer = board.open(0, 0)
    board.tick(2)
    assert not board.state.voices.told[peer.leg]
    assert not board.state.voices.left[peer.leg]


def test_a_steady_voice_is_no_noise_yet_after_three_seconds(board: Board) -> None:
    """Who hums, or holds a long vowel, speaks."""
    peer = opened(board, quietest=70)
    says(board, peer, NOISY, 150)
    assert spoken(board) == [(peer.leg, 1)]
