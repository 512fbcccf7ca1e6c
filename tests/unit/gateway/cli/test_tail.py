"""The table of events shows the last ones that fit."""

import pytest
from rich.console import Console

from gateway.cli.tail import MAX_ROWS, EventTable

pytestmark = pytest.mark.unit


def shown(height: int, events: int) -> list[str]:
    table = EventTable(Console(width=80, height=height))
    for number in range(1, events + 1):
        table.add({"id": number, "type": "text", "timestamp": "", "body": {}})
    return [str(cell) for cell in table.table().columns[1].cells]


def test_the_last_ones_that_fit_are_shown() -> None:
    assert shown(height=5, events=10) == ["8", "9", "10"]


def test_no_more_are_remembered_than_its_bound() -> None:
    assert len(shown(height=10 * MAX_ROWS, events=MAX_ROWS + 1)) == MAX_ROWS
