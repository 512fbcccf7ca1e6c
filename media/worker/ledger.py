"""What a worker's Python thread notes beside the engine's tables, so that another worker can go on.

Rows have names here: what the gateway asks of the next worker names what it is about, and finds the row that
it had. All of it stands in the engine's memory and is written before it is used.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.engine.arena import Arena, Plots, share
from media.engine.memory import make_state
from media.engine.state import TAP_CHANNELS, TAP_FRAMES, WIDE, Octets, State
from media.rtp.kept_keys import AGREED

NAME = 64
"""Octets of a name; those of the gateway have 40 at most."""
PEM = 4096
"""Octets of a certificate and its key."""
ELSEWHERE = np.iinfo(np.int64).min
"""When a recording began that another worker has begun, for the one that goes on with its file."""

Names = NDArray[np.bytes_]

PLAYS_PER_LEG = 1
"""Rows for plays, as a multiple of those for legs."""
RECORDINGS_PER_LEG = 1.5
"""Each may be listened to alone; a room has two legs or more, and most have one recording at the most."""


class Size(NamedTuple):
    """How many there may be at a time."""

    legs: int
    plays: int
    recordings: int


def size_for(legs: int) -> Size:
    """What goes with so many legs."""
    return Size(legs, PLAYS_PER_LEG * legs, max(int(legs * RECORDINGS_PER_LEG), 1))


class Ledger(NamedTuple):
    """The notes."""

    legs: Names
    """Whose row it is; empty where it is nobody's. So are the next three."""
    rooms: Names
    plays: Names
    recordings: Names
    channels: Names
    """[recording, TAP_CHANNELS] the leg that first got each channel."""
    began: NDArray[np.int64]
    """[recording] `Taps.read` when the recording began, or ELSEWHERE."""
    identity: Octets
    """[PEM] the certificate of the legs, as text that ends with the first zero."""
    marks: NDArray[np.int64]
    """[leg, 2, MAX_KEYS, MARK_WORDS] how far the leg's keys are used: those of `State.marks`."""
    agreed: Octets
    """[leg, AGREED] the keys that DTLS gave it."""
    rings: Plots
    """Those of the recordings: `Taps.address` points here."""


class Memory(NamedTuple):
    """All that outlives a worker."""

    state: State
    ledger: Ledger
    is_new: bool
    """Nobody has worked on it before."""


def open_memory(fd: int, size: Size) -> Memory:
    """Map a memfd, an empty one or one that another worker has left. Raises ForeignLayout."""
    (state, ledger), is_new = share(fd, lambda arena: _lay_out(arena, size))
    return Memory(state, ledger, is_new)


def _lay_out(arena: Arena, size: Size) -> tuple[State, Ledger]:
    state = make_state(size.legs, size.plays, size.recordings, arena)
    ledger = Ledger(
        legs=_names(arena, size.legs),
        rooms=_names(arena, size.legs),
        plays=_names(arena, size.plays),
        recordings=_names(arena, size.recordings),
        channels=_names(arena, (size.recordings, TAP_CHANNELS)),
        began=arena.zeros(size.recordings, np.int64),
        identity=arena.zeros(PEM, np.uint8),
        marks=state.marks,
        agreed=arena.zeros((size.legs, AGREED), np.uint8),
        rings=arena.plots(size.recordings, TAP_FRAMES * WIDE * TAP_CHANNELS * 2),
    )
    return state, ledger


def _names(arena: Arena, shape: int | tuple[int, ...]) -> NDArray[Any]:
    return arena.zeros(shape, f"S{NAME}")
