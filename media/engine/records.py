"""Commands to the engine and events from it: fixed records in two rings, each with one writer and one reader.

A record is a row of integers: what it is, the row of the leg, play or recording that it is about, and values.
"""

from typing import NamedTuple

from media.engine.compile import kernel
from media.engine.state import COMMANDS, EVENTS, Ints, Meter, Rings
from media.engine.syscalls import fence

OPEN_RTP = 0
"""leg, fd, SSRC, first sequence number, first timestamp."""
START_RTP = 1
"""leg, endpoint, payload type, telephone-event type, codec, HEARS | SENDS | LISTENED_TO, type of comfort
noise (-1 for a type that there is not), the address that signalling comes from (0: unknown)."""
OPEN_PORT = 2
"""leg, rate (one of RATES), frames that were pushed for earlier legs of this row."""
CLOSE_LEG = 3
"""leg."""
MOVE = 4
"""leg, room (-1: outside)."""
START_PLAY = 5
"""play, leg, room, address, length, times, position of the first sample, rate."""
STOP_PLAY = 6
"""play."""
START_TAP = 7
"""recording, room (-1: none), channels, rate, address, leg (-1: the room)."""
STOP_TAP = 8
"""recording."""
CARRY = 9
"""leg, RTP or PORT, rate, frames pushed so far: from now on the engine carries this leg, or only mixes it."""

ADOPT = 10
"""leg, RTP or PORT, fd, when the next tick was due where it comes from, frames that were pushed for earlier
legs of this row: the leg's row has been filled with what another engine had of it."""
KEY_RTP = 11
"""leg, the sessions that seal and open (addresses, or PLAIN or KEYLESS of `media.rtp.sealing`), and the
marks of their keys."""

HEARS, SENDS, LISTENED_TO = 1, 2, 4
"""Bits of a direction: whether the peer is heard, whether it is sent audio, and whether that goes on for good
though the peer proves by nothing that it wants it."""

CLOSED = 0
"""leg, when the tick was due that was the first without it: the engine has let go of it."""
PLAY_ENDED = 1
"""play, 1 when it was stopped."""
TAP_ENDED = 2
"""recording."""
LATCHED = 3
"""leg, endpoint."""
DIGIT = 4
"""leg, code, duration in milliseconds."""
HANDED_OVER = 5
"""leg, frames that it was given as a port so far: the engine has let go of its socket and its row."""

SPEAKING = 6
"""leg, 1 when it has begun to speak and 0 when it has ended, level in -dBov."""

LOSABLE = (LATCHED, DIGIT, SPEAKING)
"""Events that leave room for the others."""


class Event(NamedTuple):
    """One record from the engine."""

    kind: int
    row: int
    value: int
    extra: int


def put_command(rings: Rings, *words: int) -> bool:
    """Give the engine a command for its next tick; False when COMMANDS wait already. Control thread only."""
    put = int(rings.commands_put[0])
    if put - int(rings.commands_taken[0]) >= COMMANDS:
        return False
    record = rings.commands[0, put % COMMANDS]
    record[: len(words)] = words
    publish(rings.commands_put, 0, put + 1)
    return True


def take_events(rings: Rings) -> list[Event]:
    """The events since the last call, oldest first. Control thread only."""
    put = observe(rings.events_put, 0)
    taken = int(rings.events_taken[0])
    events = [Event(*rings.events[0, k % EVENTS].tolist()) for k in range(taken, put)]
    publish(rings.events_taken, 0, put)
    return events


@kernel
def put_event(rings: Rings, meter: Meter, kind: int, row: int, value: int, extra: int) -> bool:
    """Tell the control thread something; what may be lost leaves room for what may not. Whether it fits."""
    put = rings.events_put[0]
    size = EVENTS
    if kind in LOSABLE:
        size -= rings.reserved[0]
    if put - rings.events_taken[0] >= size:
        meter.events_lost[0] += 1
        return False
    record = rings.events[0, put % EVENTS]
    record[0] = kind
    record[1] = row
    record[2] = value
    record[3] = extra
    publish(rings.events_put, 0, put + 1)
    return True


@kernel
def publish(counters: Ints, row: int, value: int) -> None:
    """Move a ring's counter, after everything that was written to the ring."""
    fence()
    counters[row] = value


@kernel
def observe(counters: Ints, row: int) -> int:
    """A ring's counter, before everything that will be read from the ring."""
    value = int(counters[row])
    fence()
    return value
