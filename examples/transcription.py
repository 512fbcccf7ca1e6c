"""Call recording and transcription: each side of a call in a channel of its own, and what was said as text.

    TO=447700900003 python -m examples.transcription

Run it like `hello.py`; the phone that TO names must be reachable through a trunk of the gateway.
"""

import asyncio
import json
import os

from examples.api import application, show
from examples.voice import URL, Fields, Ncco, connect, run, webhooks

TO = os.environ.get("TO", "447700900003")


def answer(_: Fields) -> Ncco:
    record = {
        "action": "record",
        "split": "conversation",
        "channels": 2,
        "format": "wav",
        "eventUrl": [f"{URL}/recording"],
        "transcription": {"language": "en-US", "eventUrl": [f"{URL}/transcript"]},
    }
    return [record, connect(TO)]


def recording(fields: Fields) -> None:
    show("recorded", fields["recording_url"])


async def transcript(fields: Fields) -> None:
    text = json.loads(await asyncio.to_thread(application().download, fields["transcription_url"]))
    for number, channel in enumerate(text["channels"]):
        for each in channel["transcript"]:
            show(f"channel {number}", each["sentence"])


app = webhooks(answer=answer, recording=recording, transcript=transcript)

if __name__ == "__main__":
    run(app)
