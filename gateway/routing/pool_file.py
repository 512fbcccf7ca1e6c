"""Files of numbers, for `cordboard number import`: CSV, one number or one range on a line.

With a header, the columns are any of `number`, `country`, `type`, `features` and `cost`; without one a line
is a number alone. What a line does not say is what the caller gives for all of them. Empty lines and lines
that start with # count for nothing. The whole file is read before anything is done with it, and every wrong
line is named.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gateway.forms import COST, COUNTRY, E164, FEATURES, NUMBER_TYPES, WORDS
from gateway.routing.numbers import expand, in_order
from gateway.store.records import PoolNumber

MAX_NUMBERS = 1_000_000
"""Numbers of one file: some 300 MB while it is read."""
MAX_RANGE = 100_000
"""Numbers of one range: a larger one is a typing error more often than a purchase."""
MAX_COMPLAINTS = 1_000
"""Wrong lines that are named; a file with more is another file."""

COLUMNS = ("number", "country", "type", "features", "cost")
_RANGE = re.compile(r"(?P<first>[0-9]+)(?:\s*-\s*(?P<last>[0-9]+))?")
_BETWEEN = re.compile(r"[\s,;+/]+")


@dataclass(frozen=True)
class Complaint:
    """What is wrong with a line; the first line is 1."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass
class PoolFile:
    """What a file says: numbers in its order, and what is wrong with it. It counts when nothing is."""

    numbers: list[PoolNumber] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)


def read_pool(lines: Iterable[str], usual: Mapping[str, str]) -> PoolFile:
    """The file. `usual` is what a line has that does not say it: `country`, `type`, `features`, `cost`."""
    found = PoolFile()
    seen: dict[str, int] = {}
    for line, row in _rows(lines, found):
        if len(found.complaints) >= MAX_COMPLAINTS:
            break
        try:
            numbers = list(_numbers({**usual, **row}))
            for number in numbers:
                if number.msisdn in seen:
                    raise _Wrong(f"{number.msisdn} stands in line {seen[number.msisdn]} already")
                seen[number.msisdn] = line
            if len(seen) > MAX_NUMBERS:
                found.complaints.append(Complaint(line, f"the file has more than {MAX_NUMBERS} numbers"))
                break
        except _Wrong as error:
            found.complaints.append(Complaint(line, str(error)))
        else:
            found.numbers += numbers
    return found


class _Wrong(Exception):
    """A line cannot be used."""


def _rows(lines: Iterable[str], found: PoolFile) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines that count, with their numbers, by column; a header is not one of them."""
    columns: tuple[str, ...] | None = None
    for line, text in enumerate(lines, 1):
        bare = text.strip().removeprefix("\ufeff")
        if not bare or bare.startswith("#"):
            continue
        try:
            cells = [cell.strip() for cell in next(csv.reader([bare], strict=True, skipinitialspace=True))]
        except csv.Error as error:
            found.complaints.append(Complaint(line, f"is no CSV: {error}"))
            continue
        if columns is None:
            columns = ("number",) if cells[0][:1].isdigit() else tuple(cell.lower() for cell in cells)
            if unknown := [name for name in columns if name not in COLUMNS]:
                reason = f"there is no column {unknown[0]!r}: they are {', '.join(COLUMNS)}"
                found.complaints.append(Complaint(line, reason))
                return
            if "number" not in columns:
                found.complaints.append(Complaint(line, "the header has no column 'number'"))
                return
            if not cells[0][:1].isdigit():
                continue
        if len(cells) > len(columns):
            reason = f"has {len(cells)} cells, but there are {len(columns)} columns"
            found.complaints.append(Complaint(line, reason))
            continue
        yield line, {name: cell for name, cell in zip(columns, cells, strict=False) if cell}


def _numbers(row: Mapping[str, str]) -> Iterator[PoolNumber]:
    """The numbers of a line. Raises _Wrong."""
    country = _formed(row.get("country", ""), COUNTRY, "country").upper()
    type_ = _one_of(row.get("type", ""), NUMBER_TYPES, "type")
    named = [word.upper() for word in _BETWEEN.split(row.get("features", "")) if word]
    features = in_order(tuple(_one_of(word, FEATURES, "features") for word in named))
    if not features:
        raise _Wrong("features must name at least one of VOICE, SMS and MMS")
    cost = _formed(row.get("cost", ""), COST, "cost")
    for msisdn in _range(row.get("number", "")):
        yield PoolNumber(msisdn=msisdn, country=country, type=type_, features=features, cost=cost)


def _range(text: str) -> Iterator[str]:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise _Wrong(f"{text!r} is neither a number nor a range such as 447700900000-447700900099")
    first, last = match["first"], match["last"] or match["first"]
    for end in (first, last):
        if not re.fullmatch(E164, end):
            raise _Wrong(f"{end} is not {WORDS[E164]}")
    if len(first) != len(last):
        raise _Wrong(f"{last} is not as long as {first}")
    if not 0 <= int(last) - int(first) < MAX_RANGE:
        raise _Wrong(f"a range goes upwards, and over at most {MAX_RANGE} numbers")
    return expand(first, last)


def _formed(text: str, form: str, name: str) -> str:
    if not re.fullmatch(form, text):
        raise _Wrong(f"{name} is {text!r}; it must be {WORDS[form]}")
    return text


def _one_of(text: str, choices: tuple[str, ...], name: str) -> str:
    if text not in choices:
        raise _Wrong(f"{name} is {text!r}; it must be one of {', '.join(choices)}")
    return text
