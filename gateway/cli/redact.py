"""`cordboard redact`: let the gateway forget who called whom."""

import click

from gateway.cli.client import Client
from gateway.cli.options import asks, example, for_account, many, shows
from gateway.cli.show import Output


@click.command(epilog=example("redact 63f61863-4a51-4f6b-86e1-46edebcf9356"))
@many("CALL")
@click.option("--type", "direction", type=click.Choice(["inbound", "outbound"]), default="outbound")
@asks("Forget for good")
@shows
@for_account
def redact(client: Client, ids: tuple[str, ...], direction: str, out: Output) -> None:
    """Forget the numbers of each CALL (a leg's id) and what was recorded of it, for good."""
    for id_ in ids:
        client.post("/v1/redact/transaction", {"id": id_, "product": "voice", "type": direction})
        out.done(id_, "redacted")
