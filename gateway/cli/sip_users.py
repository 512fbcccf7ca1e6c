"""`cordboard sip user`: who may call or register with a secret, in one SIP domain."""

import secrets

import click

from gateway.cli.client import path_to
from gateway.cli.options import asks, example, lists, many, shows
from gateway.cli.setup import Setup
from gateway.cli.show import Output

SECRET_OCTETS = 18


@click.group()
def user() -> None:
    """Add, list and remove users of a domain, and give them other secrets."""


@user.command("list", epilog=example("sip user list bakery"))
@click.argument("domain")
@lists
@click.pass_obj
def list_(setup: Setup, domain: str, limit: int | None, out: Output) -> None:
    """List the users of DOMAIN."""
    out.listing({"key": "key"}, setup.account().get(_users(domain))[:limit], empty="There is no user.")


@user.command(epilog=example("sip user add bakery ann"))
@click.argument("domain")
@click.argument("key")
@click.option("--secret", "text", help="8 to 64 printable characters [default: made]")
@click.option("--replace", is_flag=True, help="Give a user who is there another secret")
@shows
@click.pass_obj
def add(setup: Setup, domain: str, key: str, text: str | None, replace: bool, out: Output) -> None:
    """Add the user KEY to DOMAIN. The secret is shown this once."""
    text = text or secrets.token_urlsafe(SECRET_OCTETS)
    client, wanted = setup.account(), {"key": key, "secret": text}
    if replace:
        answer = client.put(_users(domain) + path_to(key), wanted)
    else:
        answer = client.post(_users(domain), wanted)
    out.thing(answer | {"secret": text}, id_="key")
    if out.for_people:
        click.echo("\nKeep it: the gateway does not show it again.")


@user.command(epilog=example("sip user remove bakery ann"))
@click.argument("domain")
@many("KEY")
@asks("Remove the user")
@shows
@click.pass_obj
def remove(setup: Setup, domain: str, ids: tuple[str, ...], out: Output) -> None:
    """Remove each user KEY from DOMAIN, and where it is registered."""
    client = setup.account()
    for key in ids:
        client.delete(_users(domain) + path_to(key))
        out.done(key, "removed")


def _users(domain: str) -> str:
    return path_to("v1", "psip", domain, "users")
