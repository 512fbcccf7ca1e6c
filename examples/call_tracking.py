"""Call tracking: several numbers lead to one phone, and every call is counted by the number that was dialled.

    TO=447700900003 python -m examples.call_tracking

Run it like `hello.py`, and rent as many numbers as there are advertisements. The called phone shows the
number that was dialled; `http://127.0.0.1:3000/calls` shows the counts.
"""

import os
from collections import Counter

from aiohttp import web

from examples.api import show
from examples.voice import Fields, Ncco, connect, run, webhooks

TO = os.environ.get("TO", "447700900003")
calls: Counter[str] = Counter()


def answer(fields: Fields) -> Ncco:
    dialled = fields["to"]
    calls[dialled] += 1
    show("tracked", f"{dialled} called by {fields['from']}")
    return [connect(TO, **{"from": dialled})]


async def counts(_: web.Request) -> web.Response:
    return web.json_response(calls)


app = webhooks(answer=answer)
app.router.add_get("/calls", counts)

if __name__ == "__main__":
    run(app)
