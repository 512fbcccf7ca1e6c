"""A moderated conference: attendees hear music until the moderator comes, who records and ends it.

    MODERATOR=447700900009 python -m examples.moderated_conference

Run it like `hello.py`. Who calls from the moderator's number moderates.
"""

import os

from aiohttp import web

from examples.api import show
from examples.tones import melody
from examples.voice import URL, Fields, Ncco, run, talk, webhooks

MODERATOR = os.environ.get("MODERATOR", "447700900009")


def answer(fields: Fields) -> Ncco:
    if fields["from"] == MODERATOR:
        moderate = {"startOnEnter": True, "endOnExit": True, "record": True, "eventUrl": [f"{URL}/recording"]}
        return [talk("You moderate."), {"action": "conversation", "name": "town hall", **moderate}]
    wait = {"startOnEnter": False, "musicOnHoldUrl": [f"{URL}/music.wav"]}
    return [
        talk("Welcome. Please wait for the moderator."),
        {"action": "conversation", "name": "town hall", **wait},
    ]


def recording(fields: Fields) -> None:
    show("recorded", fields["recording_url"])


async def music(_: web.Request) -> web.Response:
    return web.Response(body=melody(), content_type="audio/wav")


app = webhooks(answer=answer, recording=recording)
app.router.add_get("/music.wav", music)

if __name__ == "__main__":
    run(app)
