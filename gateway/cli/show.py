"""Output: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text


def listing(columns: Sequence[str], rows: Sequence[Sequence[object]], *, as_json: bool, empty: str) -> None:
    """A list of things: a table, or the sentence `empty`; as JSON an array of objects."""
    if as_json:
        click.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], ensure_ascii=False))
    elif rows:
        click.echo(drawn(columns, rows), nl=False)
    else:
        click.echo(empty)


def thing(values: dict[str, object], *, as_json: bool) -> None:
    """One thing and its properties."""
    if as_json:
        click.echo(json.dumps(values, ensure_ascii=False))
    else:
        width = max(len(name) for name in values)
        for name, value in values.items():
            click.echo(f"{name:<{width}}  {value}")


def drawn(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The table as text, as wide as it must be."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console = Console(width=200, no_color=not sys.stdout.isatty())
    with console.capture() as capture:
        console.print(table)
    return "".join(line.rstrip() + "\n" for line in capture.get().splitlines())
