"""A pipecat bot with the serializer that pipecat wrote for Vonage, as the websocket consumer.

Run as a module this is the bot; `PipecatBot` starts it in a process of its own. It says a tone, saves what it
hears, and reports every text message of the other side. A key press makes it interrupt itself (`clear`) and
send a `notify`. With an answer it is somebody to talk with: it stops when it is spoken to, and says its
answer, another tone, when the other is silent again.
"""

import argparse
import asyncio
import itertools
import json
import socket
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.support.child import Child, report

if TYPE_CHECKING:
    from fastapi import WebSocket

CHUNK_S = 0.2
"""The bot speaks in bursts of this length, ahead of real time, as speech synthesis does."""


VOICE = 200
"""Mean amplitude of a frame from which on it is somebody speaking."""
TURN_FRAMES = 10
"""Frames of voice, or of none, in a row that are a turn."""
ANSWER_S = 1.0


class PipecatBot(Child):
    """One bot. Events: `ready`, `connected`, `text` (message), `dtmf` (digit), `interrupted`, `closed`."""

    def __init__(self, directory: Path, *, tone_hz: int, rate_hz: int = 16_000, answer_hz: int = 0) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.heard = directory / "bot.wav"
        self.rate_hz = rate_hz
        options = {"tone": tone_hz, "rate": rate_hz, "answer": answer_hz, "heard": self.heard}
        super().__init__(
            "tests.support.pipecat_bot",
            *(f"--{key}={value}" for key, value in options.items()),
            log=directory / "bot.log",
            start_timeout_s=90.0,
        )

    @property
    def uri(self) -> str:
        """Where it waits for a connection."""
        return f"ws://127.0.0.1:{self.ready['port']}/ws"


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
    """Who has the floor, by how loud the other is. A bot that does not listen never gives it away."""

    def __init__(self, *, listens: bool) -> None:
        self.is_spoken_to = False
        self._listens = listens
        self._in_a_row = 0

    def change(self, audio: bytes) -> bool:
        """Whether with this audio the floor changes hands."""
        loud = bool(np.abs(np.frombuffer(audio, "<i2").astype(float)).mean() > VOICE)
        self._in_a_row = self._in_a_row + 1 if loud != self.is_spoken_to else 0
        if self._in_a_row < TURN_FRAMES or not self._listens:
            return False
        self._in_a_row, self.is_spoken_to = 0, loud
        return True


async def converse(websocket: "WebSocket", options: argparse.Namespace) -> None:
    """One call: the pipeline transport → ears and mouth → transport."""
    from pipecat.frames.frames import (
        Frame,
        InputAudioRawFrame,
        InputDTMFFrame,
        InterruptionFrame,
        OutputAudioRawFrame,
        OutputTransportMessageUrgentFrame,
        StartFrame,
    )
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.runner import PipelineRunner
    from pipecat.pipeline.task import PipelineParams, PipelineTask
    from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
    from pipecat.serializers.vonage import VonageFrameSerializer
    from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport

    class ReportingSerializer(VonageFrameSerializer):
        """The original, and every text that comes in is told."""

        async def deserialize(self, data: str | bytes) -> Any:  # noqa: ANN401 - pipecat's type
            if isinstance(data, str):
                report("text", message=json.loads(data))
            return await super().deserialize(data)

    class EarsAndMouth(FrameProcessor):
        """Saves what comes in, says the tone, and reacts to keys and to speech."""

        turns = Turns(listens=bool(options.answer))

        async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
            await super().process_frame(frame, direction)
            if isinstance(frame, InputAudioRawFrame):
                file.writeframes(frame.audio)
                if self.turns.change(frame.audio):
                    await (self.stop() if self.turns.is_spoken_to else self.answer())
                return
            if isinstance(frame, InputDTMFFrame):
                report("dtmf", digit=str(frame.button.value))
                await self.push_frame(InterruptionFrame())
                message = {"action": "notify", "payload": {"after": frame.button.value}}
                await self.push_frame(OutputTransportMessageUrgentFrame(message=message))
                return
            await self.push_frame(frame, direction)
            if isinstance(frame, StartFrame):
                self.mouth = self.create_task(self.speak())

        async def stop(self) -> None:
            report("interrupted")
            await self.cancel_task(self.mouth)
            ask = {"action": "cordboard:report", "interval": 60_000}
            await self.push_frame(OutputTransportMessageUrgentFrame(message=ask))
            await self.push_frame(InterruptionFrame())

        async def answer(self) -> None:
            samples = tone(options.answer, options.rate)[: int(options.rate * ANSWER_S) * 2]
            answer = OutputAudioRawFrame(audio=samples, sample_rate=options.rate, num_channels=1)
            await self.push_frame(answer)

        async def speak(self) -> None:
            for chunk in bursts(tone(options.tone, options.rate), int(options.rate * CHUNK_S) * 2):
                await self.push_frame(
                    OutputAudioRawFrame(audio=chunk, sample_rate=options.rate, num_channels=1)
                )
                await asyncio.sleep(CHUNK_S)

    parameters = FastAPIWebsocketParams(
        audio_in_enabled=True,
        audio_out_enabled=True,
        fixed_audio_packet_size=options.rate // 50 * 2,
        serializer=ReportingSerializer(VonageFrameSerializer.InputParams(vonage_sample_rate=options.rate)),
    )
    transport = FastAPIWebsocketTransport(websocket=websocket, params=parameters)
    pipeline = Pipeline([transport.input(), EarsAndMouth(), transport.output()])
    rates = PipelineParams(audio_in_sample_rate=options.rate, audio_out_sample_rate=options.rate)
    task = PipelineTask(pipeline, params=rates)

    @transport.event_handler("on_client_disconnected")  # type: ignore[untyped-decorator]
    async def leave(*_: object) -> None:
        await task.cancel()

    with wave.open(str(options.heard), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(options.rate)
        await PipelineRunner(handle_sigint=False).run(task)


async def serve(options: argparse.Namespace) -> None:
    """A web server with the one websocket address, until standard input ends."""
    import uvicorn
    from fastapi import FastAPI, WebSocket

    app = FastAPI()

    @app.websocket("/ws")
    async def take(websocket: WebSocket) -> None:
        await websocket.accept()
        report("connected")
        await converse(websocket, options)
        report("closed")

    import pipecat.transports.websocket.fastapi  # noqa: F401 - seconds of loading, before anybody calls

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    report("ready", port=listening.getsockname()[1])
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.should_exit = server.force_exit = True
    await serving


def main() -> None:
    """The bot's own process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--heard", type=Path, required=True)
    for option in ("tone", "rate", "answer"):
        parser.add_argument(f"--{option}", type=int, required=True)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
