"""`cordboard workers`: who mixes, and how busy they are."""

import click

from gateway.cli.client import Client
from gateway.cli.options import example, for_account, shows
from gateway.cli.show import Output

COLUMNS = ("number", "pid", "legs", "load", "late_ms", "deaths", "refuses")


@click.command(epilog=example("workers"))
@shows
@for_account
def workers(client: Client, out: Output) -> None:
    """List the media workers: legs, share of each 20 ms that they work, and how late they were."""
    listed = client.get("/cordboard/workers")["workers"]
    out.listing({name: name for name in COLUMNS}, listed, empty="No worker runs.")
