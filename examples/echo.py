"""A websocket that says everything back: the caller hears their own voice.

Run it like `hello.py`.
"""

from aiohttp import WSMsgType, web

from examples.voice import Fields, Ncco, run, webhooks
from examples.websocket_audio import connect_websocket


def answer(_: Fields) -> Ncco:
    return [connect_websocket("audio", room="1")]


async def audio(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
        elif message.type is WSMsgType.TEXT:
            print(message.data)
    return socket


app = webhooks(answer=answer)
app.router.add_get("/audio", audio)

if __name__ == "__main__":
    run(app)
