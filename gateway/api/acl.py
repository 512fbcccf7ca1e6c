"""Access lists of tokens: which paths and methods a JWT may use (API authentication).

A pattern is matched segment by segment: `*` is any one segment, `**` any number of them, none included. What
is not matched is denied. Rules with `filters` never match: what a filter means is not published, and a filter
that is ignored would grant too much.
"""

from typing import Any
from urllib.parse import unquote

import msgspec

MAX_RULES = 100
"""Patterns of one token; a header of 8 KiB holds hardly more."""


class Rule(msgspec.Struct, frozen=True):
    """What is allowed on the paths of one pattern."""

    methods: list[str] | None = None
    """All methods when None."""
    filters: dict[str, Any] = {}


class Acl(msgspec.Struct, frozen=True):
    """The claim `acl`."""

    paths: dict[str, Rule]

    def allows(self, method: str, raw_path: str) -> bool:
        """Whether a request may be made. `raw_path` is percent-encoded, as it came."""
        segments = normal_segments(raw_path)
        return segments is not None and any(
            not rule.filters
            and (rule.methods is None or method in rule.methods)
            and _matches(pattern.strip("/").split("/"), segments)
            for pattern, rule in self.paths.items()
        )


def normal_segments(raw_path: str) -> list[str] | None:
    """The decoded segments of a path; None when decoding would make another path of it."""
    segments = [unquote(segment) for segment in raw_path.strip("/").split("/")]
    if any(segment in ("", ".", "..") or "/" in segment for segment in segments):
        return None
    return segments


def _matches(pattern: list[str], segments: list[str]) -> bool:
    """Advance all places of the pattern at once, so that the work is bounded by their product."""
    places = _reach(pattern, {0})
    for segment in segments:
        places = _reach(
            pattern,
            {
                place if pattern[place] == "**" else place + 1
                for place in places
                if place < len(pattern) and pattern[place] in ("*", "**", segment)
            },
        )
    return len(pattern) in places


def _reach(pattern: list[str], places: set[int]) -> set[int]:
    """The places, and those behind each `**` that stands for nothing."""
    reached = set(places)
    for place in sorted(places):
        while place < len(pattern) and pattern[place] == "**":
            place += 1  # noqa: PLW2901 - walks on from each place
            reached.add(place)
    return reached
