"""`cordboard trunk`: carriers and telephone systems, for the gateway's operator."""

import tomllib
from pathlib import Path
from typing import Any

import click

from gateway.cli.client import Client
from gateway.cli.options import example, for_account, shows
from gateway.cli.show import Columns, Json, Output

PATH = "/cordboard/trunks"


@click.group()
def trunk() -> None:
    """List, add and remove trunks, and see whether they are up."""


@trunk.command("list", epilog=example("trunk list"))
@shows
@for_account
def list_(client: Client, out: Output) -> None:
    """List the trunks, in the order in which calls try them."""
    columns: Columns = {
        "name": "name",
        "servers": _servers,
        "prefixes": lambda item: " ".join(item["settings"]["prefixes"]),
        "registration": "registration",
        "calls": "calls",
        "configured": "configured",
    }
    out.listing(columns, client.get(PATH)["trunks"], empty="There is no trunk.")


@trunk.command("show", epilog=example("trunk show carrier"))
@click.argument("name")
@shows
@for_account
def show_(client: Client, name: str, out: Output) -> None:
    """Show the trunk NAME: what it is told, and whether it is up."""
    out.thing(client.get(f"{PATH}/{name}"), id_="name")


@trunk.command(epilog=example("trunk add carrier.toml"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@shows
@for_account
def add(client: Client, file: Path, out: Output) -> None:
    """Add the trunk that FILE describes, with the keys of one [[trunks]] table, or replace it.

    Secrets that FILE leaves out stay what they are.
    """
    settings = _read(file)
    name = str(settings.get("name", ""))
    known = [item["name"] for item in client.get(PATH)["trunks"]]
    made = client.put(f"{PATH}/{name}", settings) if name in known else client.post(PATH, settings)
    out.thing(made, id_="name")


@trunk.command(epilog=example("trunk remove carrier"))
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask")
@shows
@for_account
def remove(client: Client, name: str, yes: bool, out: Output) -> None:
    """Remove the trunk NAME. Calls that it has go on."""
    if not yes:
        click.confirm(f"Remove the trunk {name}?", abort=True, err=True)
    client.delete(f"{PATH}/{name}")
    out.done(name, "removed")


@trunk.command(epilog=example("trunk test carrier"))
@click.argument("name")
@shows
@for_account
def test(client: Client, name: str, out: Output) -> None:
    """Ask all servers of the trunk NAME whether they are there, and leave with 1 when something is wrong."""
    report = client.post(f"{PATH}/{name}/test", {})
    if not out.for_people:
        out.thing(report, id_="name")
    else:
        out.listing(_ANSWERS, report["servers"], empty="It has no server.")
        click.echo("\n".join(("", *_policy(report["policy"]), "")))
        click.echo("\n".join(report["troubles"]) or f"{name}: no trouble is known.")
    if report["troubles"]:
        raise click.exceptions.Exit(1)


_ANSWERS: Columns = {
    "server": "host",
    "address": "address",
    "transport": "transport",
    "answer": lambda item: f"{item['status'] or 'none:'} {item['reason']}",
    "ms": lambda item: "" if item["time_ms"] is None else item["time_ms"],
}


def _policy(policy: Json) -> list[str]:
    """What is not left open, a line each; without prefixes it is all that there is to say of calls out."""
    lines = [f"{key}: {_words(value)}" for key, value in policy.items() if value]
    return lines if policy["prefixes"] else ["prefixes: none, so no number may be called by it", *lines]


def _words(value: object) -> str:
    match value:
        case list():
            return " ".join(map(str, value))
        case dict():
            return ", ".join(f"{key} {text}" for key, text in value.items() if text)
        case _:
            return str(value)


def _servers(item: Json) -> str:
    marks = {"dead": " (dead)", "alive": " (alive)", "unknown": ""}
    return " ".join(f"{_place(target)}{marks[target['health']]}" for target in item["targets"])


def _place(target: Json) -> str:
    """host:port, an IPv6 address in brackets; the host alone where DNS says the port."""
    host = f"[{target['host']}]" if ":" in target["host"] else target["host"]
    return f"{host}:{target['port']}" if target["port"] else str(host)


def _read(file: Path) -> dict[str, Any]:
    """The trunk: the table itself, or the only one of [[trunks]]. Raises ClickException."""
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file} cannot be read: {error}") from None
    trunks = table.get("trunks")
    if trunks is None:
        return table
    if not (isinstance(trunks, list) and len(trunks) == 1):
        raise click.ClickException(f"{file} must have one [[trunks]] table.")
    only: dict[str, Any] = trunks[0]
    return only
