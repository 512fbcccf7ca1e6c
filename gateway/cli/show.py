"""Output: tables for people, JSON for programs, bare ids for pipes."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

Json = Mapping[str, Any]
Columns = Mapping[str, str | Callable[[Json], object]]
"""Each column's head, and where its cells are: a path such as `timestamp.created`, or a function."""


@dataclass(frozen=True)
class Output:
    """In which form a command shows what the gateway answered. As JSON that is what it answered."""

    as_json: bool = False
    ids_only: bool = False

    @property
    def for_people(self) -> bool:
        """Whether words beside the answer are welcome."""
        return not (self.as_json or self.ids_only)

    def listing(self, columns: Columns, items: Sequence[Json], *, empty: str) -> None:
        """A list of things; the cells of the first column are their ids."""
        if self.as_json:
            click.echo(json.dumps(items, ensure_ascii=False))
        elif self.ids_only:
            first = next(iter(columns.values()))
            for item in items:
                click.echo(_cell(item, first))
        else:
            rows = [[_cell(item, where) for where in columns.values()] for item in items]
            listing(tuple(columns), rows, as_json=False, empty=empty)

    def thing(self, item: Json, *, id_: str = "id") -> None:
        """One thing; for people without its links."""
        if self.ids_only:
            click.echo(item[id_])
        else:
            shown = dict(item) if self.as_json else dict(_flat(item))
            thing(shown, as_json=self.as_json)

    def done(self, id_: str, what: str) -> None:
        """Something was done to the thing with this id: `what`, such as "deleted"."""
        if self.as_json:
            click.echo(json.dumps({"id": id_, what.replace(" ", "_"): True}))
        else:
            click.echo(id_ if self.ids_only else f"{id_} {what}")


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
        below = "\n" + " " * (width + 2)
        for name, value in values.items():
            text = str(value).strip().replace("\n", below)
            click.echo(f"{name:<{width}}  {text}".rstrip())


def drawn(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The table as text, as wide as it must be."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console = Console(width=200, no_color=not sys.stdout.isatty())
    with console.capture() as capture:
        console.print(table)
    return "".join(line.rstrip() + "\n" for line in capture.get().splitlines())


def _cell(item: Json, where: str | Callable[[Json], object]) -> object:
    if callable(where):
        return where(item)
    value: Any = item
    for name in where.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return json.dumps(value)
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _flat(item: Json, prefix: str = "") -> Iterator[tuple[str, object]]:
    """The properties, those of objects under their path; links are for programs."""
    for name, value in item.items():
        if name == "_links":
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            plain = isinstance(value, str | int | float) and not isinstance(value, bool)
            yield prefix + name, value if plain else json.dumps(value, ensure_ascii=False)
