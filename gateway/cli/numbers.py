"""The account's numbers, and who answers them."""

from typing import Any

import click

from gateway.cli.client import Client

PAGE_SIZE = 100


def every_number(client: Client, **query: str | int | None) -> list[dict[str, Any]]:
    """All pages of GET /account/numbers."""
    numbers: list[dict[str, Any]] = []
    index, count = 1, 1
    while len(numbers) < count:
        reply = client.get("/account/numbers", size=PAGE_SIZE, index=index, **query)
        page = reply.get("numbers", [])
        if not page:
            break
        numbers += page
        index, count = index + 1, reply.get("count", 0)
    return numbers


def rented(client: Client, msisdn: str) -> dict[str, Any]:
    """The number, which must be the account's. Raises ClickException."""
    for item in every_number(client, pattern=msisdn):
        if item["msisdn"] == msisdn:
            return item
    raise click.ClickException(f"{msisdn} is not rented. `cordboard number buy COUNTRY {msisdn}` rents it.")


def answer_by(client: Client, number: dict[str, Any], application_id: str | None) -> None:
    """Let the application answer calls to the number; nobody when None."""
    form = {"country": number["country"], "msisdn": number["msisdn"]}
    client.post_form("/number/update", form if application_id is None else form | {"app_id": application_id})
