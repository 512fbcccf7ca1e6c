"""Leg by leg: what it says in this tick."""

from media.engine.compile import inlined, kernel
from media.engine.kernels import tones, voices
from media.engine.kernels.sums import copy
from media.engine.records import publish
from media.engine.state import (
    FRAME,
    HEARD_BY_SOME,
    RTP,
    TO_NOBODY,
    TO_RECORDERS,
    TO_ROOM,
    TO_SOME,
    Legs,
    Ports,
    Samples,
    State,
)
from media.legs.port import INBOUND_FRAMES
from media.rtp import playing


@inlined
def speak(state: State, leg: int) -> None:
    """Fill the leg's `said`, settle how far it carries, and hear what it is."""
    said = state.frames.said[leg, : FRAME * state.legs.rate[leg]]
    if state.legs.kind[leg] == RTP:
        playing.take(state.jitter, leg, state.frames.jitter[leg], said)
    else:
        _take_pushed(state.ports, leg, state.frames.inbound, said)
    state.legs.reach[leg] = _reach(state.legs, leg)
    voices.listen(state, leg)
    tones.listen(state, leg)


@kernel
def _reach(legs: Legs, leg: int) -> int:
    """Read once a tick, so that whoever adds a voice to a sum and takes it out again agrees with itself."""
    if legs.concealed[leg]:
        return TO_NOBODY
    if legs.muted[leg]:
        return TO_RECORDERS
    if legs.restricted[leg] & HEARD_BY_SOME:
        return TO_SOME
    return TO_ROOM


@kernel
def _take_pushed(ports: Ports, leg: int, inbound: Samples, said: Samples) -> None:
    """The oldest frame that was pushed and not cleared; silence when there is none."""
    played = max(ports.played[leg], ports.cleared[leg])
    if played == ports.pushed[leg]:
        said[:] = 0
    else:
        at = played % INBOUND_FRAMES * said.size
        copy(inbound[leg, at : at + said.size], said)
        played += 1
    publish(ports.played, leg, played)
