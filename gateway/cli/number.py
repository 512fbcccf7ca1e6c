"""`cordboard number`: the numbers that callers dial."""

from pathlib import Path
from typing import Any

import click

from gateway.cli import show
from gateway.cli.applications import application_id
from gateway.cli.numbers import PAGE_SIZE, answer_by, every_number, rented
from gateway.cli.options import example
from gateway.cli.progress import progress
from gateway.cli.setup import Setup
from gateway.forms import NUMBER_TYPES
from gateway.routing.pool_file import read_pool
from gateway.store.records import PoolNumber

IMPORTED_AT_ONCE = 1_000
"""Numbers in one request: as many as the gateway takes."""
SEARCH_PATTERNS = {"starts": 0, "contains": 1, "ends": 2}


@click.group()
def number() -> None:
    """Import, search, rent and link numbers."""


@number.command(epilog=example("number search GB --pattern 44770*"))
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
        empty="No free number matches. [[numbers]] in the configuration names what there is, and "
        "`cordboard number import FILE` adds to it.",
    )


@number.command(epilog=example("number buy GB 447700900000"))
@click.argument("country")
@click.argument("msisdn")
@click.pass_obj
def buy(setup: Setup, country: str, msisdn: str) -> None:
    """Rent MSISDN of COUNTRY."""
    setup.account().post_form("/number/buy", {"country": country.upper(), "msisdn": msisdn})
    click.echo(f"Number rented: {msisdn}")


@number.command(epilog=example("number cancel 447700900000"))
@click.argument("msisdn")
@click.option("--yes", is_flag=True, help="Do not ask")
@click.pass_obj
def cancel(setup: Setup, msisdn: str, yes: bool) -> None:
    """Give MSISDN back; anybody may rent it then."""
    if not yes:
        click.confirm(f"Give {msisdn} back?", abort=True, err=True)
    client = setup.account()
    country = rented(client, msisdn)["country"]
    client.post_form("/number/cancel", {"country": country, "msisdn": msisdn})
    click.echo(f"Number given back: {msisdn}")


@number.command(epilog=example("number link 447700900000 hello"))
@click.argument("msisdn")
@click.argument("application")
@click.pass_obj
def link(setup: Setup, msisdn: str, application: str) -> None:
    """Let calls to MSISDN go to APPLICATION (its id or its name)."""
    client = setup.account()
    found = rented(client, msisdn)
    app_id = application_id(client, application)
    answer_by(client, found, app_id)
    click.echo(f"Number linked: {msisdn} -> {app_id}")


@number.command("list", epilog=example("number list --pattern *007"))
@click.option("--pattern", help="Digits that the number holds, as in `number search`")
@click.option("--json", "as_json", is_flag=True, help="For programs")
@click.pass_obj
def list_(setup: Setup, pattern: str | None, as_json: bool) -> None:
    """List the account's numbers."""
    columns = ("msisdn", "country", "type", "features", "app_id")
    found = every_number(
        setup.account(),
        pattern=pattern.strip("*") if pattern else None,
        search_pattern=_search_pattern(pattern),
    )
    rows = [_row(item, columns) for item in found]
    show.listing(
        columns,
        rows,
        as_json=as_json,
        empty="No number is rented. `cordboard number search GB` lists free ones.",
    )


@number.command("import", epilog=example("number import numbers.csv --country GB"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--country", default="", help="Of numbers that have none in the file: two letters")
@click.option("--type", "type_", default="landline", type=click.Choice(NUMBER_TYPES), show_default=True)
@click.option("--features", default="VOICE", help="Such as VOICE,SMS", show_default=True)
@click.option("--cost", default="0.00", help="A month, in euros", show_default=True)
@click.option("--dry-run", is_flag=True, help="Check the file and say what would come of it")
@click.option("--json", "as_json", is_flag=True, help="For programs")
@click.pass_obj
def import_(setup: Setup, /, file: Path, dry_run: bool, as_json: bool, **usual: str) -> None:
    """Put the numbers of FILE into the pool that accounts rent from; for the gateway's operator.

    FILE is CSV with a header (number, country, type, features, cost), or has one number on each line. A
    number may be a range: 447700900000-447700900099. Importing a file again changes nothing.
    """
    usual["type"] = usual.pop("type_")
    numbers = _read_file(file, usual)
    client = setup.account()
    counts = dict.fromkeys(("added", "changed", "unchanged", "configured"), 0)
    with progress("Importing", len(numbers)) as advance:
        for start in range(0, len(numbers), IMPORTED_AT_ONCE):
            part = numbers[start : start + IMPORTED_AT_ONCE]
            body = {"numbers": [_imported(item) for item in part], "dry_run": dry_run}
            reply = client.post("/cordboard/numbers", body)
            counts = {name: count + reply[name] for name, count in counts.items()}
            advance(len(part))
    show.thing({"numbers": len(numbers), **counts, "dry_run": dry_run}, as_json=as_json)


def _read_file(file: Path, usual: dict[str, str]) -> list[PoolNumber]:
    """The numbers of the file. Raises ClickException, which names every wrong line."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            found = read_pool(lines, usual)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file} cannot be read: {error}") from None
    if found.complaints:
        lines_ = "\n".join(f"  {complaint}" for complaint in found.complaints)
        raise click.ClickException(f"Nothing of {file} was imported:\n{lines_}")
    if not found.numbers:
        raise click.ClickException(f"There is no number in {file}.")
    return found.numbers


def _imported(item: PoolNumber) -> dict[str, object]:
    return {name: getattr(item, name) for name in ("msisdn", "country", "type", "features", "cost")}


def _search_pattern(pattern: str | None) -> int | None:
    if not pattern:
        return None
    if pattern.startswith("*"):
        return SEARCH_PATTERNS["contains" if pattern.endswith("*") else "ends"]
    return SEARCH_PATTERNS["starts"]


def _row(item: dict[str, Any], columns: tuple[str, ...]) -> list[object]:
    values = [item.get(column) for column in columns]
    return [" ".join(value) if isinstance(value, list) else value for value in values]
