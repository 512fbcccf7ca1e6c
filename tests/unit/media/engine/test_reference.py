"""Mixing against a plain model of it: random rooms, rates, moves, mutes, earmuffs, restrictions and plays.

There are no sockets among the legs, so that compiled kernels are judged here as well.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media.dsp.resampling import add_at
from media.engine import records
from media.engine.ports import EnginePort
from media.engine.state import FRAME, FULL, HEARD_BY_SOME, HEARS_SOME, MEMORY
from media.engine.state import RATES as RATE_NUMBERS
from tests.support.board import Board

pytestmark = pytest.mark.unit

LEGS = 4
TICKS = 3
OUTSIDE = -1
LOUDEST = 32767
Samples = NDArray[np.int16]
Sums = NDArray[np.int32]


class Scene(NamedTuple):
    """What holds in a tick: one entry for each leg."""

    rooms: tuple[int, ...]
    muted: tuple[bool, ...]
    earmuffed: tuple[bool, ...]
    restricted: tuple[int, ...]
    may_hear: tuple[tuple[bool, ...], ...]


def of_each(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.tuples(*[strategy] * LEGS)


SCENES = st.builds(
    Scene,
    of_each(st.sampled_from((OUTSIDE, 0, 0, 1))),
    of_each(st.booleans()),
    of_each(st.booleans()),
    of_each(st.sampled_from((0, 0, 0, HEARD_BY_SOME, HEARS_SOME, HEARD_BY_SOME | HEARS_SOME))),
    of_each(of_each(st.booleans())),
)
RATES = st.sampled_from(
    ((1,) * LEGS, (2,) * LEGS, (1, 1, 2, 2), (1, 1, 1, 2), (1, 2, 3, 6), (1, 6, 6, 1), (6, 6, 3, 6))
)


@dataclass
class Filter:
    """What a stream sounds like at other rates. A new one has heard nothing yet."""

    memory: NDArray[np.float32] = field(default_factory=lambda: np.zeros(MEMORY, np.float32))

    def __call__(self, line: Sums, rate: int) -> Sums:
        out = np.zeros(FRAME * rate, np.int32)
        add_at(line, out, self.memory, np.zeros(MEMORY + 2 * FULL, np.float32))
        return out


@dataclass
class Model:
    """The rules, one leg and one voice after the other."""

    rates: tuple[int, ...]
    gain: float
    played: Samples
    ducked: list[float] = field(default_factory=lambda: [0.0] * LEGS)
    between: dict[tuple[int, int, int], Filter] = field(default_factory=lambda: defaultdict(Filter))
    """[room, from, to]"""
    private: dict[tuple[int, int], Filter] = field(default_factory=lambda: defaultdict(Filter))
    """[leg, from]"""
    prompt: dict[int, Filter] = field(default_factory=lambda: defaultdict(Filter))
    before: Scene | None = None
    ticks: int = 0

    def tick(self, scene: Scene, said: list[Samples]) -> list[Samples]:
        self._forget(scene)
        voices = [self._voice(scene, leg, frame) for leg, frame in enumerate(said)]
        public = {room: self._public(scene, room, voices) for room in set(scene.rooms) - {OUTSIDE}}
        sums = [self._sum(scene, leg, voices, public) for leg in range(LEGS)]
        prompt = (self.played[self.ticks * FRAME : (self.ticks + 1) * FRAME] * self.gain).astype(np.int32)
        if any(room == 0 for room in scene.rooms):
            for rate in sorted({self.rates[leg] for leg in range(LEGS) if scene.rooms[leg] == 0}):
                at_rate = self.prompt[rate](prompt, rate)
                for leg in range(LEGS):
                    if scene.rooms[leg] == 0 and self.rates[leg] == rate:
                        sums[leg] = sums[leg] + at_rate
        self.before, self.ticks = scene, self.ticks + 1
        return [self._fitted(leg, line) for leg, line in enumerate(sums)]

    def _there(self, scene: Scene | None, room: int) -> set[int]:
        rooms = scene.rooms if scene is not None else ()
        return {self.rates[leg] for leg, where in enumerate(rooms) if where == room}

    def _forget(self, scene: Scene) -> None:
        """A filter begins anew with the first of a rate, and a leg's own where it moves or hears nobody."""
        for room in set(scene.rooms):
            new = self._there(scene, room) - self._there(self.before, room)
            for key in [key for key in self.between if key[0] == room and new & set(key[1:])]:
                del self.between[key]
        for leg, rate in list(self.private):
            moved = self.before is None or self.before.rooms[leg] != scene.rooms[leg]
            if moved or scene.earmuffed[leg]:
                del self.private[leg, rate]

    def _voice(self, scene: Scene, leg: int, frame: Samples) -> Sums:
        return np.zeros(frame.size, np.int32) if scene.muted[leg] else frame.astype(np.int32)

    def _public(self, scene: Scene, room: int, voices: list[Sums]) -> dict[tuple[int, int], Sums]:
        """[from, to]: what those of one rate, whom everybody may hear, say to those of another."""
        spoken = {rate: np.zeros(FRAME * rate, np.int32) for rate in self._there(scene, room)}
        for leg in range(LEGS):
            if scene.rooms[leg] == room and not scene.restricted[leg] & HEARD_BY_SOME:
                spoken[self.rates[leg]] += voices[leg]
        return {
            (one, other): self.between[room, one, other](spoken[one], other) if one != other else spoken[one]
            for one in sorted(spoken)
            for other in sorted(spoken)
        }

    def _sum(
        self, scene: Scene, leg: int, voices: list[Sums], public: dict[int, dict[tuple[int, int], Sums]]
    ) -> Sums:
        room, rate, restricted = scene.rooms[leg], self.rates[leg], scene.restricted[leg]
        line = np.zeros(FRAME * rate, np.int32)
        if room == OUTSIDE or scene.earmuffed[leg]:
            return line
        there = sorted(self._there(scene, room))
        others = [other for other in range(LEGS) if scene.rooms[other] == room and other != leg]
        if not restricted & HEARS_SOME:
            line = line + sum(public[room][one, rate] for one in there)
            if not restricted & HEARD_BY_SOME:
                line = line - voices[leg]
        allowed = [
            other
            for other in others
            if scene.may_hear[leg][other]
            and not scene.muted[other]
            and (scene.restricted[other] & HEARD_BY_SOME or restricted & HEARS_SOME)
        ]
        for one in RATE_NUMBERS:
            own = np.zeros(FRAME * one, np.int32)
            for other in allowed:
                if self.rates[other] == one:
                    own += voices[other]
            line = line + (self.private[leg, one](own, rate) if one != rate else own)
        return line

    def _fitted(self, leg: int, line: Sums) -> Samples:
        """As the limiter's own words have it: evenly down to its loudest sample, or a tenth back up."""
        loudest = int(np.maximum(line, -1 - line).max())
        gain = 1.0 - self.ducked[leg]
        if loudest <= LOUDEST and not self.ducked[leg]:
            return line.astype(np.int16)
        if LOUDEST / max(loudest, LOUDEST) < gain:
            after = LOUDEST / loudest
            length = int(np.argmax(np.maximum(line, -1 - line))) + 1
        else:
            after = min(LOUDEST / max(loudest, LOUDEST), gain + (1.0 - gain) * 0.1)
            after, length = (1.0 if after >= 1.0 - 1 / 256 else after), line.size
        ramp = gain + (after - gain) * np.minimum(np.arange(1, line.size + 1), length) / length
        self.ducked[leg] = 1.0 - after
        return np.clip(np.trunc(line * ramp), -LOUDEST - 1, LOUDEST).astype(np.int16)


