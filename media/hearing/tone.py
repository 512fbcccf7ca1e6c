"""What a stretch of 32 ms sounds like: how loud, whether one steady tone or two, whether music. In batches.

All lines that have a chunk are read in one call: the work is in a few operations on large arrays, and a line
costs the less the more there are.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from media.hearing.detector import CHUNK, RATE, Reading

WINDOW = CHUNK
"""Samples that are looked at together: bins of 31 Hz, which tell a tone from its neighbours."""
HOP = WINDOW // 2
"""Samples between windows: 16 ms, so that a beep of 100 ms fills several."""
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
PAIRS = ((350.0, 440.0), (350.0, 450.0), (400.0, 450.0), (440.0, 480.0), (480.0, 620.0))
"""Hz: what exchanges of North America, and of those that sound like Britain's, send two tones at once for."""
PAIRED = 0.9
"""The share of all power that the two tones have. Exchanges hold their pitch within half a percent."""

Samples = NDArray[np.int16]
Floats = NDArray[np.float64]

_WEIGHTS = np.hanning(WINDOW + 1)[:-1]
_BIN_HZ = RATE / WINDOW
_FROM, _TO = round(LOWEST_HZ / _BIN_HZ), round(HIGHEST_HZ / _BIN_HZ) + 1
_LOBE = 2
"""Bins on each side of a tone's own that its power spreads over."""


def _planes() -> Floats:
    """[sample, 4 * pair]: for each pair, four waves at right angles that make up any sound of its tones."""
    at = 2 * np.pi * np.arange(WINDOW) / RATE
    waves = [np.stack([f(hertz * at) for hertz in pair for f in (np.cos, np.sin)], axis=1) for pair in PAIRS]
    return np.concatenate([np.linalg.qr(each)[0] for each in waves], axis=1)


_PLANES = _planes()


class ToneReader:
    """Reads lines of sound, each named by its user, chunk by chunk."""

    def __init__(self) -> None:
        self._past: dict[str, Samples] = {}

    def hear(self, chunks: Mapping[str, Samples]) -> dict[str, tuple[Reading, ...]]:
        """For each line the windows that end HOP samples before its next chunk does, and with it."""
        if not chunks:
            return {}
        still = np.zeros(HOP, np.int16)
        rows = [np.concatenate([self._past.get(line, still), chunk]) for line, chunk in chunks.items()]
        for line, chunk in chunks.items():
            self._past[line] = chunk[-HOP:]
        lines = np.stack(rows)
        first, second = read_windows(lines[:, :WINDOW]), read_windows(lines[:, HOP:])
        return {line: each for line, *each in zip(chunks, first, second, strict=True)}  # type: ignore[misc]

    def forget(self, line: str) -> None:
        """The line is over."""
        self._past.pop(line, None)


def with_times(readings: Sequence[Reading], at_s: float) -> Iterator[tuple[Reading, float]]:
    """Each of a chunk's windows, and when it ended; the chunk ended at `at_s`."""
    for k, reading in enumerate(readings):
        yield reading, at_s - (len(readings) - 1 - k) * HOP / RATE


def read_windows(windows: Samples) -> list[Reading]:
    """Look at [line, WINDOW] samples."""
    waves = windows.astype(np.float64)
    quarters = (waves**2).reshape(len(waves), 4, -1).mean(axis=2)
    whole = quarters.mean(axis=1)
    levels = 10 * np.log10(whole / 32768**2 + 1e-12)
    power = np.abs(np.fft.rfft(waves * _WEIGHTS)) ** 2 + 1e-9
    band = power[:, _FROM:_TO]
    tonal = np.exp(np.log(band).mean(axis=1)) < TONAL * band.mean(axis=1)
    peaks = _FROM + band.argmax(axis=1)
    rows = np.arange(len(waves))[:, None]
    lobes = power[rows, peaks[:, None] + np.arange(-_LOBE, _LOBE + 1)]
    pure = lobes.sum(axis=1) >= PURE * power[:, 1:].sum(axis=1)
    steady = quarters.min(axis=1) >= STEADY * quarters.max(axis=1)
    hertz = (peaks + _between_bins(lobes[:, _LOBE - 1 : _LOBE + 2])) * _BIN_HZ
    pairs = _pairs(waves, whole)
    return [
        _reading(
            float(levels[k]), float(hertz[k]) if pure[k] and steady[k] else None, int(pairs[k]), tonal[k]
        )
        for k in range(len(waves))
    ]


def _reading(level_db: float, hertz: float | None, pair: int, is_tonal: bool) -> Reading:
    if level_db < FAINTEST_DB:
        return Reading(level_db, None, None, is_tonal=False)
    return Reading(
        level_db, hertz, PAIRS[pair] if pair >= 0 and hertz is None else None, is_tonal=bool(is_tonal)
    )


def _pairs(waves: Floats, whole: Floats) -> NDArray[np.int64]:
    """[line] which pair has nearly all of the power, -1 for none."""
    parts = (waves @ _PLANES) ** 2
    shares = parts.reshape(len(waves), len(PAIRS), 4).sum(axis=2) / (whole[:, None] * WINDOW + 1e-9)
    best = shares.argmax(axis=1)
    return np.where(shares[np.arange(len(waves)), best] >= PAIRED, best, -1)


def _between_bins(power: Floats) -> Floats:
    """Where between its neighbours each peak lies, from a parabola through three bins: -0.5 to 0.5."""
    left, middle, right = np.log(power).T
    bend = left - 2 * middle + right
    offsets: Floats = np.divide(0.5 * (left - right), bend, out=np.zeros_like(bend), where=bend != 0)
    return offsets
