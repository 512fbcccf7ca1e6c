"""`cordboard sip bans`: sources that floods or guessed passwords have had banned."""

import click

from gateway.cli.client import Client
from gateway.cli.options import example, for_account, shows
from gateway.cli.show import Output

PATH = "/cordboard/sip/bans"


@click.group()
def bans() -> None:
    """See whom SIP does not listen to, and listen again."""


@bans.command("list", epilog=example("sip bans list"))
@shows
@for_account
def list_(client: Client, out: Output) -> None:
    """List the sources that are banned, and for how many seconds still."""
    columns = {name: name for name in ("source", "seconds", "reason")}
    out.listing(columns, client.get(PATH)["bans"], empty="Nobody is banned.")


@bans.command(epilog=example("sip bans lift 203.0.113.7"))
@click.argument("source")
@shows
@for_account
def lift(client: Client, source: str, out: Output) -> None:
    """Listen to SOURCE again: an address; of an IPv6 network, any address in it."""
    client.delete(f"{PATH}/{source.partition('/')[0]}")
    out.done(source, "lifted")
