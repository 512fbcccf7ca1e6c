"""The file of a report: a CSV table inside a zip archive, written row by row (RFC 4180)."""

import csv
import io
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that spreadsheets would calculate, whoever chose its text."""


class Sheet:
    """A table that grows. Its methods do the disk's work: call them on a thread."""

    def __init__(self, path: Path, name: str, kind: type[msgspec.Struct]) -> None:
        """`name` is the table's inside the archive, `kind` the type of its rows."""
        self._names = kind.__struct_fields__
        self._archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._file = self._archive.open(name, "w", force_zip64=True)
        self._text = io.TextIOWrapper(self._file, "utf-8", newline="")
        self._rows = csv.writer(self._text)
        self._rows.writerow(kind.__struct_encode_fields__)

    def write(self, rows: Iterable[msgspec.Struct]) -> None:
        """Add rows."""
        self._rows.writerows([cell(getattr(row, name)) for name in self._names] for row in rows)

    def close(self) -> None:
        """Finish the archive; it is on the disk then."""
        self._text.close()
        self._archive.close()

    def abandon(self) -> None:
        """Let go of a file that nobody will read."""
        with suppress(OSError, ValueError):
            self.close()
        if self._archive.fp is not None:
            # What could not be finished must not be tried again when it is collected.
            self._archive.fp.close()
            self._archive.fp = None


def cell(value: object) -> object:
    """A value as a cell: a text that a spreadsheet would calculate begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
