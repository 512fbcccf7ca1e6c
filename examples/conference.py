"""A conference room: whoever calls and presses 1 joins it, and it is recorded.

Run it like `hello.py`.
"""

from aiohttp import web

URL = "http://127.0.0.1:3000"


async def answer(_: web.Request) -> web.Response:
    return web.json_response(
        [
            {"action": "talk", "text": "Press 1 to join the conference."},
            {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}, "eventUrl": [f"{URL}/digit"]},
        ]
    )


async def digit(request: web.Request) -> web.Response:
    body = await request.json()
    if body["dtmf"]["digits"] != "1":
        return web.json_response([{"action": "talk", "text": "Good bye."}])
    return web.json_response(
        [{"action": "conversation", "name": "conference", "record": True, "eventUrl": [f"{URL}/recording"]}]
    )


async def recording(request: web.Request) -> web.Response:
    print("recorded:", (await request.json())["recording_url"])
    return web.Response()


async def event(request: web.Request) -> web.Response:
    print(await request.json())
    return web.Response()


app = web.Application()
app.add_routes(
    [
        web.get("/answer", answer),
        web.post("/digit", digit),
        web.post("/recording", recording),
        web.post("/event", event),
    ]
)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=3000)
