"""The beep before and after a recording: made once, then an audio file like any other."""

import math
import struct
import wave
from pathlib import Path

RATE_HZ = 8000
PITCH_HZ = 1000
LENGTH_S = 0.2
LOUDNESS = 0.25
"""Of full scale: as loud as a voice."""


def make_beep(path: Path) -> Path:
    """Write the beep: mono WAV of 16 bits. Where it is."""
    samples = (
        round(32767 * LOUDNESS * math.sin(2 * math.pi * PITCH_HZ * index / RATE_HZ))
        for index in range(round(RATE_HZ * LENGTH_S))
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return path
