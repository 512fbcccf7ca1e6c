"""`cordboard number`: the numbers that callers dial."""

from typing import Any

import click

from gateway.cli import show
from gateway.cli.applications import application_id
from gateway.cli.setup import Setup

PAGE_SIZE = 100
SEARCH_PATTERNS = {"starts": 0, "contains": 1, "ends": 2}


@click.group()
def number() -> None:
    """Search, rent and link numbers."""


@number.command()
@click.argument("country")
@click.option(
    "--pattern", help="Digits that the number holds; a star says where they do not end: 44770* or *007"
)
@click.option("--features", help="Such as VOICE,SMS")
@click.option("--json", "as_json", is_flag=True, help="For programs")
@click.pass_obj
def search(setup: Setup, country: str, pattern: str | None, features: str | None, as_json: bool) -> None:
    """List the numbers of COUNTRY (two letters) that are free to rent."""
    reply = setup.account().get(
        "/number/search",
        country=country.upper(),
        pattern=pattern.strip("*") if pattern else None,
        search_pattern=_search_pattern(pattern),
        features=features,
        size=PAGE_SIZE,
    )
    columns = ("msisdn", "country", "type", "features", "cost")
    rows = [_row(item, columns) for item in reply.get("numbers", [])]
    show.listing(
        columns,
        rows,
        as_json=as_json,
        empty="No free number matches. [[numbers]] in the configuration names what there is.",
    )


@number.command()
@click.argument("country")
@click.argument("msisdn")
@click.pass_obj
def buy(setup: Setup, country: str, msisdn: str) -> None:
    """Rent MSISDN of COUNTRY."""
    setup.account().post_form("/number/buy", {"country": country.upper(), "msisdn": msisdn})
    click.echo(f"Number rented: {msisdn}")


@number.command()
@click.argument("msisdn")
@click.pass_obj
def cancel(setup: Setup, msisdn: str) -> None:
    """Give MSISDN back."""
    country = _rented(setup, msisdn)["country"]
    setup.account().post_form("/number/cancel", {"country": country, "msisdn": msisdn})
    click.echo(f"Number given back: {msisdn}")


@number.command()
@click.argument("msisdn")
@click.argument("application")
@click.pass_obj
def link(setup: Setup, msisdn: str, application: str) -> None:
    """Let calls to MSISDN go to APPLICATION (its id or its name)."""
    form = {"country": _rented(setup, msisdn)["country"], "msisdn": msisdn}
    client = setup.account()
    app_id = application_id(client, application)
    client.post_form("/number/update", form | {"app_id": app_id})
    click.echo(f"Number linked: {msisdn} -> {app_id}")


@number.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs")
@click.pass_obj
def list_(setup: Setup, as_json: bool) -> None:
    """List the account's numbers."""
    columns = ("msisdn", "country", "type", "features", "app_id")
    rows = [_row(item, columns) for item in _numbers(setup)]
    show.listing(
        columns,
        rows,
        as_json=as_json,
        empty="No number is rented. `cordboard number search GB` lists free ones.",
    )


def _search_pattern(pattern: str | None) -> int | None:
    if not pattern:
        return None
    if pattern.startswith("*"):
        return SEARCH_PATTERNS["contains" if pattern.endswith("*") else "ends"]
    return SEARCH_PATTERNS["starts"]


def _rented(setup: Setup, msisdn: str) -> dict[str, Any]:
    for item in _numbers(setup, pattern=msisdn):
        if item["msisdn"] == msisdn:
            return item
    raise click.ClickException(f"{msisdn} is not rented. `cordboard number buy COUNTRY {msisdn}` rents it.")


def _numbers(setup: Setup, pattern: str | None = None) -> list[dict[str, Any]]:
    client = setup.account()
    numbers: list[dict[str, Any]] = []
    index, count = 1, 1
    while len(numbers) < count:
        reply = client.get("/account/numbers", pattern=pattern, size=PAGE_SIZE, index=index)
        page = reply.get("numbers", [])
        if not page:
            break
        numbers += page
        index, count = index + 1, reply.get("count", 0)
    return numbers


def _row(item: dict[str, Any], columns: tuple[str, ...]) -> list[object]:
    values = [item.get(column) for column in columns]
    return [" ".join(value) if isinstance(value, list) else value for value in values]
