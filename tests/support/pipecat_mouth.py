"""What the pipecat bot says, and when: the one processor between its ears and its mouth."""

import asyncio
import itertools
import wave
from collections.abc import Iterator

import numpy as np
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    OutputTransportMessageUrgentFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from tests.support.child import report

CHUNK_S = 0.2
"""The bot speaks in bursts of this length, ahead of real time, as speech synthesis does."""
VOICE = 200
"""Mean amplitude of a frame from which on it is somebody speaking."""
TURN_FRAMES = 10
"""Frames of voice, or of none, in a row that are a turn."""
ANSWER_S = 1.0


def tone(hertz: int, rate_hz: int, level_dbov: float = -20.0) -> bytes:
    """One second of a sine as little-endian 16-bit samples."""
    amplitude = 32768 * 10 ** (level_dbov / 20) * np.sqrt(2)
    return bytes((amplitude * np.sin(2 * np.pi * hertz * np.arange(rate_hz) / rate_hz)).astype("<i2"))


def bursts(speech: bytes, size: int) -> Iterator[bytes]:
    """The speech again and again, cut into pieces of so many octets."""
    for offset in itertools.count(0, size):
        start = offset % len(speech)
        yield (speech * 2)[start : start + size]


class Turns:
    """Who has the floor, by how loud the other is."""

    def __init__(self) -> None:
        self.is_spoken_to = False
        self._in_a_row = 0

    def change(self, audio: bytes) -> bool:
        """Whether with this audio the floor changes hands."""
        loud = bool(np.abs(np.frombuffer(audio, "<i2").astype(float)).mean() > VOICE)
        self._in_a_row = self._in_a_row + 1 if loud != self.is_spoken_to else 0
        if self._in_a_row < TURN_FRAMES:
            return False
        self._in_a_row, self.is_spoken_to = 0, loud
        return True


class EarsAndMouth(FrameProcessor):
    """Saves what comes in, says a tone, and reacts to keys and, where it has an answer, to speech."""

    def __init__(self, file: wave.Wave_write, rate_hz: int, tone_hz: int, answer_hz: int) -> None:
        super().__init__()
        self._file = file
        self._rate_hz = rate_hz
        self._tone_hz = tone_hz
        self._answer_hz = answer_hz
        self._turns = Turns()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """See pipecat."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            await self._listen(frame.audio)
        elif isinstance(frame, InputDTMFFrame):
            await self._take_key(str(frame.button.value))
        else:
            await self.push_frame(frame, direction)
        if isinstance(frame, StartFrame):
            self._mouth = self.create_task(self._speak())

    async def _listen(self, audio: bytes) -> None:
        self._file.writeframes(audio)
        if self._answer_hz and self._turns.change(audio):
            await (self._stop() if self._turns.is_spoken_to else self._answer())

    async def _take_key(self, digit: str) -> None:
        report("dtmf", digit=digit)
        await self.push_frame(InterruptionFrame())
        await self._send({"action": "notify", "payload": {"after": digit}})

    async def _stop(self) -> None:
        report("interrupted")
        await self.cancel_task(self._mouth)
        await self._send({"action": "cordboard:report", "interval": 60_000})
        await self.push_frame(InterruptionFrame())

    async def _answer(self) -> None:
        speech = tone(self._answer_hz, self._rate_hz)
        await self._say(speech[: int(self._rate_hz * ANSWER_S) * 2])

    async def _speak(self) -> None:
        for chunk in bursts(tone(self._tone_hz, self._rate_hz), int(self._rate_hz * CHUNK_S) * 2):
            await self._say(chunk)
            await asyncio.sleep(CHUNK_S)

    async def _say(self, samples: bytes) -> None:
        await self.push_frame(OutputAudioRawFrame(audio=samples, sample_rate=self._rate_hz, num_channels=1))

    async def _send(self, message: dict[str, object]) -> None:
        await self.push_frame(OutputTransportMessageUrgentFrame(message=message))
