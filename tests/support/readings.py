"""Words that are said over and over, as they came through a network: how well each reading is understood.

A delay that changes moves what is heard, and does not spoil it: the words are compared piece by piece, each
where it is most like what was said. What is made up or left out is judged by STOI; what is missing, by its
holes.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.support.intelligibility import stoi
from tests.support.spoken import RATE_HZ

Signal = NDArray[np.float64]

PIECE = RATE_HZ // 2
REACH = RATE_HZ // 5
"""How far a piece may be from where its reading is: more than delays change in a few seconds."""
STRAY = RATE_HZ // 2
"""How far a reading may be from the end of the one before."""
ASTRAY = 0.5
"""Where no more is understood, the place is in doubt, and the next reading may be anywhere."""
HOLE = RATE_HZ // 200
"""5 ms: longer than a crossing of zero, shorter than any loss."""
LOUD, SILENT = 0.1, 0.02
"""Of the loudest sample: a hole is silent where the words are loud."""


class Reading(NamedTuple):
    """One of many."""

    understood: float
    """STOI, 1 for the words as they were."""
    holes: float
    """The part of the words' loud moments in which nothing is heard."""
    at: int
    """The sample at which it begins, by most of its pieces."""


def readings(words: NDArray[np.int16], heard: NDArray[np.int16]) -> list[Reading]:
    """Every whole reading in a sound, at `RATE_HZ`, that begins anywhere in the words."""
    clean, there = words.astype(float), heard.astype(float)
    found: list[Reading] = []
    start, end = 0, 2 * clean.size
    while end <= there.size:
        found.append(_read(clean, there, start + _place(clean, there[start:end])))
        stray = STRAY if found[-1].understood > ASTRAY else clean.size // 2
        start = max(found[-1].at + clean.size - stray, 0)
        end = start + clean.size + 2 * stray
    return found


def _read(clean: Signal, there: Signal, at: int) -> Reading:
    pieces, moves = [], []
    bounds = [*range(0, clean.size - PIECE, PIECE), clean.size]
    for first, last in pairwise(bounds):
        start = min(max(at + first - REACH, 0), there.size - (last - first))
        piece = there[start : at + last + REACH]
        found = _place(clean[first:last], piece)
        pieces.append(piece[found : found + last - first])
        moves.append(start + found - at - first)
    aligned = np.concatenate(pieces)
    return Reading(stoi(clean, aligned, RATE_HZ), _holes(clean, aligned), at + int(np.median(moves)))


def _place(clean: Signal, there: Signal) -> int:
    """Where in `there` the sound is that has most of the shape of `clean`."""
    size = clean.size + there.size
    products = np.fft.irfft(np.fft.rfft(there, size) * np.conj(np.fft.rfft(clean, size)), size)
    energy = np.concatenate([[0.0], np.cumsum(there**2)])
    likeness = products[: there.size - clean.size + 1] / np.sqrt(
        energy[clean.size :] - energy[: -clean.size] + 1
    )
    return int(likeness.argmax())


def _holes(clean: Signal, aligned: Signal) -> float:
    moments = (np.abs(sound[: sound.size // HOLE * HOLE]).reshape(-1, HOLE) for sound in (clean, aligned))
    before, after = (sound.max(axis=1) for sound in moments)
    loudest = np.abs(clean).max()
    loud = before > LOUD * loudest
    return float(np.mean(after[loud] < SILENT * loudest))
