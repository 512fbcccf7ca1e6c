"""A bot at the other end of a websocket: it greets, listens, and says back what it has heard.

Run it like `hello.py`. Whoever speaks is never spoken over: what the bot says is taken back (`clear`) as soon
as it hears somebody. Put a recogniser, a language model and a voice into `reply`, and it is a voice bot.
"""

import array
import io
import sys
import wave

from aiohttp import WSMsgType, web

from examples.tones import melody
from examples.voice import Fields, Ncco, run, webhooks
from examples.websocket_audio import connect_websocket, frames

VOICE = 300
"""The mean amplitude from which on a message is somebody's voice."""
PAUSE = 40
"""So many messages in a row without a voice, 0.8 s, are the end of a sentence."""


def answer(_: Fields) -> Ncco:
    return [connect_websocket("audio")]


async def audio(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await say(socket, greeting())
    ears = Ears()
    async for message in socket:
        if message.type is not WSMsgType.BINARY:
            print(message.data)
            continue
        was_speaking = ears.is_speaking
        sentence = ears.hear(message.data)
        if ears.is_speaking and not was_speaking:
            await socket.send_json({"action": "clear"})
        if sentence:
            print("heard:", len(sentence), "octets")
            await say(socket, reply(sentence))
    return socket


async def say(socket: web.WebSocketResponse, sound: bytes) -> None:
    """Send it all at once: the gateway plays it at its own pace."""
    for message in frames(sound):
        await socket.send_bytes(message)


def reply(sentence: bytes) -> bytes:
    """What the bot answers."""
    return sentence


def greeting() -> bytes:
    """What the bot says first."""
    with wave.open(io.BytesIO(melody())) as wav:
        return bytes(wav.readframes(wav.getnframes()))


class Ears:
    """Puts a sentence together, message after message."""

    def __init__(self) -> None:
        self.is_speaking = False
        self._sentence = bytearray()
        self._pause = 0

    def hear(self, message: bytes) -> bytes:
        """The sentence that ends with this message; nothing while it has not ended."""
        if is_voice(message):
            self.is_speaking, self._pause = True, 0
        elif self.is_speaking:
            self._pause += 1
        if not self.is_speaking:
            return b""
        self._sentence += message
        if self._pause < PAUSE:
            return b""
        sentence, self._sentence, self.is_speaking = bytes(self._sentence), bytearray(), False
        return sentence


def is_voice(message: bytes) -> bool:
    samples = array.array("h", message)
    if sys.byteorder == "big":
        samples.byteswap()
    return sum(map(abs, samples)) > VOICE * len(samples)


app = webhooks(answer=answer)
app.router.add_get("/audio", audio)

if __name__ == "__main__":
    run(app)
