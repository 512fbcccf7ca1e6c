"""One exchange with a customer's host: the request that goes out, and which replies are read."""

import json
import math
import re
from typing import NoReturn

import msgspec
from yarl import URL

from gateway.store.records import Json, Webhook
from gateway.webhooks.failures import BadContent

MAX_NCCO = 64 * 1024
"""Octets of a reply that is read as JSON."""
MAX_DEPTH = 32
"""Brackets inside one another in it: far more than any NCCO has, far less than the parser's stack holds."""
INVALID_JSON = "Invalid JSON."
CONTENT_TYPES = frozenset({"application/json", "text/plain"})
"""What an NCCO may be served as (NCCO reference)."""


class Reply(msgspec.Struct, frozen=True):
    """What a customer's host answered."""

    status: int
    content_type: str
    """Media type without parameters, in lower case; empty when there was none."""
    body: bytes


class Request(msgspec.Struct, frozen=True):
    """A webhook as it is sent."""

    method: str
    url: str
    body: bytes | None
    """JSON; None for GET, whose fields are in the query."""


def encode(webhook: Webhook, payload: Json) -> Request:
    """The request that carries the payload. Raises ValueError for an address that is no URL."""
    if webhook.http_method == "GET":
        url = URL(webhook.address).update_query({name: _parameter(value) for name, value in payload.items()})
        return Request("GET", str(url), None)
    return Request("POST", webhook.address, msgspec.json.encode(payload))


def reply_trouble(reply: Reply) -> str | None:
    """Why a reply cannot be read as an NCCO, or None. An empty body can: "go on as you were"."""
    if not reply.body:
        return None
    if reply.content_type not in CONTENT_TYPES:
        return "Unexpected content type."
    if len(reply.body) > MAX_NCCO:
        return "Response too large."
    try:
        parse_json(reply.body)
    except BadContent as error:
        return str(error)
    return None


def has_no_ncco(reply: Reply) -> bool:
    """Whether a reply plainly has no NCCO: empty, JSON but no array, or plain text such as `OK`.

    So frameworks confirm an event; what begins like an array is meant to be an NCCO, right or wrong.
    """
    if reply.body.lstrip().startswith(b"["):
        return False
    trouble = reply_trouble(reply)
    return trouble is None or (trouble == INVALID_JSON and reply.content_type == "text/plain")


def parse_json(body: bytes) -> object:
    """JSON from outside, strictly. Raises BadContent.

    UTF-8; at most MAX_DEPTH deep; no name twice in an object; no NaN or infinity; no lone surrogates, which
    could not be written down again.
    """
    try:
        text = body.decode()
        if _depth(text) > MAX_DEPTH:
            raise ValueError("too deep")
        parsed: object = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
        msgspec.json.encode(parsed)
    except ValueError:
        raise BadContent(INVALID_JSON) from None
    return parsed


def _parameter(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[][{}]', re.DOTALL)
"""A quote always opens a match, closed or not: no octet is looked at twice."""


def _depth(text: str) -> int:
    depth = deepest = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        match found[0]:
            case "[" | "{":
                depth += 1
                deepest = max(deepest, depth)
            case "]" | "}":
                depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    parsed = dict(pairs)
    if len(parsed) != len(pairs):
        raise ValueError("a name twice in one object")
    return parsed


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number too large")
    return number
