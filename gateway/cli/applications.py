"""The account's applications, and which of them a word on the command line means."""

from typing import Any

import click

from gateway.cli.client import Client

PAGE_SIZE = 100


def every_application(client: Client) -> list[dict[str, Any]]:
    """All pages of GET /v2/applications."""
    applications: list[dict[str, Any]] = []
    page = pages = 1
    while page <= pages:
        reply = client.get("/v2/applications", page=page, page_size=PAGE_SIZE)
        applications += reply.get("_embedded", {}).get("applications", [])
        pages, page = reply.get("total_pages", 1), page + 1
    return applications


def application_id(client: Client, word: str) -> str:
    """The id of the application with this id or name. Raises ClickException when it is not exactly one."""
    found = [item["id"] for item in every_application(client) if word in (item["id"], item["name"])]
    if len(found) == 1:
        return str(found[0])
    if not found:
        raise click.ClickException(f"There is no application {word}. `cordboard app list` shows all.")
    raise click.ClickException(f"Several applications are called {word}: say one of {', '.join(found)}.")
