"""What the run has compared, for the table that it prints in the end."""

from tests.support.published import Comparison

TABLE: list[tuple[str, Comparison, list[str]]] = []
"""The published description, the comparison, and the reasons of its differences."""


def lines() -> list[str]:
    """The table in text."""
    rows = [("endpoint", "cases", "fields", "result")]
    for title, each, reasons in sorted(TABLE, key=lambda row: row[0]):
        fields = f"{len(each.shown)}/{len(each.published)}"
        result = "; ".join(dict.fromkeys(reasons)) or "pass"
        if len(reasons) < len(each.differences):
            result = "not as published"
        rows.append((f"{each.endpoint}", str(each.cases), fields, f"{result} ({title})"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]
