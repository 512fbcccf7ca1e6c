"""`cordboard app numbers`, `link` and `unlink`: which numbers an application answers."""

import click

from gateway.cli.applications import application_id
from gateway.cli.client import Client
from gateway.cli.numbers import answer_by, every_number, rented
from gateway.cli.options import example, for_account, many, shows
from gateway.cli.show import Output

COLUMNS = {"msisdn": "msisdn", "country": "country", "type": "type", "features": "features"}


@click.command(epilog=example("app numbers hello"))
@click.argument("application")
@shows
@for_account
def numbers(client: Client, application: str, out: Output) -> None:
    """List the numbers that APPLICATION (its id or its name) answers."""
    found = every_number(client, application_id=application_id(client, application))
    out.listing(
        COLUMNS, found, empty=f"It has no number. `cordboard app link {application} NUMBER` gives it one."
    )


@click.command(epilog=example("app link hello 447700900000 447700900001"))
@click.argument("application")
@many("NUMBER")
@shows
@for_account
def link(client: Client, application: str, ids: tuple[str, ...], out: Output) -> None:
    """Let APPLICATION (its id or its name) answer calls to each NUMBER."""
    id_ = application_id(client, application)
    for msisdn in ids:
        answer_by(client, rented(client, msisdn), id_)
        out.done(msisdn, "linked")


@click.command(epilog=example("app unlink 447700900000"))
@many("NUMBER")
@shows
@for_account
def unlink(client: Client, ids: tuple[str, ...], out: Output) -> None:
    """Let no application answer calls to each NUMBER."""
    for msisdn in ids:
        answer_by(client, rented(client, msisdn), None)
        out.done(msisdn, "unlinked")


COMMANDS = (numbers, link, unlink)
