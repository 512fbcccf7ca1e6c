"""What the examples that answer calls share: where they listen, and webhooks as plain functions.

A webhook is a function of the fields that it is sent, and returns an NCCO, or None where no reply is read.
These variables say where it is:

    PORT     the port of this machine that it listens on, 3000 where nothing is said
    URL      its address as the gateway sees it, an ngrok tunnel say; this machine's where nothing is said
"""

import inspect
import os
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

PORT = int(os.environ.get("PORT", "3000"))
URL = os.environ.get("URL", f"http://127.0.0.1:{PORT}")

Fields = dict[str, Any]
Ncco = list[dict[str, Any]]
Webhook = Callable[[Fields], Ncco | Awaitable[Ncco | None] | None]


def webhooks(**functions: Webhook) -> web.Application:
    """A web application with a path for each function, by its name; `event` prints where it is not given."""
    app = web.Application()
    for name, function in {"event": print_event, **functions}.items():
        app.router.add_route("*", f"/{name}", _handler(function))
    return app


def print_event(fields: Fields) -> None:
    """Show what happens to the call."""
    print(fields.get("status") or fields.get("reason"), fields.get("uuid", ""))


def run(app: web.Application) -> None:
    """Serve until it is interrupted."""
    web.run_app(app, host="127.0.0.1", port=PORT)


def talk(text: str, **options: object) -> dict[str, Any]:
    """The action that speaks."""
    return {"action": "talk", "text": text, **options}


def ask_digits(webhook: str, count: int = 1, **options: object) -> dict[str, Any]:
    """The action that collects digits and posts them to a webhook of this application."""
    dtmf = {"maxDigits": count, "timeOut": 10, **options}
    return {"action": "input", "type": ["dtmf"], "dtmf": dtmf, "eventUrl": [f"{URL}/{webhook}"]}


def connect(number: str, **options: object) -> dict[str, Any]:
    """The action that calls a phone and joins it with the caller."""
    return {"action": "connect", "endpoint": [{"type": "phone", "number": number}], **options}


def _handler(function: Webhook) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        sent = await request.json() if request.can_read_body else {}
        reply = function({**request.query, **sent})
        ncco = await reply if inspect.isawaitable(reply) else reply
        return web.Response() if ncco is None else web.json_response(ncco)

    return handle
