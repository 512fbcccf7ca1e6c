"""`cordboard recording`: what was recorded in an application's conversations."""

import email.utils
from typing import Any

import click

from gateway.cli.client import Client, path_to
from gateway.cli.options import example, for_application, lists, many, shows
from gateway.cli.pages import every
from gateway.cli.progress import progress
from gateway.cli.show import Output
from gateway.cli.transfer import Saving, saves

RECORDING = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"

COLUMNS = {
    "id": "id",
    "conversation": "conversation_id",
    "format": "format",
    "octets": "size",
    "begun": "start_time",
    "ended": "end_time",
}


@click.group()
def recording() -> None:
    """List and download recordings."""


@recording.command(
    "list", epilog=example("recording list", "recording list -q | cordboard recording download -")
)
@click.argument("conversations", nargs=-1, metavar="[CONVERSATION]...")
@lists
@for_application
def list_(client: Client, conversations: tuple[str, ...], out: Output, limit: int | None) -> None:
    """List the finished recordings of each CONVERSATION; of all conversations when none is named."""
    places = conversations or [item["id"] for item in every(client, "/v1/conversations", "conversations")]
    found: list[dict[str, Any]] = []
    with progress("Looking through conversations", len(places)) as advance:
        for place in places:
            found += _finished(client, place)
            advance(1)
            if limit is not None and len(found) >= limit:
                break
    out.listing(
        COLUMNS, found[:limit], empty="There is no recording. `cordboard leg record` and NCCOs make them."
    )


@recording.command(epilog=example(f"recording show {RECORDING}"))
@click.argument("id_", metavar="RECORDING")
@shows
@for_application
def show(client: Client, id_: str, out: Output) -> None:
    """Show what kind of file RECORDING (an id or a recording_url) is."""
    path = _path(id_)
    with client.opened("HEAD", path) as response:
        about = {
            "id": path.rpartition("/")[2],
            "name": response.headers.get_filename(),
            "mime_type": response.headers.get_content_type(),
            "size": int(response.headers.get("Content-Length", 0)),
            "modified": _date(response.headers.get("Last-Modified", "")),
        }
    out.thing(about)


@recording.command(epilog=example(f"recording download {RECORDING} --output hello.mp3"))
@many("RECORDING")
@saves
@shows
@for_application
def download(client: Client, ids: tuple[str, ...], saving: Saving, out: Output) -> None:
    """Download each RECORDING (an id or a recording_url)."""
    saving.each(client, [_path(id_) for id_ in ids], out)


def _finished(client: Client, conversation: str) -> list[dict[str, Any]]:
    path = path_to("v1", "conversations", conversation, "events")
    return [
        {"id": event["body"]["recording_id"], "conversation_id": conversation, **event["body"]}
        for event in every(client, path, None, event_type="audio:record:done")
    ]


def _path(word: str) -> str:
    return path_to("v1", "files", word.rpartition("/")[2])


def _date(text: str) -> str | None:
    try:
        return email.utils.parsedate_to_datetime(text).isoformat()
    except ValueError:
        return None
