"""The table and the JSON of `make bench`."""

import io
import json

import pytest
from rich.console import Console

from tests.bench.report import (
    PLAIN_WIDTH,
    Aim,
    Figure,
    Report,
    Yardstick,
    cells,
    number,
    show,
    to_json,
    to_markdown,
)

pytestmark = pytest.mark.unit

FLOOR = Yardstick("bare", (1.0, 2.0, 4.0))
FIGURE = Figure("CPU of a call", "ms", (2.0, 3.0, 40.0), FLOOR, Aim(1.4))


def printed(report: Report) -> str:
    out = io.StringIO()
    show(report, Console(file=out))
    return out.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (12345.6, "12,346"), (123.4, "123"), (12.34, "12.3"), (1.234, "1.23"), (0.01234, "0.0123")],
)
def test_numbers_keep_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_a_row_has_medians_and_spreads_of_values_and_ratios() -> None:
    assert cells(FIGURE) == (
        "CPU of a call",
        "3.00 ms",
        "2.00 - 40.0",
        "bare",
        "2.00 ms",
        "2.00x",
        "1.50 - 10.0",
        "at most 1.40x: missed",
    )


def test_a_count_has_no_unit_and_no_gap_in_its_place() -> None:
    row = cells(Figure("pairs", "", (2.0,), Yardstick("y", (1.0,)), Aim(3.0, of="value")))
    assert (row[1], row[4], row[7]) == ("2.00", "1.00", "at most 3.00: met")


def test_the_ratio_is_of_each_repetition_and_not_of_the_medians() -> None:
    figure = Figure("f", "s", (1.0, 30.0, 8.0), Yardstick("y", (1.0, 10.0, 2.0)))
    assert figure.ratios == (1.0, 3.0, 4.0)
    assert cells(figure)[5] == "3.00x"


def test_a_row_without_yardstick_and_aim() -> None:
    assert cells(Figure("delay", "ms", (40.0,))) == ("delay", "40.0 ms", "40.0 - 40.0", *"-----")


@pytest.mark.parametrize(
    ("aim", "is_met"),
    [(Aim(2.0), True), (Aim(1.9), False), (Aim(3.0, of="value"), True), (Aim(2.9, of="value"), False)],
)
def test_an_aim_is_for_the_median_of_ratios_or_values(aim: Aim, is_met: bool) -> None:
    assert Figure("f", "ms", FIGURE.values, FLOOR, aim).is_met is is_met


@pytest.mark.parametrize("values", [(), (1.0, 2.0)])
def test_value_and_yardstick_go_in_pairs(values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="for each repetition"):
        Figure("f", "ms", values, FLOOR)


def test_away_from_a_terminal_the_report_is_plain_and_each_figure_one_line() -> None:
    text = printed(
        Report({"Machine": "2 cores"}, {"calls": [FIGURE]}, {"media": "OSError: [no] file"}, ["busy"])
    )
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= PLAIN_WIDTH
    machine, heads, row, failure, warning = (line.rstrip() for line in text.splitlines())
    assert machine == "Machine:  2 cores"
    assert heads.startswith("Figure")
    assert row.startswith("CPU of a call")
    assert row.endswith("at most 1.40x: missed")
    assert failure == "media has no figures: OSError: [no] file"
    assert warning == "Warning: busy"


def test_json_has_what_was_measured_and_what_follows() -> None:
    (row,) = json.loads(to_json(Report({}, {"calls": [FIGURE]})))["figures"]["calls"]
    assert row["values"] == [2.0, 3.0, 40.0]
    assert row["yardstick"] == {"name": "bare", "values": [1.0, 2.0, 4.0]}
    assert (row["median"], row["ratios"], row["is_met"]) == (3.0, [2.0, 1.5, 10.0], False)


def test_markdown_has_a_table_for_each_bench() -> None:
    report = Report(
        {"Machine": "2 cores"}, {"calls": [FIGURE], "api": [FIGURE]}, {"store": "full"}, ["it was busy"]
    )
    lines = to_markdown(report).splitlines()
    assert lines[:3] == ["- Machine: 2 cores", "- store has no figures: full", "- Warning: it was busy"]
    assert [line for line in lines if line.startswith("#")] == ["## `--only calls`", "## `--only api`"]
    rows = [line for line in lines if line.startswith("| CPU of a call | 3.00 ms |")]
    assert len(rows) == 2
    assert {line.count("|") for line in lines if line.startswith("|")} == {9}
