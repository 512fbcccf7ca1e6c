"""A melody, so that examples have something to play without bringing a file along."""

import io
import math
import struct
import wave

RATE_HZ = 16_000
NOTES_HZ = (523, 659, 784, 659)
NOTE_S = 0.5
LOUDNESS = 0.2


def melody() -> bytes:
    """Two seconds, as a WAV file of 16 bits at 16 kHz."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE_HZ)
        for hertz in NOTES_HZ:
            wav.writeframes(b"".join(_samples(hertz)))
    return file.getvalue()


def _samples(hertz: int) -> list[bytes]:
    turns = (2 * math.pi * hertz * k / RATE_HZ for k in range(round(NOTE_S * RATE_HZ)))
    return [struct.pack("<h", round(32767 * LOUDNESS * math.sin(turn))) for turn in turns]
