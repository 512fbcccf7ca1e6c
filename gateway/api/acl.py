"""Access lists of tokens: which paths and methods a JWT may use (API authentication).

A pattern is matched segment by segment: `*` is any one segment, `**` any number of them, none included. What
is not matched is denied. What `filters` mean is not published; here each names a parameter of the query or a
member of the JSON body that must be there with just that value, inner members by inner filters.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

MAX_RULES = 100
"""Patterns of one token; a header of 8 KiB holds hardly more."""


Said = Mapping[str, Any]
"""Names and values of a request."""


class Rule(msgspec.Struct, frozen=True):
    """What is allowed on the paths of one pattern."""

    methods: list[str] | None = None
    """All methods when None."""
    filters: dict[str, Any] = {}


class Acl(msgspec.Struct, frozen=True):
    """The claim `acl`."""

    paths: dict[str, Rule]

    def allows(self, method: str, raw_path: str, said: tuple[Said, ...] = ()) -> bool:
        """Whether a request may be made. `raw_path` is percent-encoded, as it came.

        `said` is what filters look at: the query, and the body where it is a JSON object. A value that both
        give must suit the filter in both, so that neither can hide the other.
        """
        rules = self._rules(method, raw_path)
        return any(_suits(rule.filters, said) for rule in rules)

    def needs_filters(self, method: str, raw_path: str) -> bool:
        """Whether only what the request says can allow it."""
        rules = self._rules(method, raw_path)
        return bool(rules) and all(rule.filters for rule in rules)

    def _rules(self, method: str, raw_path: str) -> list[Rule]:
        segments = normal_segments(raw_path)
        if segments is None:
            return []
        return [
            rule
            for pattern, rule in self.paths.items()
            if (rule.methods is None or method in rule.methods)
            and _matches(pattern.strip("/").split("/"), segments)
        ]


def _suits(filters: Said, said: tuple[Said, ...]) -> bool:
    for name, wanted in filters.items():
        found = [each[name] for each in said if name in each]
        if not found or not all(_equal(wanted, value) for value in found):
            return False
    return True


def _equal(wanted: object, value: object) -> bool:
    if isinstance(wanted, dict):
        return isinstance(value, dict) and _suits(wanted, (value,))
    # Python takes True for 1; JSON does not.
    return wanted == value and isinstance(wanted, bool) == isinstance(value, bool)


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
