"""A pipecat bot with the serializer that pipecat wrote for Vonage, as the websocket consumer.

Run as a module this is the bot; `PipecatBot` starts it in a process of its own. It says a tone, saves what it
hears, and reports every text message of the other side. A key press makes it interrupt itself (`clear`) and
send a `notify`. With an answer it is somebody to talk with: it stops when it is spoken to, and says its
answer, another tone, when the other is silent again.
"""

import argparse
import asyncio
import json
import socket
import sys
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.child import Child, report

if TYPE_CHECKING:
    from fastapi import WebSocket


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


async def converse(websocket: "WebSocket", options: argparse.Namespace) -> None:
    """One call: the pipeline transport → ears and mouth → transport."""
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.runner import PipelineRunner
    from pipecat.pipeline.task import PipelineParams, PipelineTask
    from pipecat.serializers.vonage import VonageFrameSerializer
    from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport

    from tests.support.pipecat_mouth import EarsAndMouth

    class ReportingSerializer(VonageFrameSerializer):
        """The original, and every text that comes in is told."""

        async def deserialize(self, data: str | bytes) -> Any:  # noqa: ANN401 - pipecat's type
            if isinstance(data, str):
                report("text", message=json.loads(data))
            return await super().deserialize(data)

    parameters = FastAPIWebsocketParams(
        audio_in_enabled=True,
        audio_out_enabled=True,
        fixed_audio_packet_size=options.rate // 50 * 2,
        serializer=ReportingSerializer(VonageFrameSerializer.InputParams(vonage_sample_rate=options.rate)),
    )
    transport = FastAPIWebsocketTransport(websocket=websocket, params=parameters)
    with wave.open(str(options.heard), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(options.rate)
        ears_and_mouth = EarsAndMouth(file, options.rate, options.tone, options.answer)
        pipeline = Pipeline([transport.input(), ears_and_mouth, transport.output()])
        rates = PipelineParams(audio_in_sample_rate=options.rate, audio_out_sample_rate=options.rate)
        task = PipelineTask(pipeline, params=rates)

        @transport.event_handler("on_client_disconnected")  # type: ignore[untyped-decorator]
        async def leave(*_: object) -> None:
            await task.cancel()

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
