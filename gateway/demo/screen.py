"""What the demonstration shows: a live table on a terminal, plain lines elsewhere."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.cli.events import COLUMNS, Event, plain, row
from gateway.cli.tail import EventTable
from gateway.demo.proof import Claim, Matrix


class Screen:
    """Steps and events while it runs; tables at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._events = EventTable(console)
        self._live = (
            Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def step(self, text: str) -> None:
        """Something that the demonstration does now."""
        self._console.print(Text(f"• {text}", style="bold"), soft_wrap=True)

    def event(self, event: Event) -> None:
        """Something that happened in a conversation."""
        if self._live is None:
            self._console.print(Text("    " + plain(event)), soft_wrap=True)
        else:
            self._events.add(event)
            self._live.update(self._events.table(), refresh=True)

    def history(self, title: str, events: Sequence[Event]) -> None:
        """A conversation's whole log."""
        table = Table(title=title, title_justify="left")
        for name in COLUMNS:
            table.add_column(name, justify="right" if name == "#" else "left", overflow="fold")
        for event in events:
            table.add_row(*(Text(cell) for cell in row(event)))
        self._console.print(table)

    def hearing(self, matrix: Matrix, tones: dict[str, int]) -> None:
        """Who heard whom, in dBov."""
        table = Table(title="Who heard whom (level of the speaker's tone, dBov)", title_justify="left")
        table.add_column("listener")
        for speaker, hertz in tones.items():
            table.add_column(f"{speaker} ({hertz} Hz)", justify="right")
        for listener, levels in matrix.items():
            table.add_row(listener, *(f"{levels[speaker]:.0f}" for speaker in tones))
        self._console.print(table)

    def verdict(self, claims: Sequence[Claim]) -> None:
        """Everything that was proven, and what was not."""
        for claim in claims:
            sign = Text("  ok       ", style="green") if claim.held else Text("  MISSING  ", style="bold red")
            reason = "" if claim.held or not claim.detail else f": {claim.detail}"
            self._console.print(sign + Text(claim.text + reason), soft_wrap=True)
        missing = sum(not claim.held for claim in claims)
        if missing:
            self._console.print(
                Text(f"\n{missing} of {len(claims)} claims were not proven.", style="bold red")
            )
        else:
            self._console.print(Text(f"\nAll {len(claims)} claims were proven.", style="bold green"))
