"""`cordboard report`: what calls there were, as files."""

import time
from typing import Any

import click

from gateway.cli.bodies import given
from gateway.cli.client import Client, path_to
from gateway.cli.options import example, lists, many, shows
from gateway.cli.progress import progress
from gateway.cli.setup import Setup
from gateway.cli.show import Output
from gateway.cli.transfer import Saving, saves

REPORT = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
PRODUCTS = ("VOICE-CALL", "VOICE-FAILED", "IN-APP-VOICE", "WEBSOCKET-CALL", "ASR", "CONVERSATIONS")
BEING_MADE = frozenset({"PENDING", "PROCESSING"})
WITH_FILE = frozenset({"SUCCESS", "TRUNCATED"})
LOOK_EVERY_S = 0.5

COLUMNS = {
    "id": "request_id",
    "product": "product",
    "status": "request_status",
    "from": "date_start",
    "to": "date_end",
    "rows": "items_count",
    "ordered": "receive_time",
}


@click.group()
def report() -> None:
    """Order reports of calls, wait for them and download them."""


@report.command(epilog=example("report create VOICE-CALL --date-start 2026-01-01T00:00:00Z"))
@click.argument("product", type=click.Choice(PRODUCTS, case_sensitive=False))
@click.option("--date-start", help="[default: a week ago]")
@click.option("--date-end", help="[default: now]")
@click.option("--direction", type=click.Choice(["inbound", "outbound"]))
@click.option("--status", help="Of the calls: such as answered")
@click.option("--from", help="The number of the callers")
@click.option("--to", help="The number that was called")
@click.option("--conversation-id", help="CON-…")
@click.option("--callback-url", help="Told when the report is ready")
@click.option("--wait/--no-wait", default=True, help="Until it is made  [default: wait]")
@shows
@click.pass_obj
def create(setup: Setup, /, product: str, wait: bool, out: Output, **filters: str | None) -> None:
    """Order a report of PRODUCT and wait until it is made. The exit status is 0 if it was."""
    body = {"account_id": setup.credentials.api_key, "product": product, **filters}
    # The API wants to hear of the one type that there is.
    kind = "ip-voice" if product == "CONVERSATIONS" else None
    client = setup.account()
    made = client.post("/v2/reports", given(body | {"type": kind}))
    if wait:
        made = _finished(client, made)
    out.thing(made, id_="request_id")
    status = made["request_status"]
    if status not in WITH_FILE | BEING_MADE:
        raise click.ClickException(f"The report was not made: {status}.")
    if out.for_people and wait:
        click.echo(f"\nIts file: cordboard report download {made['request_id']}")


@report.command("list", epilog=example("report list --status SUCCESS"))
@click.option("--status", help="Such as SUCCESS,TRUNCATED")
@click.option("--date-from", help="Ordered since: 2026-01-31T12:00:00Z")
@click.option("--date-to", help="Ordered before")
@lists
@click.pass_obj
def list_(setup: Setup, /, out: Output, limit: int | None, **query: str | None) -> None:
    """List the account's reports, the newest first."""
    found = setup.account().get("/v2/reports", account_id=setup.credentials.api_key, **query)["reports"]
    out.listing(
        COLUMNS, found[:limit], empty="There is no report. `cordboard report create PRODUCT` orders one."
    )


@report.command(epilog=example(f"report show {REPORT}"))
@click.argument("id_", metavar="REPORT")
@shows
@click.pass_obj
def show(setup: Setup, id_: str, out: Output) -> None:
    """Show the state of REPORT."""
    out.thing(setup.account().get(_path(id_)), id_="request_id")


@report.command(epilog=example(f"report download {REPORT} --output calls.zip"))
@many("REPORT")
@saves
@shows
@click.pass_obj
def download(setup: Setup, ids: tuple[str, ...], saving: Saving, out: Output) -> None:
    """Download the file of each REPORT, once it is made."""
    client = setup.account()
    files = [_file(_finished(client, client.get(_path(id_)))) for id_ in ids]
    saving.each(client, files, out)


def _path(id_: str) -> str:
    return path_to("v2", "reports", id_)


def _finished(client: Client, made: dict[str, Any]) -> dict[str, Any]:
    """The report when it is made, or was given up."""
    with progress("The report is being made", unit=""):
        while made["request_status"] in BEING_MADE:
            time.sleep(LOOK_EVERY_S)
            made = client.get(_path(made["request_id"]))
    return made


def _file(made: dict[str, Any]) -> str:
    """The path of its file. Raises ClickException when it has none."""
    if made["request_status"] not in WITH_FILE:
        raise click.ClickException(
            f"The report {made['request_id']} has no file: {made['request_status']}. Order it again."
        )
    # The host of the link is the one that the gateway is known by outside: ask the one we were given.
    return path_to("v3", "media", made["_links"]["download_report"]["href"].rpartition("/")[2])
