"""A websocket that says everything back: the caller hears their own voice.

Run it like `hello.py`. What comes in is the mix of everybody else in the conversation, in messages of 20 ms;
what we send is heard by everybody else.
"""

from aiohttp import WSMsgType, web

URL = "ws://127.0.0.1:3000/audio"


async def answer(_: web.Request) -> web.Response:
    endpoint = {
        "type": "websocket",
        "uri": URL,
        "content-type": "audio/l16;rate=16000",
        "headers": {"room": "1"},
    }
    return web.json_response([{"action": "connect", "endpoint": [endpoint]}])


async def audio(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
        elif message.type is WSMsgType.TEXT:
            print(message.data)
    return socket


async def event(request: web.Request) -> web.Response:
    print(await request.json())
    return web.Response()


app = web.Application()
app.add_routes([web.get("/answer", answer), web.get("/audio", audio), web.post("/event", event)])

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=3000)
