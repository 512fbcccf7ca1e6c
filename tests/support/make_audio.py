"""Makes the sounds of fixtures/audio: `python -m tests.support.make_audio`."""

import wave
from pathlib import Path

import numpy as np

RATE_HZ = 16_000
SECONDS = 2
LEVEL_DBOV = -20.0


def write_tone(path: Path, hertz: int, *, seconds: int = SECONDS) -> None:
    """A sine at the level that every test party speaks with."""
    amplitude = 32768 * 10 ** (LEVEL_DBOV / 20) * np.sqrt(2)
    samples = amplitude * np.sin(2 * np.pi * hertz * np.arange(RATE_HZ * seconds) / RATE_HZ)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.astype("<i2").tobytes())


if __name__ == "__main__":
    write_tone(Path(__file__).parents[2] / "fixtures" / "audio" / "tone-1000.wav", 1000)
