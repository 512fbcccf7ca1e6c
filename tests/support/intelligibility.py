"""How well speech that was spoiled is understood: STOI.

The short-time objective intelligibility measure of C. H. Taal, R. C. Hendriks, R. Heusdens and J. Jensen, "An
Algorithm for Intelligibility Prediction of Time-Frequency Weighted Noisy Speech", IEEE TASLP 19 (2011): 1 for
speech as it was; listeners understand next to every word from about 0.8 on.
"""

from itertools import pairwise

import numpy as np
import soxr
from numpy.typing import NDArray

Signal = NDArray[np.float64]

RATE = 10_000
WINDOW = 256
STEP = WINDOW // 2
BINS = 512
BANDS = 15
LOWEST_HZ = 150.0
SEGMENT = 30
"""Frames that are compared at a time: 384 ms."""
DYNAMIC_DB = 40.0
"""Frames that are quieter than the loudest by more are not listened to."""
CLIPPING_DB = -15.0
"""The least ratio of signal to distortion that counts; below it nothing gets worse."""
_TINY = 1e-12


def stoi(clean: Signal, heard: Signal, rate: int) -> float:
    """Of two signals of one length that are aligned in time."""
    clean, heard = (soxr.resample(signal.astype(np.float64), rate, RATE) for signal in (clean, heard))
    spoken = _loud_frames(clean)
    before, after = _bands(_frames(clean)[spoken]), _bands(_frames(heard)[spoken])
    scores = [
        _likeness(before[at : at + SEGMENT], after[at : at + SEGMENT])
        for at in range(len(before) - SEGMENT + 1)
    ]
    return float(np.mean(scores))


def _frames(signal: Signal) -> Signal:
    frames = np.lib.stride_tricks.sliding_window_view(signal, WINDOW)[::STEP]
    return frames * np.hanning(WINDOW + 2)[1:-1]


def _loud_frames(signal: Signal) -> NDArray[np.bool_]:
    loudness = 20 * np.log10(np.linalg.norm(_frames(signal), axis=1) + _TINY)
    loud: NDArray[np.bool_] = loudness > loudness.max() - DYNAMIC_DB
    return loud


def _bands(frames: Signal) -> Signal:
    """[frame, band] the amplitude in each third of an octave."""
    power = np.abs(np.fft.rfft(frames, BINS)) ** 2
    hertz = np.fft.rfftfreq(BINS, 1 / RATE)
    centres = LOWEST_HZ * 2 ** (np.arange(BANDS) / 3)
    edges = [
        np.abs(hertz - edge).argmin() for edge in [*(centres * 2 ** (-1 / 6)), centres[-1] * 2 ** (1 / 6)]
    ]
    bands: Signal = np.stack([power[:, low:high].sum(axis=1) for low, high in pairwise(edges)], axis=1)
    return bands**0.5


def _likeness(before: Signal, after: Signal) -> float:
    """Of one segment, [frame, band]: the mean correlation of the bands."""
    scaled = after * np.linalg.norm(before, axis=0) / (np.linalg.norm(after, axis=0) + _TINY)
    clipped = np.minimum(scaled, before * (1 + 10 ** (-CLIPPING_DB / 20)))
    one, other = before - before.mean(axis=0), clipped - clipped.mean(axis=0)
    norms = np.linalg.norm(one, axis=0) * np.linalg.norm(other, axis=0) + _TINY
    return float(np.mean((one * other).sum(axis=0) / norms))
