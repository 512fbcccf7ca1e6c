"""What is done to speech after it has been spoken: pitch, level, joints. Mono int16, shape [n]."""

import math

import numpy as np
import soxr
from numpy.typing import NDArray

from media.speech.provider import Audio

Samples = NDArray[np.int16]

QUIET = 100
"""Fifty decibels below full scale: what lies below at an edge is no speech."""
EDGE_S = 0.03
"""Of the quiet at an edge that is left, so that nothing is cut."""
KNEE = 0.75
"""Of full scale: above it a level that is raised is rounded off instead of clipped."""
BLEEP_HZ, BLEEP_LEVEL = 1000, 0.2


def pitched(audio: Audio, pitch: float) -> Audio:
    """The voice higher by a factor, and as much faster; whoever wants the pace kept speaks slower before."""
    if pitch == 1.0:
        return audio
    return Audio(soxr.resample(audio.samples, pitch * audio.rate, audio.rate), audio.rate)


def at_rate(audio: Audio, rate: int) -> Audio:
    """The same at another sampling rate."""
    if audio.rate == rate:
        return audio
    return Audio(soxr.resample(audio.samples, audio.rate, rate), rate)


def amplified(audio: Audio, gain_db: float) -> Audio:
    """Louder or softer; minus infinity is silence. Peaks are rounded off, never wrapped."""
    if gain_db == 0.0:
        return audio
    level = audio.samples / 32768.0 * (0.0 if gain_db == -math.inf else 10 ** (gain_db / 20))
    over = np.abs(level) > KNEE
    room = 1.0 - KNEE
    level[over] = np.sign(level[over]) * (KNEE + room * np.tanh((np.abs(level[over]) - KNEE) / room))
    return Audio(np.clip(np.rint(level * 32768.0), -32768, 32767).astype(np.int16), audio.rate)


def trimmed(samples: Samples, rate: int, *, tail: bool) -> Samples:
    """Without the quiet before it and, if wanted, without that after it."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > QUIET)
    if loud.size == 0:
        return samples
    edge = round(EDGE_S * rate)
    start = max(0, int(loud[0]) - edge)
    end = min(len(samples), int(loud[-1]) + 1 + edge) if tail else len(samples)
    return samples[start:end]


def silence(seconds: float, rate: int) -> Samples:
    """Nothing, for so long."""
    return np.zeros(round(seconds * rate), np.int16)


def bleep(seconds: float, rate: int) -> Samples:
    """A tone, for so long."""
    time = np.arange(round(seconds * rate)) / rate
    return np.rint(np.sin(2 * np.pi * BLEEP_HZ * time) * BLEEP_LEVEL * 32767).astype(np.int16)
