"""Typed reading of bodies and queries, with reasons in the words that the published API uses.

The published interface validates with Joi and shows its sentences (`"name" must be a string`); clients print
them. msgspec finds the fault, this module says it that way (API errors).
"""

import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from gateway.errors import Invalid
from gateway.forms import missed
from gateway.shapes import choices, members

T = TypeVar("T")

_WHERE = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)
_TYPE = re.compile(r"^Expected `(?P<type>[a-z]+)")
_LENGTH = re.compile(r"^Expected `(?P<type>[a-z]+)` of length (?P<bound><=|>=|==) (?P<limit>\d+)$")
_RANGE = re.compile(r"^Expected `(?:int|float)` (?P<bound><=|>=|<|>) (?P<limit>\S+)$")
_MISSING = re.compile(r"^Object missing required field `(?P<field>.*)`$")
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<field>.*)`$", re.DOTALL)

_ARTICLES = {
    "str": "a string",
    "int": "a number",
    "float": "a number",
    "bool": "a boolean",
    "array": "an array",
    "object": "an object",
}
_BOUNDS = {
    "<=": "less than or equal to",
    ">=": "greater than or equal to",
    "<": "less than",
    ">": "greater than",
    "==": "equal to",
}


def invalid(name: str, reason: str) -> Invalid:
    """The error for one field: `reason` follows its quoted name."""
    return Invalid(
        "Input validation failure.", code="http:error:validation-fail", **{name: f'"{name}" {reason}'}
    )


def once(parameters: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The parameters of a query or a form by name; none is read that comes twice. Raises Invalid."""
    found: dict[str, str] = {}
    for name, text in parameters:
        if name in found:
            raise invalid(name, "must be given once")
        found[name] = text
    return found


def convert(value: object, model: type[T] | Any, *, text: bool = False, at: str = "") -> T:  # noqa: ANN401 - unions are no types
    """The value as `model`. Raises Invalid.

    `text` says that numbers and booleans may be written as strings; `at` is where in the body it stands.
    """
    try:
        result: T = msgspec.convert(value, model, strict=not text)
    except msgspec.ValidationError as error:
        raise _explain(str(error), model, value, at) from None
    return result


def _explain(message: str, model: Any, value: object, at: str) -> Invalid:  # noqa: ANN401 - see convert
    match = _WHERE.match(message)
    what, path = (match["what"], match["path"] or "") if match else (message, "")
    missing = _MISSING.match(what)
    if missing:
        return invalid(".".join(filter(None, (at, path, missing["field"]))), "is required")
    if unknown := _UNKNOWN.match(what):
        known = f"[{', '.join(members(model, value, path))}]"
        return invalid(".".join(filter(None, (at, path, unknown["field"]))), f"must be one of {known}")
    return invalid(".".join(filter(None, (at, path))) or "body", _reason(what, path, model, value))


def _reason(what: str, path: str, model: Any, value: object) -> str:  # noqa: ANN401 - see convert
    if what.startswith("Invalid"):
        return f"must be one of [{', '.join(choices(model, value, path))}]"
    if length := _LENGTH.match(what):
        unit = "characters long" if length["type"] == "str" else "items"
        return f"length must be {_BOUNDS[length['bound']]} {length['limit']} {unit}"
    if bound := _RANGE.match(what):
        return f"must be {_BOUNDS[bound['bound']]} {bound['limit']}"
    if form := missed(what):
        return f"must be {form}"
    kind = _TYPE.match(what)
    return f"must be {_ARTICLES.get(kind['type'], 'valid')}" if kind else "is invalid"
