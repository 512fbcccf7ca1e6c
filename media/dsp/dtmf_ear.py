"""Keys as tones, heard within the tolerances of ITU-T Q.24. A kernel: all legs are heard in one call.

A digit is told when it is over, which leaves time for a peer that sends telephone-events as well to have sent
one.
"""

from typing import NamedTuple

import numpy as np

from media.dsp.dtmf import HIGH, LOW, PADS, RATE
from media.engine.compile import kernel
from media.engine.state import FRAME, TONE_PAST, Floats, Samples, Tones, Work

NONE = -1

HOP = TONE_PAST
"""Samples between looks."""
WINDOW = 2 * HOP
"""Samples that are looked at: 20 ms, which tells 697 Hz from 770."""
MIN_WINDOWS = 4
"""Windows in a row with the same digit, which fills half of the first and the last: more than the 23 ms that
Q.24 refuses, and no more than the 40 ms that it accepts."""
GAP_WINDOWS = 3
"""Windows without it after which it is over."""
LEAST_SHARE = 0.45
"""Of the energy that the two tones must have: all of it when they are alone, half when 1.5 % off pitch."""
DOMINANCE = 4.0
"""A tone has so many times the energy of the others of its group: 6 dB."""
LEAST_TWIST, MOST_TWIST = 0.1, 8.0
"""High tone to low tone in energy: -6 to +6 dB, for lines that pass one of them badly, also off pitch."""
QUIETEST = 150.0
"""Root mean square of a window below which nothing is a digit: -47 dBov."""
GROUP = 4
"""Tones of a group."""

_angles = 2 * np.pi * np.outer(np.arange(WINDOW), LOW + HIGH) / RATE
WAVES = np.concatenate([np.cos(_angles), np.sin(_angles)], axis=1)
"""[sample, wave] what the sound is compared with: of each tone the cosine, then of each the sine."""
TONES = len(LOW + HIGH)
_PADS = np.array(PADS)


class Digit(NamedTuple):
    """A key that was let go."""

    code: int
    """As RFC 4733 numbers them: 0-9, *, #, A-D. NONE where none was let go."""
    duration_ms: int


@kernel
def clear(tones: Tones, leg: int) -> None:
    """The leg is a new one."""
    tones.past[leg, :] = 0
    tones.key[leg], tones.windows[leg], tones.missing[leg] = NONE, 0, 0


@kernel
def hear(tones: Tones, leg: int, frame: Samples, work: Work) -> Digit:
    """The digit that is over with a frame at 8 kHz."""
    line = work.tone_line
    for k in range(HOP):
        line[k] = tones.past[leg, k]
        tones.past[leg, k] = frame[FRAME - HOP + k]
    for k in range(FRAME):
        line[HOP + k] = frame[k]
    digit = _follow(tones, leg, _look(line[:WINDOW], work.tone_powers))
    later = _follow(tones, leg, _look(line[HOP : HOP + WINDOW], work.tone_powers))
    return later if digit.code == NONE else digit


@kernel
def _follow(tones: Tones, leg: int, key: int) -> Digit:
    """Take in what one window has."""
    before = tones.key[leg]
    if key != NONE and key == before:
        tones.windows[leg] += 1 + tones.missing[leg]
        tones.missing[leg] = 0
        return Digit(NONE, 0)
    tones.missing[leg] += 1
    if before != NONE and key == NONE and tones.missing[leg] < GAP_WINDOWS:
        return Digit(NONE, 0)
    windows = tones.windows[leg]
    tones.key[leg], tones.windows[leg], tones.missing[leg] = key, int(key != NONE), 0
    if windows >= MIN_WINDOWS:
        return Digit(before, (windows + 1) * HOP * 1000 // RATE)
    return Digit(NONE, 0)


@kernel
def _look(window: Floats, powers: Floats) -> int:
    """The key in a window, or NONE. Most windows are quiet, or loud with something else."""
    whole = 0.0
    for k in range(WINDOW):
        whole += window[k] * window[k]
    whole /= WINDOW
    if whole < QUIETEST * QUIETEST:
        return NONE
    _measure(window, powers)
    row, column = _loudest(powers, 0), _loudest(powers, GROUP)
    low, high = powers[row], powers[GROUP + column]
    if low + high < LEAST_SHARE * whole or not LEAST_TWIST * low <= high <= MOST_TWIST * low:
        return NONE
    if not _dominates(powers, 0, low) or not _dominates(powers, GROUP, high):
        return NONE
    return int(_PADS[GROUP * row + column])


@kernel
def _measure(window: Floats, powers: Floats) -> None:
    """Fill `powers` with that of each tone; its second half is room to work in."""
    powers[:] = 0.0
    for k in range(WINDOW):
        for wave in range(2 * TONES):
            powers[wave] += window[k] * WAVES[k, wave]
    for tone in range(TONES):
        real, imaginary = powers[tone], powers[TONES + tone]
        powers[tone] = (real * real + imaginary * imaginary) * 2 / (WINDOW * WINDOW)


@kernel
def _loudest(powers: Floats, first: int) -> int:
    """Which tone of a group."""
    best = 0
    for tone in range(1, GROUP):
        if powers[first + tone] > powers[first + best]:
            best = tone
    return best


@kernel
def _dominates(powers: Floats, first: int, loudest: float) -> bool:
    rest = -loudest
    for tone in range(GROUP):
        rest += powers[first + tone]
    return DOMINANCE * rest <= (GROUP - 1) * loudest
