"""`cordboard conversation`: an application's conversations."""

from typing import Any

import click

from gateway.cli.bodies import JsonObject, beside, changed, given
from gateway.cli.client import Client, path_to
from gateway.cli.options import all_of, asks, example, for_application, lists, many, shows
from gateway.cli.pages import every
from gateway.cli.show import Output

COLUMNS = {"id": "id", "name": "name", "display_name": "display_name", "created": "timestamp.created"}

_described = all_of(
    click.option("--name", help="Unique in the application [default: made]"),
    click.option("--display-name", help="For people"),
    click.option("--image-url"),
    click.option("--ttl", type=click.IntRange(0), help="Seconds that it stays when nobody is in it"),
    click.option("--phone-number", multiple=True, help="A number of the conversation; may be said again"),
    click.option("--custom-data", type=JsonObject(), help='A JSON object, such as {"room":"7"}'),
    click.option("--callback-url", help="Told of its events, besides the application's event URL"),
    click.option("--callback-event-mask", help="Of which events: such as member:*,audio:*"),
    click.option("--callback-method", type=click.Choice(["POST", "GET"])),
    click.option("--callback-application-id"),
    click.option("--callback-ncco-url"),
)


@click.group()
def conversation() -> None:
    """Create, list, change, record and delete conversations."""


@conversation.command(epilog=example("conversation create --name lunch --display-name 'Lunch break'"))
@_described
@shows
@for_application
def create(client: Client, out: Output, **wanted: object) -> None:
    """Create a conversation."""
    out.thing(client.post("/v1/conversations", _body(wanted)))


@conversation.command("list", epilog=example("conversation list --app hello --limit 20"))
@click.option("--date-start", help="Created since: 2026-01-31T12:00:00Z")
@click.option("--date-end", help="Created before")
@click.option("--order", type=click.Choice(["asc", "desc"]), help="Of creation")
@lists
@for_application
def list_(client: Client, out: Output, limit: int | None, **query: str | None) -> None:
    """List the application's conversations."""
    found = every(client, "/v1/conversations", "conversations", limit=limit, **query)
    out.listing(
        COLUMNS,
        found,
        empty="There is no conversation. `cordboard conversation create` makes one; so do calls.",
    )


@conversation.command(epilog=example("conversation show CON-d66d47de-5bcb-4300-94f0-0c9d4b948e9a"))
@click.argument("id_", metavar="CONVERSATION")
@shows
@for_application
def show(client: Client, id_: str, out: Output) -> None:
    """Show CONVERSATION."""
    out.thing(client.get(_path(id_)))


@conversation.command(
    epilog=example("conversation update CON-d66d47de-5bcb-4300-94f0-0c9d4b948e9a --ttl 3600")
)
@click.argument("id_", metavar="CONVERSATION")
@_described
@shows
@for_application
def update(client: Client, id_: str, out: Output, **wanted: object) -> None:
    """Change CONVERSATION; what is not named stays as it is."""
    body = changed(_body(wanted), "conversation")
    before = client.get(_path(id_))
    # A mask of nothing is shown and not taken: it says what leaving it out says.
    callback = {name: value for name, value in before.get("callback", {}).items() if value}
    out.thing(client.put(_path(id_), beside(before | {"callback": callback}, body, "properties", "callback")))


@conversation.command(
    epilog=example(
        "conversation delete CON-d66d47de-5bcb-4300-94f0-0c9d4b948e9a",
        "conversation list --quiet | cordboard conversation delete - --yes",
    )
)
@many("CONVERSATION")
@asks("Delete")
@shows
@for_application
def delete(client: Client, ids: tuple[str, ...], out: Output) -> None:
    """Delete each CONVERSATION; calls in it end."""
    for id_ in ids:
        client.delete(_path(id_))
        out.done(id_, "deleted")


@conversation.command(
    epilog=example("conversation record CON-d66d47de-5bcb-4300-94f0-0c9d4b948e9a --format wav")
)
@click.argument("id_", metavar="CONVERSATION")
@click.option("--stop", is_flag=True, help="End its recording instead")
@click.option("--format", type=click.Choice(["mp3", "wav", "ogg"]), help="Of the file [default: mp3]")
@click.option("--split", is_flag=True, help="Callers and called on channels of their own")
@click.option("--timeout", type=click.IntRange(3, 7200), help="Seconds after which it ends by itself")
@click.option("--retention-ttl", type=click.IntRange(1), help="Days that the file is kept")
@click.option("--event-url", help="Told when the file is ready")
@click.option("--event-method", type=click.Choice(["POST", "GET"]))
@shows
@for_application
def record(client: Client, id_: str, out: Output, **wanted: object) -> None:
    """Record CONVERSATION; `cordboard recording list CONVERSATION` shows the file when it is ready."""
    stop, split, url = wanted.pop("stop"), wanted.pop("split"), wanted.pop("event_url")
    begun = wanted | {"split": "conversation" if split else None, "event_url": [url] if url else None}
    body = {"action": "stop"} if stop else {"action": "start", **begun}
    client.put(path_to("v1", "conversations", id_, "record"), given(body))
    out.done(id_, "stopped" if stop else "recording")


def _path(id_: str) -> str:
    return path_to("v1", "conversations", id_)


def _body(wanted: dict[str, Any]) -> dict[str, Any]:
    return given(
        {
            "name": wanted["name"],
            "display_name": wanted["display_name"],
            "image_url": wanted["image_url"],
            "properties": {"ttl": wanted["ttl"], "custom_data": wanted["custom_data"]},
            "numbers": [{"type": "phone", "number": number} for number in wanted["phone_number"]] or None,
            "callback": {
                "url": wanted["callback_url"],
                "event_mask": wanted["callback_event_mask"],
                "method": wanted["callback_method"],
                "params": {
                    "applicationId": wanted["callback_application_id"],
                    "ncco_url": wanted["callback_ncco_url"],
                },
            },
        }
    )
