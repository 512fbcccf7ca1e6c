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
from gateway.shapes import KEY, choices, members

T = TypeVar("T")

FREE_FORM = frozenset({"headers", "standardHeaders", "payload", "providerOptions", "customData"})
"""Members whose own keys belong to the application: never renamed."""

SPELLINGS = {"contentType": "content-type"}
"""Members whose published name is no camelCase."""

_SNAKE = re.compile(r"_([a-z0-9])")
_AT = re.compile(r"^(?P<what>.*) - at (?P<key>`key` in )?`\$(?P<path>.*)`$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(?P<name>.*)`$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<name>.*)`$", re.DOTALL)
_CHOICE = re.compile(r"^Invalid (?:enum )?value (?P<value>.*)$", re.DOTALL)


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
            name = SPELLINGS.get(name, name)
            folded[name] = item if name in FREE_FORM else fold(item)
        return folded
    if isinstance(value, list):
        return [fold(item) for item in value]
    return value


def respell(value: object, model: Any) -> object:  # noqa: ANN401 - a union is not a type[T]
    """The object with its members' names as the struct `model` spells them; other names stay."""
    return _respelled(value, msgspec.inspect.type_info(model))


def _respelled(value: object, kind: msgspec.inspect.Type) -> object:
    match kind:
        case msgspec.inspect.UnionType(types=types):
            for each in types:
                value = _respelled(value, each)
            return value
        case msgspec.inspect.StructType(fields=fields) if isinstance(value, dict):
            own = {camel(field.encode_name): field for field in fields}
            return dict(_member(str(key), item, own.get(camel(str(key)))) for key, item in value.items())
        case _:
            return value


def _member(key: str, item: object, field: msgspec.inspect.Field | None) -> tuple[str, object]:
    return (key, item) if field is None else (field.encode_name, _respelled(item, field.type))


def read(kind: type[T] | Any, value: object, where: str) -> T:  # noqa: ANN401 - a union is not a type[T]
    """The value as `kind`. Raises Invalid, whose parameter is `where` with the path of the wrong member."""
    folded = fold(value)
    try:
        result: T = msgspec.convert(folded, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _explain(error, kind, folded, where) from None
    return result


def _explain(error: Exception, kind: Any, value: object, where: str) -> Invalid:  # noqa: ANN401 - see read
    match = _AT.match(str(error))
    what, path = (match["what"], match["path"]) if match else (str(error), "")
    place = f"{where}{path}"
    if isinstance(error.__cause__, ValueError):
        # What the `__post_init__` of a struct refuses begins with the name of the member.
        name, _, reason = what.partition(" ")
        return (
            invalid(f"{place}.{name}", reason) if name in members(kind, value, path) else invalid(place, what)
        )
    if missing := _MISSING.match(what):
        return invalid(f"{place}.{missing['name']}", "must be given")
    if unknown := _UNKNOWN.match(what):
        known = ", ".join(members(kind, value, path))
        return invalid(f"{place}.{unknown['name']}", f"not an option here; options are {known}")
    if choice := _CHOICE.match(what):
        is_key = match is not None and match["key"] is not None
        known = ", ".join(choices(kind, value, path + KEY if is_key else path))
        name = f".{choice['value'][1:-1]}" if is_key else ""
        return invalid(place + name, f"{choice['value']} is not one of {known}")
    form = missed(what)
    return invalid(place, f"must be {form}" if form else what)


def invalid(place: str, reason: str) -> Invalid:
    """The error for one wrong member."""
    return Invalid(f"{place}: {reason}", code="http:error:validation-fail", **{place: reason})
