"""The account's applications, and which of them a word on the command line means."""

from typing import Any

import click

from gateway.cli.client import Client
from gateway.cli.pages import every


def every_application(client: Client, limit: int | None = None) -> list[dict[str, Any]]:
    """All of the account's applications, or `limit` of them."""
    return every(client, "/v2/applications", "applications", limit=limit)


def application_id(client: Client, word: str) -> str:
    """The id of the application with this id or name. Raises ClickException when it is not exactly one."""
    found = [item["id"] for item in every_application(client) if word in (item["id"], item["name"])]
    if len(found) == 1:
        return str(found[0])
    if not found:
        raise click.ClickException(f"There is no application {word}. `cordboard app list` shows all.")
    raise click.ClickException(f"Several applications are called {word}: say one of {', '.join(found)}.")
