"""`cordboard user`: the users of an application."""

from typing import Any

import click

from gateway.cli.bodies import JsonObject, beside, changed, given
from gateway.cli.client import Client, path_to
from gateway.cli.options import all_of, asks, example, for_application, lists, many, shows
from gateway.cli.pages import every
from gateway.cli.show import Output

USER = "USR-82e028d9-5201-4f1e-8188-604b2d3471ec"

COLUMNS = {"id": "id", "name": "name", "display_name": "display_name"}
PLACES = {"conversation": "id", "name": "name", "member": "_embedded.id", "state": "_embedded.state"}

_described = all_of(
    click.option("--name", help="Unique in the application [default: made]"),
    click.option("--display-name", help="For people"),
    click.option("--image-url"),
    click.option("--ttl", type=click.IntRange(0), help="Seconds"),
    click.option("--custom-data", type=JsonObject(), help='A JSON object, such as {"desk":"7"}'),
    click.option("--channels", type=JsonObject(), help='Such as {"pstn":[{"number":447700900001}]}'),
)


@click.group()
def user() -> None:
    """Create, list, change and delete users."""


@user.command(epilog=example("user create --name ada --display-name Ada"))
@_described
@shows
@for_application
def create(client: Client, out: Output, **wanted: object) -> None:
    """Create a user."""
    out.thing(client.post("/v1/users", _body(wanted)))


@user.command("list", epilog=example("user list --name ada"))
@click.option("--name", help="The one of this name")
@click.option("--order", type=click.Choice(["asc", "desc"]), help="Of creation")
@lists
@for_application
def list_(client: Client, out: Output, limit: int | None, **query: str | None) -> None:
    """List the application's users."""
    found = every(client, "/v1/users", "users", limit=limit, **query)
    out.listing(COLUMNS, found, empty="There is no such user. `cordboard user create --name NAME` makes one.")


@user.command(epilog=example(f"user show {USER}"))
@click.argument("id_", metavar="USER")
@shows
@for_application
def show(client: Client, id_: str, out: Output) -> None:
    """Show USER."""
    out.thing(client.get(_path(id_)))


@user.command(epilog=example(f"user update {USER} --display-name 'Ada L.'"))
@click.argument("id_", metavar="USER")
@_described
@shows
@for_application
def update(client: Client, id_: str, out: Output, **wanted: object) -> None:
    """Change USER; what is not named stays as it is."""
    body = changed(_body(wanted), "user")
    out.thing(client.patch(_path(id_), beside(client.get(_path(id_)), body, "properties")))


@user.command(epilog=example(f"user delete {USER}"))
@many("USER")
@asks("Delete")
@shows
@for_application
def delete(client: Client, ids: tuple[str, ...], out: Output) -> None:
    """Delete each USER."""
    for id_ in ids:
        client.delete(_path(id_))
        out.done(id_, "deleted")


@user.command(epilog=example(f"user conversations {USER} --state joined"))
@click.argument("id_", metavar="USER")
@click.option("--state", type=click.Choice(["invited", "joined", "left"]), help="Of the user in them")
@click.option("--date-start", help="Created since: 2026-01-31T12:00:00Z")
@click.option("--order-by", type=click.Choice(["created", "custom_sort_key"]))
@lists
@for_application
def conversations(client: Client, id_: str, out: Output, limit: int | None, **query: str | None) -> None:
    """List the conversations that USER is in, and as which member."""
    found = every(client, path_to("v1", "users", id_, "conversations"), "conversations", limit=limit, **query)
    out.listing(PLACES, found, empty="The user is in no conversation.")


def _path(id_: str) -> str:
    return path_to("v1", "users", id_)


def _body(wanted: dict[str, Any]) -> dict[str, Any]:
    properties = {"ttl": wanted.pop("ttl"), "custom_data": wanted.pop("custom_data")}
    return given({**wanted, "properties": properties})
