"""`cordboard tail`: events as they happen."""

import json
import sys
from collections import deque
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.cli.events import COLUMNS, Event, plain, row
from gateway.cli.options import example
from gateway.cli.setup import Setup

MAX_ROWS = 200
"""Events that the table remembers; the terminal shows the last ones that fit."""
FOLLOWED_S = 24 * 3600
"""As long as a token may last: the stream ends with it."""


@click.command(epilog=example("tail CON-d66d47de-5bcb-4300-94f0-0c9d4b948e9a"))
@click.argument("conversation", required=False)
@click.option("--app", help="The application's id or name; may be left out when there is only one key")
@click.option(
    "--keyfile", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its private key"
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line")
@click.pass_obj
def tail(
    setup: Setup, conversation: str | None, app: str | None, keyfile: Path | None, as_json: bool
) -> None:
    """Follow the application's events, or those of CONVERSATION (CON-…), until Ctrl-C, a day at most.

    Shown is what happens from now on. What has happened is at GET /v1/conversations/CON-…/events.
    """
    path = f"/v1/conversations/{conversation}/events" if conversation else "/v1/events"
    events = setup.application(app, keyfile, FOLLOWED_S).events(path)
    if not as_json:
        earlier = path if conversation else "/v1/conversations/CON-…/events"
        click.echo(f"Following what happens from now on; earlier events: GET {earlier}", err=True)
    try:
        if as_json or not sys.stdout.isatty():
            for event in events:
                click.echo(json.dumps(event, ensure_ascii=False) if as_json else plain(event))
        else:
            _show(events)
    except KeyboardInterrupt:
        return


def _show(events: Iterable[Event]) -> None:
    screen = EventTable(Console())
    with Live(screen.table(), console=screen.console, auto_refresh=False) as live:
        for event in events:
            screen.add(event)
            live.update(screen.table(), refresh=True)


class EventTable:
    """The last events as a table that fits the terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._events: deque[Event] = deque(maxlen=MAX_ROWS)

    def add(self, event: Event) -> None:
        """Put an event below the others."""
        self._events.append(event)

    def table(self) -> Table:
        """The rows that fit now."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in COLUMNS:
            table.add_column(name, no_wrap=True, justify="right" if name == "#" else "left")
        room = max(1, self.console.height - 2)
        for event in list(self._events)[-room:]:
            table.add_row(*(Text(cell) for cell in row(event)))
        return table
