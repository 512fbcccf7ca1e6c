"""What becomes of an engine's memory when its process has died: another goes on where it stopped.

A process can die between any two stores. What counts is written before it is used, so that at worst a number
is left out; what can be half done is made anew.
"""

from collections.abc import Mapping

from media.engine.records import LOSABLE, Event, take_events
from media.engine.state import FREE, State
from media.rtp.sealing import without

NOWHERE = -1


def take_over(state: State, sockets: Mapping[int, int]) -> list[Event]:
    """Make the memory ready to be ticked on; what was heard, and not told any more.

    `sockets`: the descriptor of each RTP leg that goes on, by row; all others are gone. Plays wait until they
    are started again, at their positions, and legs under keys until these are given again. Recordings go on;
    control has to say first where their rings are.
    """
    for leg in range(state.legs.kind.size):
        if leg in sockets:
            state.stream.fd[leg] = sockets[leg]
            state.stream.sealing[leg] = without(state.stream.sealing[leg])
            state.stream.opening[leg] = without(state.stream.opening[leg])
        else:
            state.legs.kind[leg] = FREE
            state.legs.room[leg] = NOWHERE
            state.legs.beat[leg] = 0
    state.plays.active[:] = 0
    # Whoever gave these commands gives them again: they name descriptors and addresses of another process.
    state.rings.commands_taken[0] = state.rings.commands_put[0]
    state.order.stale[0] = 1
    state.meter.stop[0] = 0
    return [event for event in take_events(state.rings) if event.kind in LOSABLE]
