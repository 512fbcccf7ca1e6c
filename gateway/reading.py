"""Reads what applications send into typed structs, as leniently as they are used to and no more.

NCCO is camelCase, REST is snake_case, and samples in the wild mix them, quote numbers and booleans and carry
nulls (NCCO reference). `read` folds all that into one form and lets msgspec check the rest; its
error names the place.
"""

import re
from typing import Any, TypeVar

import msgspec

from gateway.errors import Invalid
from gateway.forms import missed

T = TypeVar("T")

FREE_FORM = frozenset({"headers", "standardHeaders", "payload", "providerOptions", "customData"})
"""Members whose own keys belong to the application: never renamed."""

_SNAKE = re.compile(r"_([a-z0-9])")
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)


def camel(key: str) -> str:
    """`event_url` → `eventUrl`; other keys stay."""
    return _SNAKE.sub(lambda match: match[1].upper(), key)


def fold(value: object) -> object:
    """The value with camelCase keys and without nulls, all the way down."""
    if isinstance(value, dict):
        folded: dict[str, object] = {}
        for key, item in value.items():
            if item is None:
                continue
            name = camel(str(key))
            folded[name] = item if name in FREE_FORM else fold(item)
        return folded
    if isinstance(value, list):
        return [fold(item) for item in value]
    return value


def read(kind: type[T] | Any, value: object, where: str) -> T:  # noqa: ANN401 - a union is not a type[T]
    """The value as `kind`. Raises Invalid, whose parameter is `where` with the path of the wrong member."""
    try:
        result: T = msgspec.convert(fold(value), kind, strict=False)
    except msgspec.ValidationError as error:
        match = _AT.match(str(error))
        what, path = (match["what"], match["path"] or "") if match else (str(error), "")
        form = missed(what)
        raise invalid(f"{where}{path}", f"must be {form}" if form else what) from None
    return result


def invalid(place: str, reason: str) -> Invalid:
    """The error for one wrong member."""
    return Invalid(f"{place}: {reason}", code="http:error:validation-fail", **{place: reason})
