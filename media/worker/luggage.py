"""What a leg takes along when it moves from one worker to another: its rows, octet by octet.

With them go its stream (SSRC, sequence, clock), whom it believes, what its jitter buffer holds, its counters
and how far its keys are used. What it was asked for is asked again, as after a worker's death.
"""

import msgspec
import numpy as np

from media.engine.state import FRAME, State
from media.worker.ledger import Ledger

TABLES = ("stream", "jitter", "reception", "keys", "sender")
SWITCHES = ("muted", "earmuffed", "concealed")
"""Of `State.legs`: nobody is heard for the moment until the gateway has said again who is not to be."""
MOMENTS = {"reception": ("tick",), "keys": ("began", "last_tick", "burst_tick")}
"""Times by the ticks that an engine has counted."""

Position = tuple[int, int]
"""Of a play: how often it is still to be begun, and its next sample."""


class Luggage(msgspec.Struct, frozen=True):
    """Of one RTP leg."""

    kind: int
    """RTP or PORT."""
    due: int
    """When the first tick was due that it has missed."""
    ticks: int
    """Those that its engine had counted."""
    rows: dict[str, bytes]
    switches: tuple[int, ...]
    plays: dict[str, Position] = {}
    """What is being played to it."""
    recordings: tuple[str, ...] = ()
    """Those of it alone."""


def pack(state: State, ledger: Ledger, row: int, kind: int, due: int) -> Luggage:
    """What a leg has whose engine has let go of it. `kind`: what it was; `due`: the first tick without it."""
    rows = {name: getattr(state, name)[row].tobytes() for name in TABLES}
    rows["heard"] = state.frames.jitter[row].tobytes()
    rows["marks"], rows["agreed"] = ledger.marks[row].tobytes(), ledger.agreed[row].tobytes()
    switches = tuple(int(getattr(state.legs, name)[row]) for name in SWITCHES)
    return Luggage(kind, due, int(state.meter.ticks[0]), rows, switches)


def write_luggage(luggage: Luggage, plays: dict[str, Position], recordings: tuple[str, ...]) -> bytes:
    """As octets, for another worker of this gateway."""
    return msgspec.msgpack.encode(msgspec.structs.replace(luggage, plays=plays, recordings=recordings))


def read_luggage(octets: bytes) -> Luggage | None:
    """What another worker has packed; None where a leg is new."""
    return msgspec.msgpack.decode(octets, type=Luggage) if octets else None


def unpack(luggage: Luggage, state: State, ledger: Ledger, row: int) -> None:
    """Fill the rows of a leg that is nobody's yet."""
    rows = luggage.rows
    for name in TABLES:
        table = getattr(state, name)
        table[row] = np.frombuffer(rows[name], table.dtype, 1)[0]
    state.frames.jitter[row] = np.frombuffer(rows["heard"], np.int16)
    ledger.marks[row] = np.frombuffer(rows["marks"], np.int64).reshape(ledger.marks[row].shape)
    ledger.agreed[row] = np.frombuffer(rows["agreed"], np.uint8)
    for name, value in zip(SWITCHES, luggage.switches, strict=True):
        getattr(state.legs, name)[row] = value
    later = int(state.meter.ticks[0]) - luggage.ticks
    for name, fields in MOMENTS.items():
        for field in fields:
            getattr(getattr(state, name), field)[row] += later
    state.reception.transit[row] += later * FRAME
