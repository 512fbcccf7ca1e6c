"""Rings, the order of legs, the loop's clock and the figures."""

from collections.abc import Callable

import pytest

from media.engine import engine, records, standin, tick
from media.engine.engine import Stalled
from media.engine.memory import make_state
from media.engine.recorder import Recorder, Step, transition
from media.engine.state import COMMANDS, EVENTS, FRAME, TICK_NS
from media.errors import IllegalTransition
from media.worker.__main__ import MAX_LEGS
from media.worker.ledger import PLAYS_PER_LEG, RECORDINGS_PER_LEG
from tests.support.board import Board

pytestmark = pytest.mark.unit


def test_the_largest_worker_has_room_for_every_end_and_two_events_of_each_leg() -> None:
    state = make_state(MAX_LEGS, int(PLAYS_PER_LEG * MAX_LEGS), int(RECORDINGS_PER_LEG * MAX_LEGS))
    assert EVENTS - int(state.rings.reserved[0]) >= 2 * MAX_LEGS


def test_a_full_ring_of_commands_takes_no_more() -> None:
    rings = make_state(1, 1, 1).rings
    assert all(records.put_command(rings, records.MOVE, 0, -1) for _ in range(COMMANDS))
    assert not records.put_command(rings, records.MOVE, 0, -1)


def test_an_engine_that_takes_no_commands_has_stalled(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE_S", 0.0)
    for _ in range(COMMANDS):
        board.engine.command(records.MOVE, 0, -1)
    with pytest.raises(Stalled):
        board.engine.command(records.MOVE, 0, -1)


def test_digits_never_take_the_place_of_what_must_not_be_lost() -> None:
    state = make_state(4, 4, 4)
    for _ in range(EVENTS):
        records.put_event(state.rings, state.meter, records.DIGIT, 0, 1, 2)
    reserved = int(state.rings.reserved[0])
    assert state.meter.events_lost[0] == reserved
    for leg in range(reserved):
        records.put_event(state.rings, state.meter, records.CLOSED, leg, 0, 0)
    assert state.meter.events_lost[0] == reserved
    events = records.take_events(state.rings)
    assert len(events) == EVENTS
    assert [event.row for event in events[-reserved:]] == list(range(reserved))


@pytest.fixture
def run(board: Board, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Run the loop for some ticks of the stand-in's clock."""

    def run(ticks: int) -> None:
        last = standin.machine.clock + ticks * TICK_NS

        def sleep_until(moment: int, _time: object) -> None:
            standin.machine.clock = max(standin.machine.clock, moment)
            board.state.meter.stop[0] = int(standin.machine.clock >= last)

        monkeypatch.setattr(tick, "sleep_until", sleep_until)
        board.state.meter.stop[0] = 0
        tick.run(board.state)

    return run


def test_the_loop_wakes_the_control_thread_once_a_tick_with_news(
    board: Board, run: Callable[[int], None]
) -> None:
    run(3)
    assert standin.machine.wakes[board.engine.bell] == 0
    for row in range(4):
        board.engine.command(records.STOP_TAP, row % 2)
    run(1)
    assert standin.machine.wakes[board.engine.bell] == 1


def test_a_late_loop_skips_ticks_and_moves_the_clocks(
    board: Board, run: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = board.open(room=0)
    board.tap(0, 0)
    board.tick()
    before = int(board.state.sender.timestamp[peer.leg])
    monkeypatch.setattr(tick, "serve", lambda _state, _beat: standin.machine.advance(15 * TICK_NS))
    run(1)
    assert board.state.meter.skipped[0] == 15
    assert board.state.sender.timestamp[peer.leg] == before + 15 * 160
    assert board.state.taps.written[0] == 1 + 15


def test_a_loop_goes_on_in_step_with_the_one_before(
    board: Board, run: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two and a half ticks have passed since the last one: two are left out, the next two are on time."""
    peer = board.open()
    run(1)
    due, before = int(board.state.meter.due[0]), int(board.state.sender.timestamp[peer.leg])
    standin.machine.advance(TICK_NS * 5 // 2)
    monkeypatch.setattr(tick, "serve", lambda _state, _beat: None)
    run(1)
    assert board.state.meter.due[0] == due + 4 * TICK_NS
    assert board.state.meter.skipped[0] == 2
    assert board.state.sender.timestamp[peer.leg] == before + 2 * FRAME


def test_the_figures_are_those_since_the_last_look(board: Board, run: Callable[[int], None]) -> None:
    run(3)
    assert board.engine.pulse().ticks == 3
    run(2)
    pulse = board.engine.pulse()
    assert (pulse.ticks, pulse.late_p99_us, pulse.busy_p99_us) == (2, 10.0, 10.0)
    assert board.engine.pulse()[:4] == (0, 0.0, 0.0, 0)


@pytest.mark.parametrize("state", Recorder)
@pytest.mark.parametrize("step", Step)
def test_the_recorders_table(state: Recorder, step: Step) -> None:
    ended = state in (Recorder.DONE, Recorder.PACKED)
    if ended or (state, step) == (Recorder.RECORDING, Step.CLOSED):
        with pytest.raises(IllegalTransition):
            transition(state, step)
    elif step is Step.CLOSED:
        end = Recorder.PACKED if state is Recorder.PACKING else Recorder.DONE
        assert transition(state, step) is end
    elif state is Recorder.RECORDING:
        following = Recorder.PACKING if step is Step.MOVED else Recorder.FINALISING
        assert transition(state, step) is following
    else:
        assert transition(state, step) is state, "the first that ended it says how it goes on"
