"""`cordboard app`: applications and their keys."""

from pathlib import Path
from typing import Any

import click

from gateway.cli import show
from gateway.cli.client import Client
from gateway.cli.setup import Setup

PAGE_SIZE = 100


@click.group()
def app() -> None:
    """Create and list applications."""


@app.command()
@click.argument("name")
@click.option("--answer-url", help="Asked for the NCCO when a call comes in")
@click.option("--event-url", help="Told what happens to calls")
@click.option("--fallback-answer-url", help="Asked when the answer URL fails")
@click.option("--keyfile", type=click.Path(dir_okay=False, path_type=Path), help="Where the private key goes")
@click.option("--json", "as_json", is_flag=True, help="For programs")
@click.pass_obj
def create(setup: Setup, /, name: str, keyfile: Path | None, as_json: bool, **urls: str | None) -> None:
    """Create an application; its private key is saved for `cordboard jwt`, `call` and `tail`."""
    methods = {"answer_url": "GET", "event_url": "POST", "fallback_answer_url": "GET"}
    webhooks = {
        kind: {"address": address, "http_method": methods[kind]} for kind, address in urls.items() if address
    }
    created = setup.account().post(
        "/v2/applications", {"name": name, "capabilities": {"voice": {"webhooks": webhooks}}}
    )
    path = setup.keys.save(created["id"], created["keys"]["private_key"], keyfile)
    show.thing({"id": created["id"], "name": created["name"], "private key": str(path)}, as_json=as_json)
    if not as_json:
        click.echo(f"\nGive it a number: cordboard number search GB, number buy, number link NUMBER {name}")


@app.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs")
@click.pass_obj
def list_(setup: Setup, as_json: bool) -> None:
    """List the account's applications."""
    rows = [
        (item["id"], item["name"], _webhook(item, "answer_url"), _webhook(item, "event_url"))
        for item in every_application(setup.account())
    ]
    show.listing(
        ("id", "name", "answer_url", "event_url"),
        rows,
        as_json=as_json,
        empty="There is no application yet. Create one: `cordboard app create NAME`.",
    )


def every_application(client: Client) -> list[dict[str, Any]]:
    """All pages of GET /v2/applications."""
    applications: list[dict[str, Any]] = []
    page = pages = 1
    while page <= pages:
        reply = client.get("/v2/applications", page=page, page_size=PAGE_SIZE)
        applications += reply.get("_embedded", {}).get("applications", [])
        pages, page = reply.get("total_pages", 1), page + 1
    return applications


def _webhook(application: dict[str, Any], kind: str) -> str | None:
    webhooks = application.get("capabilities", {}).get("voice", {}).get("webhooks", {})
    address = webhooks.get(kind, {}).get("address")
    return None if address is None else str(address)
