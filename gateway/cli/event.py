"""`cordboard event`: what happened in a conversation, and what shall have happened."""

import click

from gateway.cli.bodies import JsonObject, Verbatim, given
from gateway.cli.client import Client, path_to
from gateway.cli.events import describe
from gateway.cli.options import asks, example, for_application, lists, many, shows
from gateway.cli.pages import every
from gateway.cli.show import Columns, Output

CONVERSATION = "CON-d66d47de-5bcb-4300-94f0-0c9d4b948e9a"

COLUMNS: Columns = {"#": "id", "time": "timestamp", "type": "type", "from": "from", "what": describe}


@click.group()
def event() -> None:
    """List, post and delete the events of a conversation."""


@event.command("list", epilog=example(f"event list {CONVERSATION} --type 'member:*,text'"))
@click.argument("conversation")
@click.option("--type", "event_type", help="Up to five, separated by commas: such as member:*,text")
@click.option("--start-id", type=click.IntRange(0), help="The first number")
@click.option("--end-id", type=click.IntRange(0), help="The last number")
@click.option("--order", type=click.Choice(["asc", "desc"]))
@click.option("--exclude-deleted", is_flag=True)
@lists
@for_application
def list_(
    client: Client,
    conversation: str,
    out: Output,
    limit: int | None,
    exclude_deleted: bool,
    **query: str | int | None,
) -> None:
    """List the events of CONVERSATION; `cordboard tail` follows those to come."""
    query["exclude_deleted_events"] = "true" if exclude_deleted else None
    path = path_to("v1", "conversations", conversation, "events")
    found = every(client, path, None, limit=limit, **query)
    out.listing(COLUMNS, found, empty="There is no such event.")


@event.command(
    epilog=example(
        f"event post {CONVERSATION} --text 'Hello everybody'",
        f"""event post {CONVERSATION} --type custom:seat --body '{{"row":4}}'""",
    )
)
@click.argument("conversation")
@click.option("--text", help="What a text event says")
@click.option("--type", "kind", help="Or another type, such as custom:NAME")
@click.option("--body", type=JsonObject(), help="What it holds, as a JSON object")
@click.option("--from", "from_", help="MEM-… that it is from")
@click.option("--to", help="MEM-… that it is for")
@shows
@for_application
def post(client: Client, conversation: str, body: Verbatim | None, out: Output, **wanted: str | None) -> None:
    """Post an event to CONVERSATION."""
    text = wanted["text"]
    if (text is None) == (wanted["kind"] is None):
        raise click.UsageError("Say either --text or --type.")
    said = {} if text is None else {"text": text}
    sent = {"type": wanted["kind"] or "text", "from": wanted["from_"], "to": wanted["to"]}
    # The body stands apart: what is empty or null in it is the application's own.
    path = path_to("v1", "conversations", conversation, "events")
    out.thing(client.post(path, given(sent) | {"body": said | (body or {})}))


@event.command(epilog=example(f"event show {CONVERSATION} 7"))
@click.argument("conversation")
@click.argument("id_", metavar="EVENT")
@shows
@for_application
def show(client: Client, conversation: str, id_: str, out: Output) -> None:
    """Show EVENT, a number, of CONVERSATION."""
    out.thing(client.get(_path(conversation, id_)))


@event.command(epilog=example(f"event delete {CONVERSATION} 7"))
@click.argument("conversation")
@many("EVENT")
@asks("Delete what is said by event")
@shows
@for_application
def delete(client: Client, conversation: str, ids: tuple[str, ...], out: Output) -> None:
    """Delete what each EVENT of CONVERSATION says; that it happened stays."""
    for id_ in ids:
        client.delete(_path(conversation, id_))
        out.done(id_, "deleted")


def _path(conversation: str, id_: str) -> str:
    return path_to("v1", "conversations", conversation, "events", id_)
