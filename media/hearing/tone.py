"""What a stretch of 32 ms sounds like: how loud, whether one steady tone, whether music. Pure."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.hearing.detector import RATE

WINDOW = 256
"""Samples that are looked at together: bins of 31 Hz, which tell a tone from its neighbours."""
LOWEST_HZ, HIGHEST_HZ = 300, 3000
"""Where tones are looked for: well within the telephone band."""
FAINTEST_DB = -45.0
"""Below full scale: beeps and music are as loud as voices, fainter tones are hum and crosstalk."""
PURE = 0.9
"""A tone's share of all power. The two tones of a key differ by 8 dB at most: the louder has 0.86."""
STEADY = 0.4
"""The least power of a quarter of a window, relative to its greatest. Two tones as close together as those of
ringing (440 and 480 Hz) are one to the bins, but they beat."""
TONAL = 0.15
"""Flatness of the spectrum (geometric over arithmetic mean). Noise has 0.3 to 0.6, chords below 0.1."""


class Reading(NamedTuple):
    """One window."""

    level_db: float
    """Relative to full scale."""
    hertz: float | None
    """Its pitch, when it is one steady tone."""
    is_tonal: bool
    """Whether it consists of tones, be it one or a chord. Voices do so too."""


_WEIGHTS = np.hanning(WINDOW + 1)[:-1]
_BIN_HZ = RATE / WINDOW
_FROM, _TO = round(LOWEST_HZ / _BIN_HZ), round(HIGHEST_HZ / _BIN_HZ) + 1
_LOBE = 2
"""Bins on each side of a tone's own that its power spreads over."""


def read_window(samples: NDArray[np.int16]) -> Reading:
    """Look at one WINDOW."""
    wave = samples.astype(np.float64)
    quarters = (wave**2).reshape(4, -1).mean(axis=1)
    level_db = 10 * float(np.log10(quarters.mean() / 32768**2 + 1e-12))
    if level_db < FAINTEST_DB:
        return Reading(level_db, None, is_tonal=False)
    power = np.abs(np.fft.rfft(wave * _WEIGHTS)) ** 2 + 1e-9
    band = power[_FROM:_TO]
    is_tonal = bool(np.exp(np.log(band).mean()) < TONAL * band.mean())
    peak = _FROM + int(band.argmax())
    is_pure = power[peak - _LOBE : peak + _LOBE + 1].sum() >= PURE * power[1:].sum()
    if not is_pure or quarters.min() < STEADY * quarters.max():
        return Reading(level_db, None, is_tonal)
    return Reading(level_db, (peak + _between_bins(power[peak - 1 : peak + 2])) * _BIN_HZ, is_tonal)


def _between_bins(power: NDArray[np.float64]) -> float:
    """Where between its neighbours a peak lies, from a parabola through three bins: -0.5 to 0.5."""
    left, middle, right = np.log(power)
    bend = left - 2 * middle + right
    return 0.0 if bend == 0 else float(0.5 * (left - right) / bend)
