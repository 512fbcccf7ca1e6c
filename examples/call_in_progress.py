"""Retrieve the details of a call in progress: whoever calls is connected to a phone, then both are shown.

    TO=447700900003 python -m examples.call_in_progress

Run it like `hello.py`. The phone that TO names must be reachable through a trunk of the gateway.
"""

import asyncio
import os

from aiohttp import web

from examples.api import application, show

HOST, PORT = "127.0.0.1", int(os.environ.get("PORT", "3000"))
TO = os.environ.get("TO", "447700900003")


async def answer(_: web.Request) -> web.Response:
    return web.json_response([{"action": "connect", "endpoint": [{"type": "phone", "number": TO}]}])


async def event(request: web.Request) -> web.Response:
    body = await request.json()
    show("status", f"{body.get('direction')} {body.get('status')}")
    # The caller's leg is answered when the called phone was: both are in the conversation now.
    if (body.get("status"), body.get("direction")) == ("answered", "inbound"):
        await asyncio.to_thread(show_call, body["conversation_uuid"])
    return web.Response()


def show_call(conversation_id: str) -> None:
    """The conversation, its members and their legs."""
    app = application()
    conversation = app.get(f"/v0.1/conversations/{conversation_id}")
    show("conversation", conversation_id)
    show("sequence number", conversation["sequence_number"])
    for member in conversation["members"]:
        show(member["state"], member["channel"])
    for leg in app.get("/v0.3/legs", conversation_id=conversation_id)["_embedded"]["legs"]:
        show("leg", f"{leg['id']} {leg['type']} {leg['status']}")


app = web.Application()
app.add_routes([web.get("/answer", answer), web.post("/event", event)])

if __name__ == "__main__":
    web.run_app(app, host=HOST, port=PORT)
