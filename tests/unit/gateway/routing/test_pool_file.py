"""Files of numbers."""

import pytest

from gateway.routing import pool_file
from gateway.routing.pool_file import MAX_RANGE, read_pool
from gateway.store.records import PoolNumber

pytestmark = pytest.mark.unit

USUAL = {"country": "gb", "type": "landline", "features": "VOICE", "cost": "0.00"}


def complaints(*lines: str) -> list[str]:
    found = read_pool(lines, USUAL)
    return [str(complaint) for complaint in found.complaints]


def test_a_number_or_a_range_on_a_line() -> None:
    found = read_pool(["447700900001\n", "\n", "# ours\n", "447700900009 - 447700900011\n"], USUAL)
    assert found.complaints == []
    assert [number.msisdn for number in found.numbers] == [
        "447700900001",
        "447700900009",
        "447700900010",
        "447700900011",
    ]
    assert found.numbers[0] == PoolNumber(msisdn="447700900001", country="GB")


@pytest.mark.parametrize("features", ["SMS VOICE", '"SMS,VOICE"', "sms+voice", "SMS;VOICE;SMS"])
def test_a_header_names_the_columns(features: str) -> None:
    lines = [
        "\ufeffFeatures,number,cost,country,type",
        f"{features},12025550100,1.25,us,mobile-lvn",
        ",447700900001",
    ]
    assert read_pool(lines, USUAL).numbers == [
        PoolNumber(
            msisdn="12025550100", country="US", type="mobile-lvn", features=("VOICE", "SMS"), cost="1.25"
        ),
        PoolNumber(msisdn="447700900001", country="GB"),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("+447700900001", "there is no column '+447700900001'"),
        ("44770090000x", "'44770090000x' is neither a number nor a range"),
        ("123456", "123456 is not a number of 7 to 15 digits"),
        ("0447700900001", "0447700900001 is not a number"),
        ("447700900009-447700900001", "a range goes upwards"),
        ("447700900009-44770090001", "44770090001 is not as long as 447700900009"),
        (f"4477009000000-{4477009000000 + MAX_RANGE}", f"over at most {MAX_RANGE} numbers"),
        ("447700900001,GB", "has 2 cells, but there are 1 columns"),
        ('4477009"00001', "is neither a number nor a range"),
    ],
)
def test_a_wrong_line_is_named(line: str, words: str) -> None:
    (complaint,) = complaints(line)
    assert complaint.startswith("line 1: ")
    assert words in complaint


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("447700900001,GBR,,,", "country is 'GBR'; it must be a country code of two letters"),
        ("447700900001,,fax,,", "type is 'fax'; it must be one of landline"),
        ("447700900001,,,FAX,", "features is 'FAX'; it must be one of VOICE"),
        ("447700900001,,,-,", "features is '-'"),
        ("447700900001,,,,free", "cost is 'free'; it must be a price such as \"0.80\""),
        (",GB,,,", "'' is neither a number nor a range"),
        ('"447700900001', "is no CSV"),
    ],
)
def test_a_wrong_cell_is_named(row: str, words: str) -> None:
    (complaint,) = complaints("number,country,type,features,cost", row)
    assert complaint.startswith("line 2: ")
    assert words in complaint


def test_every_wrong_line_is_named_and_twice_is_wrong() -> None:
    assert complaints("447700900001", "x", "447700900000-447700900002", "7", "447700900003") == [
        "line 2: 'x' is neither a number nor a range such as 447700900000-447700900099",
        "line 3: 447700900001 stands in line 1 already",
        "line 4: 7 is not a number of 7 to 15 digits, country code first, no +",
    ]


def test_a_header_without_numbers_is_wrong() -> None:
    assert complaints("country,type", "GB,landline") == ["line 1: the header has no column 'number'"]


def test_numbers_and_complaints_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_file, "MAX_NUMBERS", 3)
    monkeypatch.setattr(pool_file, "MAX_COMPLAINTS", 2)
    assert complaints("447700900000-447700900003") == ["line 1: the file has more than 3 numbers"]
    assert len(complaints("1", "2", "3", "4")) == 2
