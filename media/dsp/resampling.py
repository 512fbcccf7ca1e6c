"""From one of the rates that the engine mixes at to another, one frame after the other.

The rates are 1, 2, 3 and 6 times 8 kHz. Each pair of them has a low-pass filter at the least common multiple
of both, a windowed sinc with its edge at half the lower rate, of which only those taps are computed that meet
a sample. With 8 kHz as the lower rate it is flat up to 3.4 kHz and takes away more than 50 dB from 4.6 kHz
on; with 16 kHz both are twice as high. The delay is TAPS / 2 samples at the lower rate, 1.5 ms at 8 kHz.
Who hears it wants it soon (`add_at`); who compares voices wants them equally late (`add_aligned`).

A filter is given sums, before anything is turned down to fit: it computes with floating-point numbers, which
have no full scale. It keeps its last samples in `memory`, float32 [MEMORY], zeros at the start: as they are,
up to 2^24, which are 512 voices that all shout.
"""

from math import gcd

import numpy as np
from numpy.typing import NDArray

from media.engine.compile import kernel
from media.engine.state import FRAME, MEMORY, RATES, Floats32, Sums

TAPS = 24
"""Samples at the lower rate that each output is made of."""
KAISER = 5.5
"""The window's parameter: how far down, against how steep."""
PHASES = max(RATES)

_HALF, _ZERO = np.float32(0.5), np.float32(0)


def _design(source: int, target: int) -> NDArray[np.float32]:
    """[phase, tap] of the filter between two rates; each phase is scaled so that a constant passes."""
    lower = min(source, target)
    up = target // gcd(source, target)
    taps = TAPS * source // lower
    phase, tap = np.arange(up)[:, None], np.arange(taps)[None, :]
    distance = phase + up * (taps / 2 - 1 - tap)
    width = np.clip(1 - (distance / (up * taps / 2)) ** 2, 0, None)
    designed = np.sinc(distance * lower / (source * up)) * np.i0(KAISER * np.sqrt(width))
    # Zeros cost nothing: a phase that copies has one tap.
    designed[np.abs(designed) < 1e-9] = 0
    scaled: NDArray[np.float32] = (designed / designed.sum(axis=1, keepdims=True)).astype(np.float32)
    return scaled


def _design_all() -> NDArray[np.float32]:
    filters = np.zeros((len(RATES), len(RATES), PHASES, MEMORY), np.float32)
    for source in RATES:
        for target in RATES:
            designed = _design(source, target)
            place = filters[number(source), number(target)]
            place[: designed.shape[0], : designed.shape[1]] = designed
    return filters


@kernel
def number(rate: int) -> int:
    """Which of RATES it is."""
    return min(rate, len(RATES)) - 1


FILTERS = _design_all()
"""[source, target, phase, tap], rates by their number."""


@kernel
def add_at(source: Sums, target: Sums, memory: Floats32, rows: Floats32) -> None:
    """Add a frame to one of the same rate, at once, or of another one; their lengths tell the rates.

    `rows`: MEMORY + 2 * FULL numbers to work with.
    """
    _add(source, target, memory, rows, 0)


@kernel
def add_aligned(source: Sums, target: Sums, memory: Floats32, rows: Floats32) -> None:
    """As `add_at`, but 1.5 ms late from each rate to each: as late as the latest, from or to 8 kHz."""
    rate, wanted = source.size // FRAME, target.size // FRAME
    filtered = 0 if rate == wanted else TAPS // 2 * rate // min(rate, wanted)
    _add(source, target, memory, rows, TAPS // 2 * rate - filtered)


@kernel
def _add(source: Sums, target: Sums, memory: Floats32, rows: Floats32, late: int) -> None:
    """Add what was said `late` samples ago."""
    if source.size == target.size:
        _add_unfiltered(source, target, memory[:late])
        return
    rate, wanted = source.size // FRAME, target.size // FRAME
    taps = TAPS * rate // min(rate, wanted)
    both = gcd(rate, wanted)
    up, down = wanted // both, rate // both
    remembered = memory[: taps + late]
    length = (remembered.size + source.size) // down
    _lay_out(source, remembered, rows, down)
    made = rows[down * length : down * length + FRAME * both]
    for output in range(up):
        at = output * down
        taps_of_it = FILTERS[number(rate), number(wanted), at % up, :taps]
        _filter(taps_of_it, rows[: down * length], at // up + 1, down, made)
        for k in range(made.size):
            target[output + k * up] += np.int32(made[k] + (_HALF if made[k] >= _ZERO else -_HALF))
    _remember(source, remembered)


@kernel
def _add_unfiltered(source: Sums, target: Sums, memory: Floats32) -> None:
    late = memory.size
    for k in range(late):
        target[k] += np.int32(memory[k])
    for k in range(late, source.size):
        target[k] += source[k - late]
    _remember(source, memory)


@kernel
def _lay_out(source: Sums, memory: Floats32, rows: Floats32, down: int) -> None:
    """What is remembered and the frame behind it, every `down`th sample in a row: so loops have no steps."""
    remembered = memory.size // down
    length = remembered + source.size // down
    for row in range(down):
        for k in range(remembered):
            rows[row * length + k] = memory[row + k * down]
        for k in range(source.size // down):
            rows[row * length + remembered + k] = np.float32(source[row + k * down])


@kernel
def _filter(taps: Floats32, rows: Floats32, first: int, down: int, made: Floats32) -> None:
    """Every output of one phase; the first of them begins with sample number `first`."""
    made[:] = _ZERO
    length = rows.size // down
    for tap in range(taps.size):
        weight = taps[tap]
        if weight == _ZERO:
            continue
        at = (first + tap) % down * length + (first + tap) // down
        samples = rows[at : at + made.size]
        for k in range(made.size):
            made[k] += weight * samples[k]


@kernel
def _remember(source: Sums, memory: Floats32) -> None:
    for k in range(memory.size):
        memory[k] = np.float32(source[source.size - memory.size + k])
