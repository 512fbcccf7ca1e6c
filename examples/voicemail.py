"""Voicemail: a message after the beep, ended by a key or by silence; its recording is saved as a file.

    python -m examples.voicemail [DIRECTORY]

Run it like `hello.py`. The recording is fetched with the application's JWT, as anybody has to.
"""

import asyncio
import sys
from pathlib import Path

from examples.api import application, show
from examples.voice import URL, Fields, Ncco, run, talk, webhooks

DIRECTORY = Path(sys.argv[1] if len(sys.argv) > 1 else ".")


def answer(_: Fields) -> Ncco:
    record = {
        "action": "record",
        "format": "wav",
        "beepStart": True,
        "endOnKey": "#",
        "endOnSilence": 3,
        "timeOut": 120,
        "eventUrl": [f"{URL}/recording"],
    }
    return [
        talk("Please leave a message after the tone, then press the hash key."),
        record,
        talk("Thank you for your message. Good bye."),
    ]


async def recording(fields: Fields) -> None:
    path = DIRECTORY / f"{fields['recording_uuid']}.wav"
    path.write_bytes(await asyncio.to_thread(application().download, fields["recording_url"]))
    show("saved", str(path))


app = webhooks(answer=answer, recording=recording)

if __name__ == "__main__":
    run(app)
