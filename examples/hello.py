"""The smallest voice application: it answers every call with a greeting and prints what happens.

Run it, then follow "Your first application" in the README.
"""

from aiohttp import web


async def answer(request: web.Request) -> web.Response:
    caller = " ".join(request.query.get("from", ""))
    return web.json_response([{"action": "talk", "text": f"Hello! You are calling from {caller}."}])


async def event(request: web.Request) -> web.Response:
    body = await request.json()
    print(body.get("status") or body.get("reason"), body.get("uuid"))
    return web.Response()


app = web.Application()
app.add_routes([web.get("/answer", answer), web.post("/event", event)])

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=3000)
