"""Who hears whom, and how loud: judged by content.

Every party of a test call says a tone of its own. What a party heard is then searched for everybody's tone,
and the levels make a matrix: rows are listeners, columns are speakers. Levels are in dBov (ITU-T G.100.1):
0 dBov is the power of a square wave at full scale, so the loudest possible sine has -3 dBov.
"""

import wave
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

Pcm = npt.NDArray[np.int16]
"""Mono samples."""

SILENCE_DBOV = -96.0
"""Below the smallest 16-bit sine: what an absent tone reports instead of minus infinity."""
WINDOW_S = 0.2
"""With a Hann window this separates tones that are 10 Hz or more apart."""
STEADY_S = 1.0
"""A tone counts with the level that it kept for this long in all: speech or a key press is no tone."""
SPEECH_WINDOW_S = 1.5
ACTIVE_DBOV = -45.0
"""Sound above this is somebody speaking, below it is background."""


def read_wav(path: Path) -> tuple[Pcm, int]:
    """The samples of a 16-bit WAV file and their rate; several channels are given as columns.

    Returns:
        `(n,)` samples for mono, `(n, channels)` otherwise, and the rate in Hz.
    """
    with wave.open(str(path), "rb") as file:
        if file.getsampwidth() != 2:
            raise ValueError(f"{path} does not hold 16-bit samples")
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)
        channels, rate_hz = file.getnchannels(), file.getframerate()
    return (samples if channels == 1 else samples.reshape(-1, channels)), rate_hz


def part(pcm: Pcm, start_s: float, end_s: float | None = None, *, rate_hz: int = 8000) -> Pcm:
    """What was heard between two moments."""
    return pcm[int(start_s * rate_hz) : None if end_s is None else int(end_s * rate_hz)]


def level_dbov(pcm: Pcm) -> float:
    """The level of the whole sound."""
    if not len(pcm):
        return SILENCE_DBOV
    return _dbov(float(np.sqrt(np.mean(np.square(pcm.astype(np.float64))))))


def tone_level_dbov(pcm: Pcm, hertz: float, *, rate_hz: int = 8000, steady_s: float = STEADY_S) -> float:
    """The level that one tone kept for at least `steady_s` seconds, not necessarily in one go.

    A sound shorter than that holds no steady tone, and reports silence.
    """
    windows = _windows(pcm, int(WINDOW_S * rate_hz))
    needed = max(1, round(steady_s / WINDOW_S * 2))
    if len(windows) < needed:
        return SILENCE_DBOV
    size = windows.shape[1]
    hann = np.hanning(size)
    probe = hann * np.exp(-2j * np.pi * hertz * np.arange(size) / rate_hz)
    amplitudes = 2 * np.abs(windows @ probe) / hann.sum()
    return _dbov(float(np.sort(amplitudes)[-needed]) / np.sqrt(2))


def matrix(
    heard: Mapping[str, Pcm], tones: Mapping[str, float], *, rate_hz: int = 8000, steady_s: float = STEADY_S
) -> dict[str, dict[str, float]]:
    """The hearing matrix.

    Args:
        heard: What each listener heard.
        tones: The tone of each speaker, in Hz.
        rate_hz: The rate of all the sounds.
        steady_s: See `tone_level_dbov`.

    Returns:
        `matrix[listener][speaker]`: the level in dBov of the speaker's tone in what the listener heard.
    """
    return {
        listener: {
            speaker: tone_level_dbov(pcm, hertz, rate_hz=rate_hz, steady_s=steady_s)
            for speaker, hertz in tones.items()
        }
        for listener, pcm in heard.items()
    }


def is_speech_like(pcm: Pcm, *, rate_hz: int = 8000) -> bool:
    """Whether some stretch of the sound has the gait of speech.

    Speech comes in syllables: within a second and a half its level rises and falls by more than 20 dB, it is
    not silent, and no single frequency holds most of its power. Tones, steady noise, silence and key presses
    each fail one of these.
    """
    size = int(SPEECH_WINDOW_S * rate_hz)
    return any(_speaks(window, rate_hz) for window in _windows(pcm, size))


def _speaks(pcm: npt.NDArray[np.float64], rate_hz: int) -> bool:
    frames = pcm[: len(pcm) // (rate_hz // 50) * (rate_hz // 50)].reshape(-1, rate_hz // 50)
    levels = 20 * np.log10(np.maximum(np.sqrt(np.mean(np.square(frames), axis=1)), 0.5) / 32768)
    active = float(np.mean(levels > ACTIVE_DBOV))
    span = float(np.percentile(levels, 95) - np.percentile(levels, 10))
    spectrum = np.square(np.abs(np.fft.rfft(pcm * np.hanning(len(pcm)))))
    around_peak = slice(max(0, int(np.argmax(spectrum)) - 8), int(np.argmax(spectrum)) + 9)
    concentration = float(spectrum[around_peak].sum() / max(spectrum.sum(), 1.0))
    return active > 0.3 and span > 20.0 and concentration < 0.4


def _windows(pcm: Pcm, size: int) -> npt.NDArray[np.float64]:
    """Half-overlapping windows as rows; none when the sound is shorter than one."""
    if len(pcm) < size:
        return np.empty((0, size))
    return np.lib.stride_tricks.sliding_window_view(pcm, size)[:: size // 2].astype(np.float64)


def _dbov(rms: float) -> float:
    return max(SILENCE_DBOV, 20 * float(np.log10(max(rms, 1e-9) / 32768)))