def apply(board: Board, scene: Scene, before: Scene | None) -> None:
    state = board.state
    for leg in range(LEGS):
        if before is None or before.rooms[leg] != scene.rooms[leg]:
            board.engine.command(records.MOVE, leg, scene.rooms[leg])
        state.legs.muted[leg] = scene.muted[leg]
        state.legs.earmuffed[leg] = scene.earmuffed[leg]
        state.legs.restricted[leg] = scene.restricted[leg]
        state.may_hear[leg, :LEGS] = scene.may_hear[leg]


NOBODY = (False,) * LEGS


def scene(
    *rooms: int, restricted: tuple[int, ...] = (0,) * LEGS, earmuffed: tuple[bool, ...] = NOBODY
) -> Scene:
    """Legs in rooms; who is restricted may hear everybody."""
    everybody = ((True,) * LEGS,) * LEGS
    return Scene(rooms, NOBODY, earmuffed, restricted, everybody)


TWO_MIXED_ROOMS = [scene(0, 0, 1, 1)] * TICKS
GONE_AND_BACK = [scene(0, 0, 1, 1), scene(0, OUTSIDE, 1, 1), scene(0, 0, 1, 1)]
_ONE_CHOOSES = (HEARS_SOME, 0, 0, 0)
_FIRST = (True, False, False, False)
EARMUFFED_FOR_A_WHILE = [
    scene(0, 0, 1, 1, restricted=_ONE_CHOOSES, earmuffed=earmuffed) for earmuffed in (NOBODY, _FIRST, NOBODY)
]
FREE_FOR_A_WHILE = [
    scene(0, 0, 1, 1, restricted=restricted) for restricted in (_ONE_CHOOSES, (0,) * LEGS, _ONE_CHOOSES)
]
ALONE_FOR_A_WHILE = [scene(0, room, 1, 1, restricted=_ONE_CHOOSES) for room in (0, OUTSIDE, 0)]
MOVED_TO_OTHERS = [scene(room, 0, 1, 1, restricted=_ONE_CHOOSES) for room in (0, 1, 1)]


