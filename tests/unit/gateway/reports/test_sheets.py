"""The table of a report: what spreadsheets must not calculate."""

import csv
import io
import zipfile
from pathlib import Path

import msgspec
import pytest

from gateway.reports.sheets import Sheet, cell

pytestmark = pytest.mark.unit


class _Row(msgspec.Struct, frozen=True):
    from_: str = msgspec.field(name="from")
    count: int = 0


@pytest.mark.parametrize("text", ["=1+1", "+447700900001", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_would_be_calculated(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", "447700900001", "sip:ann@example.com", "a=b", -5, 0.0])
def test_a_cell_that_stays(value: object) -> None:
    assert cell(value) == value


def test_a_table(tmp_path: Path) -> None:
    path = tmp_path / "report.zip"
    sheet = Sheet(path, "table.csv", _Row)
    sheet.write([_Row("=cmd()", -1), _Row('say "hi", Grüße\nall', 2)])
    sheet.write([])
    sheet.close()
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["table.csv"]
        text = archive.read("table.csv").decode()
    assert text.startswith("from,count\r\n")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows == [["from", "count"], ["'=cmd()", "-1"], ['say "hi", Grüße\nall', "2"]]


def test_a_table_that_is_given_up(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "report.zip", "table.csv", _Row)
    sheet.write([_Row("a")])
    sheet.abandon()
    sheet.abandon()
