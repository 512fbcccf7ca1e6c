"""Plays a WAV file to the caller through a websocket, and says good bye.

Run it like `hello.py`. A file of 16 bits, mono, 16 kHz may be named; otherwise it is a melody:

    FILE     the WAV file

The file is sent faster than it is heard. The gateway keeps 3072 messages and drops what comes on top, so we
ask now and then to be told when a message has been played, and never are further ahead than that.
"""

import asyncio
import io
import os
import wave
from pathlib import Path

from aiohttp import WSMsgType, web

from examples.tones import melody
from examples.voice import Fields, Ncco, run, talk, webhooks
from examples.websocket_audio import RATE_HZ, connect_websocket, frames

FILE = os.environ.get("FILE")
BUFFER = 3072
ASK_EVERY = 100


def answer(_: Fields) -> Ncco:
    return [connect_websocket("audio"), talk("That was all. Good bye.")]


async def audio(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    played: asyncio.Queue[int] = asyncio.Queue()
    playing = asyncio.create_task(play(socket, list(frames(sound())), played))
    async for message in socket:
        if message.type is WSMsgType.TEXT and message.json()["event"] == "websocket:notify":
            played.put_nowait(message.json()["payload"]["messages"])
    playing.cancel()
    return socket


async def play(socket: web.WebSocketResponse, messages: list[bytes], played: "asyncio.Queue[int]") -> None:
    """Send it all, and close when all has been heard. `played` tells how many messages have been."""
    heard = 0
    for sent, message in enumerate(messages, start=1):
        while sent - heard > BUFFER:
            heard = await played.get()
        await socket.send_bytes(message)
        if sent % ASK_EVERY == 0 or sent == len(messages):
            await socket.send_json({"action": "notify", "payload": {"messages": sent}})
    while heard < len(messages):
        heard = await played.get()
    print("played:", heard, "messages")
    await socket.close()


def sound() -> bytes:
    """What is played: its samples."""
    file = Path(FILE).read_bytes() if FILE else melody()
    with wave.open(io.BytesIO(file)) as wav:
        if (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) != (1, 2, RATE_HZ):
            raise SystemExit(f"{FILE}: 16 bits, mono and {RATE_HZ} Hz are needed")
        return bytes(wav.readframes(wav.getnframes()))


app = webhooks(answer=answer)
app.router.add_get("/audio", audio)

if __name__ == "__main__":
    run(app)