@example((1, 2, 1, 2), TWO_MIXED_ROOMS, 1, 0.0)
@example((1, 2, 1, 2), GONE_AND_BACK, 1, 0.0)
@example((1, 2, 2, 2), MOVED_TO_OTHERS, 1, 0.0)
@example((1, 2, 2, 2), EARMUFFED_FOR_A_WHILE, 1, 0.0)
@example((1, 2, 2, 2), FREE_FOR_A_WHILE, 1, 0.0)
@example((1, 2, 2, 2), ALONE_FOR_A_WHILE, 1, 0.0)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    RATES,
    st.lists(SCENES, min_size=TICKS, max_size=TICKS),
    st.integers(0),
    st.sampled_from((0.0, 0.4, 1.0, 2.0)),
)
def test_everybody_hears_what_the_rules_say_to_the_bit(
    rates: tuple[int, ...], scenes: list[Scene], seed: int, gain: float
) -> None:
    rng = np.random.default_rng(seed)
    board = Board(legs=LEGS)
    try:
        for leg, rate in enumerate(rates):
            board.engine.command(records.OPEN_PORT, leg, rate, 0)
        ports = [EnginePort(board.state, leg, 8000 * rate) for leg, rate in enumerate(rates)]
        model = Model(rates, gain, rng.integers(-20_000, 20_000, TICKS * FRAME, np.int16))
        before = None
        for scene in scenes:
            loudness = int(rng.choice([300, 12_000, LOUDEST]))
            said = [rng.integers(-loudness, loudness, FRAME * rate, np.int16) for rate in rates]
            for port, frame in zip(ports, said, strict=True):
                assert port.push(frame.tobytes())
            apply(board, scene, before)
            if before is None:
                board.play(model.played, room=0, gain=gain)
            board.tick()
            before = scene
            expected = model.tick(scene, said)
            for leg, port in enumerate(ports):
                heard = np.frombuffer(port.pop() or b"", "<i2")
                assert np.array_equal(heard, expected[leg]), (leg, scene)
    finally:
        board.close()
