"""Calls by HTTP, a building block a command: create, retrieve, transfer, mute, play, speak, hang up.

    python -m examples.calls call NUMBER ANSWER_URL      an outbound call that an answer_url steers
    python -m examples.calls say NUMBER TEXT             one with an NCCO of its own
    python -m examples.calls get UUID
    python -m examples.calls list [DATE_START DATE_END]
    python -m examples.calls transfer UUID ANSWER_URL    to the NCCO of a URL
    python -m examples.calls tell UUID TEXT              to an inline NCCO
    python -m examples.calls mute|unmute|earmuff|unearmuff|hangup UUID
    python -m examples.calls stream UUID URL             plays a file until stop_stream
    python -m examples.calls stop_stream UUID
    python -m examples.calls talk UUID TEXT              speaks until it is said or stop_talk
    python -m examples.calls stop_talk UUID
    python -m examples.calls dtmf UUID DIGITS
    python -m examples.calls follow_digits UUID EVENT_URL
    python -m examples.calls unfollow_digits UUID
    python -m examples.calls download RECORDING_URL FILE

FROM is the number that called phones see, one of the account's.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from examples.api import Json, application, show

FROM = os.environ.get("FROM", "447700900000")


def call(number: str, answer_url: str) -> None:
    _create({"to": [_phone(number)], "from": _phone(FROM), "answer_url": [answer_url]})


def say(number: str, text: str) -> None:
    ncco = [{"action": "talk", "text": text}]
    _create({"to": [_phone(number)], "from": _phone(FROM), "ncco": ncco})


def get(uuid: str) -> None:
    show("call", application().get(f"/v1/calls/{uuid}"))


def list_(date_start: str = "", date_end: str = "") -> None:
    dates = {"date_start": date_start, "date_end": date_end}
    page = application().get("/v1/calls", **{name: date for name, date in dates.items() if date})
    show("count", page["count"])
    for each in page["_embedded"]["calls"]:
        show("call", f"{each['uuid']} {each['direction']} {each['status']}")


def transfer(uuid: str, answer_url: str) -> None:
    _modify(uuid, action="transfer", destination={"type": "ncco", "url": [answer_url]})


def tell(uuid: str, text: str) -> None:
    ncco = [{"action": "talk", "text": text}]
    _modify(uuid, action="transfer", destination={"type": "ncco", "ncco": ncco})


def stream(uuid: str, url: str) -> None:
    _told(application().put(f"/v1/calls/{uuid}/stream", {"stream_url": [url], "loop": 0}))


def stop_stream(uuid: str) -> None:
    _told(application().delete(f"/v1/calls/{uuid}/stream"))


def talk(uuid: str, text: str) -> None:
    _told(application().put(f"/v1/calls/{uuid}/talk", {"text": text}))


def stop_talk(uuid: str) -> None:
    _told(application().delete(f"/v1/calls/{uuid}/talk"))


def dtmf(uuid: str, digits: str) -> None:
    _told(application().put(f"/v1/calls/{uuid}/dtmf", {"digits": digits}))


def follow_digits(uuid: str, event_url: str) -> None:
    application().put(f"/v1/calls/{uuid}/input/dtmf", {"event_url": [event_url]})


def unfollow_digits(uuid: str) -> None:
    application().delete(f"/v1/calls/{uuid}/input/dtmf")


def download(recording_url: str, file: str) -> None:
    show("octets", Path(file).write_bytes(application().download(recording_url)))


def _simple(action: str) -> Callable[[str], None]:
    return lambda uuid: _modify(uuid, action=action)


def _phone(number: str) -> Json:
    return {"type": "phone", "number": number}


def _create(body: Json) -> None:
    created = application().post("/v1/calls", body)
    show("uuid", created["uuid"])
    show("conversation_uuid", created["conversation_uuid"])


def _told(answer: Json) -> None:
    show("message", answer["message"])


def _modify(uuid: str, **body: object) -> None:
    application().put(f"/v1/calls/{uuid}", body)


COMMANDS: dict[str, Callable[..., None]] = {
    "call": call,
    "say": say,
    "get": get,
    "list": list_,
    "transfer": transfer,
    "tell": tell,
    **{name: _simple(name) for name in ("mute", "unmute", "earmuff", "unearmuff", "hangup")},
    "stream": stream,
    "stop_stream": stop_stream,
    "talk": talk,
    "stop_talk": stop_talk,
    "dtmf": dtmf,
    "follow_digits": follow_digits,
    "unfollow_digits": unfollow_digits,
    "download": download,
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        raise SystemExit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
