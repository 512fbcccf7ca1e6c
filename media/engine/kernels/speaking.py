"""Phase 3: what each leg says in this tick."""

from media.dsp import halfband
from media.engine.compile import kernel
from media.engine.kernels.mixing import copy
from media.engine.records import publish
from media.engine.state import RTP, Legs, Ports, State
from media.legs.port import INBOUND_FRAMES
from media.rtp import jitter


@kernel
def speak_all(state: State) -> None:
    """Fill `said` of every leg; a muted one says nothing."""
    legs = state.legs
    for k in range(state.order.tally.legs[0]):
        leg = state.order.legs[k]
        if legs.kind[leg] == RTP:
            jitter.take(state.jitter, leg, legs.said[leg])
        else:
            _take_pushed(state.ports, legs, leg)
        if legs.muted[leg]:
            legs.said[leg, :] = 0


@kernel
def _take_pushed(ports: Ports, legs: Legs, leg: int) -> None:
    """The oldest frame that was pushed and not cleared; silence when there is none."""
    played = max(ports.played[leg], ports.cleared[leg])
    if played == ports.pushed[leg]:
        legs.said[leg, :] = 0
    else:
        frame = ports.inbound[leg, played % INBOUND_FRAMES]
        if ports.wide[leg]:
            halfband.down(frame, legs.said[leg], ports.down[leg])
        else:
            copy(frame, legs.said[leg])
        played += 1
    publish(ports.played, leg, played)
