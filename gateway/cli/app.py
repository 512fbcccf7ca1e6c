"""`cordboard app`: applications and their keys."""

from pathlib import Path
from typing import Any

import click

from gateway.cli import show
from gateway.cli.applications import every_application
from gateway.cli.setup import Setup


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
    client = setup.account()
    namesakes = [item["id"] for item in every_application(client) if item["name"] == name]
    created = client.post(
        "/v2/applications", {"name": name, "capabilities": {"voice": {"webhooks": webhooks}}}
    )
    path = setup.keys.save(created["id"], created["keys"]["private_key"], keyfile)
    show.thing({"id": created["id"], "name": created["name"], "private key": str(path)}, as_json=as_json)
    if namesakes:
        click.echo(
            f"Warning: {name} is also the name of {', '.join(namesakes)}; say the id where a name will do.",
            err=True,
        )
    if not as_json:
        word = created["id"] if namesakes else name
        click.echo(f"\nGive it a number: cordboard number search GB, number buy, number link NUMBER {word}")


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


def _webhook(application: dict[str, Any], kind: str) -> str | None:
    webhooks = application.get("capabilities", {}).get("voice", {}).get("webhooks", {})
    address = webhooks.get(kind, {}).get("address")
    return None if address is None else str(address)
