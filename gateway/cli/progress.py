"""How far long work has come, on standard error while it lasts, for people alone."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

_showing = ContextVar("showing", default=False)

Advance = Callable[[int], None]


@contextmanager
def progress(
    label: str, total: int | None = None, *, unit: Literal["", "items", "octets"] = "items"
) -> Iterator[Advance]:
    """Call what it gives with how much more is done; without a unit only the time is shown.

    Nothing is shown where standard error is no terminal, nor of work that is part of other work; and nothing
    is left of it at the end.
    """
    if _showing.get() or not sys.stderr.isatty():
        yield lambda _more: None
        return
    # Loading the drawing takes a while, and programs never see it.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns: list[ProgressColumn] = [TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()]
    if unit:
        columns.insert(2, DownloadColumn() if unit == "octets" else TextColumn("{task.completed:g}"))
    token = _showing.set(True)
    with Progress(*columns, console=Console(stderr=True), transient=True) as drawn:
        task = drawn.add_task(label, total=total)
        try:
            yield lambda more: drawn.advance(task, more)
        finally:
            _showing.reset(token)
