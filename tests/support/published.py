"""What has been published of the answers of the original service, and how far one of ours is from it.

`fixtures/published/*.json` hold the facts of the published descriptions, one line a field:

    "_embedded.users[].name": "string!"

says that each user of the list has a `name` that is a string and must be there. Alternatives of a text are
written after its type, `or null` says that null will do. `.` is the body itself; {} stands for no body.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

FOLDER = Path(__file__).parents[2] / "fixtures" / "published"

Facts = dict[str, str]

KINDS = {
    "string": {"string"},
    "integer": {"integer"},
    "number": {"integer", "number"},
    "boolean": {"boolean"},
    "object": {"object"},
    "array": {"array"},
    "any": {"string", "integer", "number", "boolean", "object", "array", "null"},
}
"""Which kinds of JSON values a published type allows."""

NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object", list: "array"}


@dataclass(frozen=True)
class Published:
    """One published description."""

    title: str
    answers: dict[str, dict[str, Facts]]
    """By endpoint, such as `GET /v0.3/users/{id}`, and by status."""

    @classmethod
    def load(cls, name: str) -> Self:
        """The description `fixtures/published/NAME.json`."""
        content = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
        return cls(content["published"], content["answers"])


@dataclass
class Comparison:
    """What came out of comparing the answers of one endpoint with what was published."""

    endpoint: str
    cases: int = 0
    shown: set[str] = field(default_factory=set)
    """Published fields that were there."""
    published: set[str] = field(default_factory=set)
    differences: set[str] = field(default_factory=set)

    def add(self, answers: dict[str, Facts], status: int, body: object) -> None:
        """Compare one more answer."""
        self.cases += 1
        facts = answers.get(str(status))
        if facts is None:
            self.differences.add(f"status {status}, not {' or '.join(sorted(answers))}")
            return
        self.published |= facts.keys()
        if not facts:
            self.differences |= {"a body where none is published"} if body is not None else set()
            return
        for path, fact in facts.items():
            self._compare(path, fact, body)

    def _compare(self, path: str, fact: str, body: object) -> None:
        kind, _, rest = fact.partition(" ")
        is_required = fact.endswith("!")
        words = rest.removesuffix("!")
        values = words.removesuffix("or null").strip()
        for value in _at(path, body):
            if value is _ABSENT:
                if is_required:
                    self.differences.add(f"{path} is missing")
                continue
            self.shown.add(path)
            if value is None and words.endswith("or null"):
                continue
            name = kind.removesuffix("!")
            if _kind(value) not in KINDS[name]:
                self.differences.add(f"{path} is {_kind(value)}, not {name}")
            elif values and value not in values.split("|"):
                self.differences.add(f"{path} is {value!r}")


_ABSENT = object()


def _at(path: str, body: object) -> Iterator[object]:
    """Every value at a path; an absent one only where what should hold it is there."""
    if path == ".":
        yield body
        return
    places: list[object] = [body]
    *parents, last = path.replace("[]", ".[]").split(".")
    for name in parents:
        places = [inner for place in places for inner in _inside(place, name) if inner is not _ABSENT]
    for place in places:
        yield from _inside(place, last)


def _inside(place: object, name: str) -> list[Any]:
    if name == "":
        return [place]
    if name == "[]":
        return place if isinstance(place, list) else []
    return [place.get(name, _ABSENT)] if isinstance(place, dict) else []


def _kind(value: object) -> str:
    return NAMES.get(type(value), "null")
