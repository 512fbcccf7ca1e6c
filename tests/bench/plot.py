"""Figures as plots: small SVG files, one dot a figure, with a whisker from the least to the greatest."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple
from xml.sax.saxutils import escape

from tests.bench.report import Figure, number

WIDTH, LABELS, NUMBERS, ROW, TOP = 860, 430, 60, 20, 46
"""Pixels: all, the names at the left, the numbers at the right, the height of a row, what is above."""
SCALE = WIDTH - LABELS - NUMBERS
MOST = 2.5
"""Where the axis ends; what is beyond stands there as an arrow, and its number tells."""
STEP = 0.5
STYLE = (
    "text{font:12px sans-serif;fill:#222}.t{font-weight:bold}.g{stroke:#ccc}.one{stroke:#222}"
    ".w{stroke:#36c;stroke-width:2}.d{fill:#36c}.miss .w{stroke:#c30}.miss .d{fill:#c30}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.g{stroke:#444}.one{stroke:#ddd}"
    ".w{stroke:#8af}.d{fill:#8af}.miss .w{stroke:#f86}.miss .d{fill:#f86}}"
)


class Row(NamedTuple):
    """One figure: multiples of what 1 stands for."""

    name: str
    values: tuple[float, ...]
    missed: bool
    """Its aim."""


def plots(figures: Sequence[Figure]) -> dict[str, str]:
    """The SVG files that show these figures, by name: "ratios" to yardsticks, and "aims"."""
    charts = {
        "ratios": ("Times the yardstick", [_ratio(figure) for figure in figures if figure.yardstick]),
        "aims": ("Share of what the aim allows", [_used(figure) for figure in figures if figure.aim]),
    }
    return {name: chart(title, rows) for name, (title, rows) in charts.items() if rows}


def chart(title: str, rows: Sequence[Row]) -> str:
    """One SVG file, for light and dark pages."""
    height = TOP + ROW * len(rows) + 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}">',
        f"<style>{STYLE}</style>",
        f'<text class="t" x="8" y="18">{escape(title)}</text>',
        *_grid(height),
        *(line for index, row in enumerate(rows) for line in _row(row, TOP + ROW * index + ROW / 2)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _ratio(figure: Figure) -> Row:
    return Row(figure.name, figure.ratios, figure.is_met is False)


def _used(figure: Figure) -> Row:
    """1 is the aim itself, less is better, whichever way the aim goes."""
    aim = figure.aim
    assert aim is not None
    values = figure.values if aim.of == "value" else figure.ratios
    if aim.at_most is not None:
        # Of nothing that is allowed, all that there is is too much.
        used = tuple(value / aim.at_most if aim.at_most else MOST * value for value in values)
    else:
        used = tuple((aim.at_least or 0.0) / value if value else MOST for value in values)
    return Row(figure.name, used, figure.is_met is False)


def _grid(height: int) -> Iterable[str]:
    for step in range(round(MOST / STEP) + 1):
        x, kind = _x(step * STEP), "one" if step * STEP == 1 else "g"
        yield f'<line class="{kind}" x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height}"/>'
        yield f'<text x="{x}" y="{TOP - 12}" text-anchor="middle">{step * STEP:g}</text>'


def _row(row: Row, y: float) -> Iterable[str]:
    low, high, middle = _x(min(row.values)), _x(max(row.values)), median(row.values)
    yield '<g class="miss">' if row.missed else "<g>"
    yield f'<text x="{LABELS - 10}" y="{y + 4}" text-anchor="end">{escape(row.name)}</text>'
    yield f'<line class="w" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>'
    if middle <= MOST:
        yield f'<circle class="d" cx="{_x(middle)}" cy="{y}" r="4"/>'
    else:
        right = _x(MOST)
        yield f'<path class="d" d="M{right - 8} {y - 5}L{right} {y}L{right - 8} {y + 5}z"/>'
    yield f'<text x="{WIDTH - 8}" y="{y + 4}" text-anchor="end">{number(middle)}</text></g>'


def _x(value: float) -> float:
    return round(LABELS + SCALE * min(max(value, 0.0), MOST) / MOST, 1)
