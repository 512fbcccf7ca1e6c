"""`cordboard openapi`: what the gateway's HTTP interface has."""

import click

from gateway.cli.client import Client
from gateway.cli.options import example, shows
from gateway.cli.setup import Setup
from gateway.cli.show import Output

COLUMNS = {"method": "method", "path": "path", "what": "summary"}


@click.command(epilog=example("openapi", "openapi --json > cordboard.json"))
@shows
@click.pass_obj
def openapi(setup: Setup, out: Output) -> None:
    """List the operations of the HTTP interface; with --json its whole OpenAPI description."""
    description = Client(setup.server_url(), "").get("/openapi.json")
    if out.as_json:
        out.thing(description)
        return
    operations = [
        {"method": method.upper(), "path": path, "summary": operation.get("summary")}
        for path, item in description["paths"].items()
        for method, operation in item.items()
    ]
    out.listing(COLUMNS, operations, empty="There is none.")
