"""Phase 4: what is played in this tick, to one leg or to a room."""

from media.engine import records
from media.engine.compile import kernel
from media.engine.kernels.grouping import beat_of
from media.engine.state import FRAME, Ints, Plays, Samples, State, Sums
from media.engine.syscalls import samples_at


@kernel
def play_all(state: State, beat: int) -> None:
    """Fill `aside` and `aired` of a beat's legs and rooms, and end the plays that are over."""
    legs, rooms, plays, frames = state.legs, state.rooms, state.plays, state.frames
    legs.has_aside[:] = 0
    rooms.has_aired[:] = 0
    for play in range(plays.active.size):
        if not plays.active[play] or beat_of(state, plays.leg[play], plays.room[play]) != beat:
            continue
        if plays.leg[play] >= 0:
            _add(plays, play, frames.aside, legs.has_aside, plays.leg[play])
        else:
            _add(plays, play, frames.aired, rooms.has_aired, plays.room[play])
        if plays.left[play] == 0:
            plays.active[play] = 0
            records.put_event(state.rings, state.meter, records.PLAY_ENDED, play, 0, 0)


@kernel
def _add(plays: Plays, play: int, sums: Sums, used: Ints, row: int) -> None:
    """Add a frame of the play to a row, which is silent when it is used for the first time in this tick."""
    line = sums[row]
    if not used[row]:
        used[row] = 1
        line[:] = 0
    _play(plays, play, line)


@kernel
def _play(plays: Plays, play: int, line: Sums) -> None:
    """Add a frame of the play; `left` becomes 0 with its last sample."""
    samples = samples_at(plays.address[play], plays.length[play])
    gain = plays.gain[play]
    position = plays.position[play]
    for k in range(FRAME):
        line[k] += _scale(samples, position, gain)
        position += 1
        if position == plays.length[play]:
            position = 0
            plays.left[play] = max(plays.left[play] - 1, -1)
            if plays.left[play] == 0:
                break
    plays.position[play] = position


@kernel
def _scale(samples: Samples, position: int, gain: float) -> int:
    return min(max(int(samples[position] * gain), -32768), 32767)
