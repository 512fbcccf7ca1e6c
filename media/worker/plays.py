"""Audio files played to legs and rooms."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media.control import Notice, Play, PlayDone
from media.engine import records
from media.engine.engine import Engine
from media.engine.state import RATE, UNBEGUN
from media.errors import MediaError
from media.files.decoded import Decoded
from media.worker.ledger import Names
from media.worker.legs import Leg
from media.worker.luggage import Position
from media.worker.refusal import Refusal
from media.worker.rooms import Room
from media.worker.rows import Rows

DECODERS = 2
"""Files that are decoded at a time; more would take the processor from the engine."""
MAX_SAMPLES = 1 << 28
"""Decoded samples that may be held for all plays together: 512 MB, nine hours."""
WIDEST = 2
"""Times RATE: prompts are speech, and samples at 48 kHz would be six times as many as telephones hear."""
ENDLESS = -1
NOBODY = -1


@dataclass(slots=True, eq=False)
class _Playing:
    command: Play
    row: int
    leg: Leg | None
    room: Room | None
    rate: int = 1
    """Times RATE at which it is decoded."""
    moved: dict[str, Position] | None = None
    """Where its position goes when it has stopped, since its leg moves to another worker."""
    samples: NDArray[np.int16] | None = None
    """None while the file is being decoded; then kept alive for the engine."""


class Plays:
    """All plays. Each ends with exactly one PlayDone."""

    def __init__(self, engine: Engine, names: Names, notify: Callable[[Notice], None]) -> None:
        self._engine = engine
        self._notify = notify
        self._rows = Rows(names, "plays")
        self._decoders = ThreadPoolExecutor(DECODERS, "decode")
        self._decoded = {rate: Decoded(rate * RATE) for rate in (1, WIDEST)}
        self._by_name: dict[str, _Playing] = {}
        self._by_row: dict[int, _Playing] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, command: Play, leg: Leg | None, room: Room | None, rate: int) -> None:
        """Decode the file and play it, from where another worker stopped. Raises Refusal.

        `rate`: the highest of those who hear it, one of the engine's RATES.
        """
        if command.play in self._by_name:
            raise Refusal("there is such a play already")
        was_left = self._rows.was_left(command.play)
        playing = _Playing(command, self._rows.take(command.play), leg, room, min(rate, WIDEST))
        if not was_left:
            self._engine.state.plays.left[playing.row] = UNBEGUN
        self._by_name[command.play] = self._by_row[playing.row] = playing
        task = asyncio.create_task(self._decode(playing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self, name: str) -> None:
        """Stop a play; one that has ended, or never was, is left alone."""
        playing = self._by_name.get(name)
        if playing is not None:
            self._stop(playing)

    def stop_for(self, leg: Leg | None = None, room: Room | None = None) -> None:
        """Stop what is played to a leg, or to a room, that goes."""
        for playing in list(self._by_name.values()):
            if (leg is not None and playing.leg is leg) or (room is not None and playing.room is room):
                self._stop(playing)

    def pack(self, leg: Leg) -> dict[str, Position]:
        """Stop what is played to a leg that moves: how far each is, when the engine has let go of the leg."""
        moved: dict[str, Position] = {}
        for playing in [each for each in self._by_name.values() if each.leg is leg]:
            playing.moved = moved
            self._stop(playing)
        return moved

    def expect(self, moved: dict[str, Position]) -> None:
        """These are about to be started, at their positions. Raises Refusal."""
        for name in moved.keys() - self._rows.left.keys():
            row = self._rows.expect(name)
            self._engine.state.plays.left[row], self._engine.state.plays.position[row] = moved[name]
            # Positions that travel are counted at RATE.
            self._engine.state.plays.rate[row] = 1

    def ended(self, row: int, *, stopped: bool) -> None:
        """The engine has let go of a play."""
        playing = self._by_row[row]
        self._finish(playing, PlayDone(play=playing.command.play, outcome="stopped" if stopped else "played"))

    def settle(self) -> None:
        """Forget what another worker left and the gateway has not asked for again."""
        self._rows.settle()

    def close(self) -> None:
        """Do not decode any more."""
        self._decoders.shutdown(wait=False, cancel_futures=True)

    def _stop(self, playing: _Playing) -> None:
        if playing.samples is None:
            self._finish(playing, PlayDone(play=playing.command.play, outcome="stopped"))
        else:
            self._engine.command(records.STOP_PLAY, playing.row)

    async def _decode(self, playing: _Playing) -> None:
        loop = asyncio.get_running_loop()
        path = Path(playing.command.path)
        try:
            samples = await loop.run_in_executor(self._decoders, self._decoded[playing.rate].read, path)
        except (MediaError, MemoryError) as error:
            self._fail(playing, str(error) or "out of memory")
            return
        if samples.size + self._held() > MAX_SAMPLES:
            self._fail(playing, "the worker is playing so much that this does not fit into its memory")
        elif self._by_row.get(playing.row) is playing:
            self._begin(playing, samples)

    def _held(self) -> int:
        return sum(other.samples.size for other in self._by_row.values() if other.samples is not None)

    def _begin(self, playing: _Playing, samples: NDArray[np.int16]) -> None:
        command = playing.command
        left, position = self._position(playing)
        if left == 0:
            # Its last sample was played by another worker, which could not tell any more.
            self._finish(playing, PlayDone(play=command.play, outcome="played"))
            return
        if left == UNBEGUN:
            left, position = command.loop if command.loop > 0 else ENDLESS, 0
        playing.samples = samples
        self._engine.state.plays.gain[playing.row] = 1.0 + min(max(command.level, -1.0), 1.0)
        self._engine.command(
            records.START_PLAY,
            playing.row,
            NOBODY if playing.leg is None else playing.leg.row,
            NOBODY if playing.room is None else playing.room.row,
            playing.samples.ctypes.data,
            playing.samples.size,
            left,
            position * playing.rate,
            playing.rate,
        )

    def _position(self, playing: _Playing) -> Position:
        """How far it is: times that are left, and samples at 8 kHz."""
        plays, row = self._engine.state.plays, playing.row
        return int(plays.left[row]), int(plays.position[row]) // max(int(plays.rate[row]), 1)

    def _fail(self, playing: _Playing, reason: str) -> None:
        if self._by_row.get(playing.row) is playing:
            self._finish(playing, PlayDone(play=playing.command.play, outcome="failed", reason=reason))

    def _finish(self, playing: _Playing, done: PlayDone) -> None:
        del self._by_name[playing.command.play]
        del self._by_row[playing.row]
        if playing.moved is not None and done.outcome == "stopped":
            playing.moved[done.play] = self._position(playing)
        else:
            self._notify(done)
        self._rows.give_back(playing.row)
