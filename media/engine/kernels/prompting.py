"""What is played in this tick, to one leg or to a room, at the rates of those who hear it."""

from media.dsp.resampling import add_at
from media.engine import records
from media.engine.compile import kernel
from media.engine.kernels import buses
from media.engine.kernels.grouping import beat_of, used
from media.engine.state import BUSES, FRAME, RATES, Plays, Samples, State, Sums
from media.engine.syscalls import samples_at


@kernel
def play_all(state: State, beat: int) -> None:
    """Fill `aside` and `aired` of a beat's legs and rooms, and end the plays that are over."""
    plays, count = state.plays, state.order.plays
    count[0] = used(plays.active, count[0])
    for play in range(count[0]):
        if not plays.active[play] or beat_of(state, plays.leg[play], plays.room[play]) != beat:
            continue
        line = state.work.line[: FRAME * plays.rate[play]]
        _play(plays, play, line)
        if plays.leg[play] >= 0:
            _say_aside(state, play, line)
        else:
            _air(state, play, line)
        if plays.left[play] == 0:
            plays.active[play] = 0
            records.put_event(state.rings, state.meter, records.PLAY_ENDED, play, 0, 0)


@kernel
def forget_all(state: State) -> None:
    """What was played has been heard."""
    plays = state.plays
    for play in range(state.order.plays[0]):
        if plays.leg[play] >= 0:
            state.legs.has_aside[plays.leg[play]] = 0
        else:
            state.rooms.has_aired[plays.room[play]] = 0


@kernel
def _say_aside(state: State, play: int, line: Sums) -> None:
    legs, leg = state.legs, state.plays.leg[play]
    aside = state.frames.aside[leg, : FRAME * legs.rate[leg]]
    if not legs.has_aside[leg]:
        legs.has_aside[leg] = 1
        aside[:] = 0
    add_at(line, aside, state.filters.plays[play, buses.bus_of(legs, leg)], state.work.rows)


@kernel
def _air(state: State, play: int, line: Sums) -> None:
    rooms, room = state.rooms, state.plays.room[play]
    aired, present = state.frames.aired[room], rooms.buses[room]
    if not rooms.has_aired[room]:
        rooms.has_aired[room] = 1
        buses.clear(aired, present)
    for bus in range(BUSES):
        if present >> bus & 1:
            memory = state.filters.plays[play, bus]
            add_at(line, aired[bus, : FRAME * RATES[bus]], memory, state.work.rows)


@kernel
def _play(plays: Plays, play: int, line: Sums) -> None:
    """The next frame of the play, filled up with silence; `left` becomes 0 with its last sample."""
    samples = samples_at(plays.address[play], plays.length[play])
    gain = plays.gain[play]
    position = plays.position[play]
    line[:] = 0
    for k in range(line.size):
        line[k] = _scale(samples, position, gain)
        position += 1
        if position == plays.length[play]:
            position = 0
            plays.left[play] = max(plays.left[play] - 1, -1)
            if plays.left[play] == 0:
                break
    plays.position[play] = position


@kernel
def _scale(samples: Samples, position: int, gain: float) -> int:
    return int(samples[position] * gain)
