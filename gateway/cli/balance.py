"""`cordboard balance`: what is on the account."""

import click

from gateway.cli.client import Client
from gateway.cli.options import example, for_account, shows
from gateway.cli.show import Output


@click.command(epilog=example("balance"))
@shows
@for_account
def balance(client: Client, out: Output) -> None:
    """Show the account's balance in euros; nothing is charged here, so it is 0."""
    found = client.get("/account/get-balance")
    if out.as_json:
        out.thing(found)
    else:
        click.echo(f"{found['value']:.2f} EUR")
