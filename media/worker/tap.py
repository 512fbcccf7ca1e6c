"""The engine's end of a tape: a row that it is tapped with, and the channel of each leg.

All of that stands in memory that outlives the worker, so another one goes on with the same.
"""

import asyncio

import numpy as np

from media.engine import records
from media.engine.engine import Engine
from media.engine.state import RATE, Samples
from media.worker.ledger import ELSEWHERE, Ledger
from media.worker.tape import Tape

NONE = -1
"""No room, or no leg."""


class Tap:
    """One recording's. `row`: as `prepare` has made it, or as another worker has left it."""

    def __init__(self, engine: Engine, ledger: Ledger, row: int, tape: Tape) -> None:
        self.row = row
        self.ended = asyncio.Event()
        """The engine puts nothing more into the ring."""
        self._engine = engine
        self._ledger = ledger
        self._tape = tape
        known = ledger.channels[row].tolist()
        self._channels = {leg.decode(): channel for channel, leg in enumerate(known) if leg}

    def start(self, *, room: int = NONE, leg: int = NONE) -> None:
        """Have the ring filled with a room, or a leg alone; the engine may be at it already."""
        if not self._engine.state.taps.active[self.row]:
            tape, address = self._tape, self._ring().ctypes.data
            self._engine.command(
                records.START_TAP, self.row, room, tape.channels, tape.rate // RATE, address, leg
            )

    def stop(self) -> None:
        """Have the ring filled no more; `ended` tells when that is so."""
        self._engine.command(records.STOP_TAP, self.row)

    def give_channel(self, leg: str, row: int) -> None:
        """A leg, whose row this is, gets the channel it had, else the next; the last when none is free."""
        last = self._tape.channels - 1
        if leg not in self._channels:
            self.note_channel(leg, min(len(self._channels), last))
        self._engine.state.channel[self.row, row] = self._channels[leg]

    def note_channel(self, leg: str, channel: int) -> None:
        """A leg is to have this channel as soon as it is there."""
        self._channels[leg] = channel
        if not self._ledger.channels[self.row, channel]:
            self._ledger.channels[self.row, channel] = leg.encode()

    def catch_up(self) -> None:
        """When the tape is open: let it read the ring from behind what is in the file."""
        tape, read, began = self._tape, self._engine.state.taps.read, self._ledger.began
        tape.ring = self._ring()
        if began[self.row] == ELSEWHERE:
            began[self.row] = read[self.row] - tape.frames
        else:
            read[self.row] = began[self.row] + tape.frames

    def _ring(self) -> Samples:
        ring: Samples = self._ledger.rings.array(self.row, self._tape.shape, np.int16)
        return ring


def prepare(engine: Engine, ledger: Ledger, row: int) -> None:
    """Make a row ready for a new recording."""
    ledger.channels[row] = b""
    ledger.began[row] = engine.state.taps.read[row]
