"""`cordboard secret`: the API secrets of an account."""

import click

from gateway.cli.client import Client, path_to
from gateway.cli.options import asks, example, lists, many, shows
from gateway.cli.setup import Setup
from gateway.cli.show import Output
from gateway.resources.accounts import generate_secret

COLUMNS = {"id": "id", "created_at": "created_at"}

_ACCOUNT = click.option("--account", help="Another account's key; for the gateway's operator")


@click.group()
def secret() -> None:
    """List, create and revoke the secrets that open the account; it has two at most."""


@secret.command("list", epilog=example("secret list"))
@_ACCOUNT
@lists
@click.pass_obj
def list_(setup: Setup, account: str | None, limit: int | None, out: Output) -> None:
    """List the account's secrets, of which the texts are never shown."""
    found = setup.account().get(_path(setup, account))["_embedded"]["secrets"]
    out.listing(COLUMNS, found[:limit], empty="The account has no secret.")


@secret.command(epilog=example("secret create"))
@click.option("--secret", "text", help="8 to 25 characters with a-z, A-Z and 0-9 [default: made]")
@_ACCOUNT
@shows
@click.pass_obj
def create(setup: Setup, text: str | None, account: str | None, out: Output) -> None:
    """Give the account a second secret, which is shown this once."""
    text = text or generate_secret()
    created = setup.account().post(_path(setup, account), {"secret": text})
    out.thing(created | {"api_secret": text})
    if out.for_people:
        click.echo("\nKeep it: the gateway does not show it again.")


@secret.command(epilog=example("secret revoke ad6dc56f-07b5-46e1-a527-85530e625800"))
@many("SECRET")
@_ACCOUNT
@asks("Revoke the secret")
@shows
@click.pass_obj
def revoke(setup: Setup, ids: tuple[str, ...], account: str | None, out: Output) -> None:
    """Let each SECRET, an id, open the account no more."""
    client: Client = setup.account()
    for id_ in ids:
        client.delete(_path(setup, account) + path_to(id_))
        out.done(id_, "revoked")


def _path(setup: Setup, account: str | None) -> str:
    return path_to("accounts", account or setup.credentials.api_key, "secrets")
