"""What a bench says: figures, each beside a yardstick from the same run, as a table or as JSON."""

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

PLAIN_WIDTH = 200
"""Columns of a table that is not for a terminal: nobody wraps it, so nothing is cut."""
HEADS = ("Figure", "Median", "Min - max", "Yardstick", "Median", "Ratio", "Min - max", "Aim")


class Yardstick(msgspec.Struct, frozen=True):
    """What the figure is held against; its values were measured in turn with the figure's, in its unit."""

    name: str
    values: tuple[float, ...]


class Aim(msgspec.Struct, frozen=True):
    """At most this, or at least that, for the median of the ratios or of the values."""

    at_most: float | None = None
    of: Literal["ratio", "value"] = "ratio"
    at_least: float | None = None

    def is_met_by(self, measured: float) -> bool:
        """Whether a median is as good as that."""
        return (self.at_most is None or measured <= self.at_most) and (
            self.at_least is None or measured >= self.at_least
        )


class Figure(msgspec.Struct, frozen=True):
    """One row: a value for each repetition. Raises ValueError when the yardstick has not as many."""

    name: str
    unit: str
    values: tuple[float, ...]
    yardstick: Yardstick | None = None
    aim: Aim | None = None

    def __post_init__(self) -> None:
        if not self.values or (self.yardstick and len(self.yardstick.values) != len(self.values)):
            raise ValueError(f"{self.name}: one value and one of the yardstick for each repetition")

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def ratios(self) -> tuple[float, ...]:
        """Value by yardstick, repetition by repetition: what slowed both of them falls out."""
        if self.yardstick is None:
            return ()
        return tuple(value / floor for value, floor in zip(self.values, self.yardstick.values, strict=True))

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is met; None without an aim."""
        if self.aim is None:
            return None
        measured = self.median if self.aim.of == "value" else statistics.median(self.ratios)
        return self.aim.is_met_by(measured)


class Report(msgspec.Struct, frozen=True):
    """A whole run: figures by the bench that made them, benches that failed, where and how it ran."""

    machine: Mapping[str, str]
    figures: Mapping[str, Sequence[Figure]]
    failures: Mapping[str, str] = {}
    warnings: Sequence[str] = ()


def cells(figure: Figure) -> tuple[str, ...]:
    """The row of a figure, one text for each of HEADS."""
    yardstick = figure.yardstick
    return (
        figure.name,
        _with_unit(figure.median, figure.unit),
        _range(figure.values),
        yardstick.name if yardstick else "-",
        _with_unit(statistics.median(yardstick.values), figure.unit) if yardstick else "-",
        f"{number(statistics.median(figure.ratios))}x" if yardstick else "-",
        _range(figure.ratios) if yardstick else "-",
        _aim(figure),
    )


def number(value: float) -> str:
    """Three digits that mean something, or all that stand before the point."""
    if value == 0:
        return "0"
    size = abs(value)
    digits = next((digits for limit, digits in ((100, 0), (10, 1), (1, 2), (0.1, 3)) if size >= limit), 4)
    return f"{value:,.{digits}f}"


def show(report: Report, console: Console) -> None:
    """Print everything: rich on a terminal, plain and unwrapped elsewhere."""
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    for name, what in report.machine.items():
        console.print(f"{name + ':':<10}{what}", highlight=False)
    if report.figures:
        console.print(_table(report, console.is_terminal))
    for bench, reason in report.failures.items():
        console.print(f"{bench} has no figures: {reason}", style="red", highlight=False, markup=False)
    for warning in report.warnings:
        console.print(f"Warning: {warning}", style="yellow", highlight=False, markup=False)


def to_json(report: Report) -> str:
    """The same for programs: raw values too, so that runs can be compared."""
    whole = msgspec.to_builtins(report)
    for bench, figures in report.figures.items():
        for row, figure in zip(whole["figures"][bench], figures, strict=True):
            row |= {"median": figure.median, "ratios": figure.ratios, "is_met": figure.is_met}
    return json.dumps(whole, indent=2) + "\n"


def to_markdown(report: Report, pictures: Mapping[str, Sequence[str]] | None = None) -> str:
    """The same for docs/performance.md: a table for each bench, and how it ran.

    `pictures`: where those of a bench are, seen from the file.
    """
    facts = [f"- {name}: {what}" for name, what in report.machine.items()]
    failures = [f"- {bench} has no figures: {reason}" for bench, reason in report.failures.items()]
    lines = [*facts, *failures, *(f"- Warning: {warning}" for warning in report.warnings)]
    for bench, figures in report.figures.items():
        lines += ["", f"## `--only {bench}`", "", _row(HEADS), _row(["---"] * len(HEADS))]
        lines += [_row(cells(figure)) for figure in figures]
        for picture in (pictures or {}).get(bench, ()):
            lines += ["", f"![The figures of {bench} as a plot]({picture})"]
    return "\n".join(lines) + "\n"


def _row(texts: Iterable[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _table(report: Report, is_terminal: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD if is_terminal else None, pad_edge=False)
    for index, head in enumerate(HEADS):
        is_text = head in {"Figure", "Yardstick", "Aim"}
        table.add_column(head, justify="left" if is_text else "right", no_wrap=index > 0 and not is_text)
    for figures in report.figures.values():
        for figure in figures:
            style = {True: "green", False: "red", None: ""}[figure.is_met]
            table.add_row(*cells(figure), style=style)
        table.add_section()
    return table


def _with_unit(value: float, unit: str) -> str:
    """A count has no unit."""
    return f"{number(value)} {unit}".rstrip()


def _range(values: Sequence[float]) -> str:
    return f"{number(min(values))} - {number(max(values))}"


def _aim(figure: Figure) -> str:
    if figure.aim is None:
        return "-"
    unit = "x" if figure.aim.of == "ratio" else f" {figure.unit}".rstrip()
    bounds = {"at most": figure.aim.at_most, "at least": figure.aim.at_least}
    wanted = ", ".join(f"{name} {number(bound)}{unit}" for name, bound in bounds.items() if bound is not None)
    return f"{wanted}: {'met' if figure.is_met else 'missed'}"
