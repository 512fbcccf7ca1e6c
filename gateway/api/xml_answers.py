"""Answers in XML, where the original has them beside JSON (Numbers API, Account API).

A client asks for XML by a path that ends in `/xml` or `.xml`, or by an Accept header that names an XML type
and ranks it above JSON; everybody else gets JSON.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import msgspec
from aiohttp import web

from gateway.errors import Invalid

JSON = "application/json"
XML_TYPES = ("text/xml", "application/xml")
SUFFIX = "{format:[./](?:json|xml)}"
"""What may follow the path of a route that answers in both, as aiohttp writes it."""

_JSON_RANGES = frozenset({JSON, "application/*", "*/*"})
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (§2.2)."""
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def same(name: str) -> str:
    """The name itself."""
    return name


def dashed(name: str) -> str:
    """`moHttpUrl` → `mo-http-url`."""
    return _HUMP.sub("-", name).lower()


class NotAcceptable(Invalid):
    """The client takes nothing that it could be answered in."""

    status = 406
    slug = "accept-header"
    title = "Invalid Accept header"


@dataclass(frozen=True, kw_only=True)
class Document:
    """How one kind of body looks in XML."""

    root: str
    rename: Callable[[str], str] = same
    items: Mapping[str, str] = field(default_factory=dict)
    """Arrays that have an element of their own, and what their items are called in it. Of others each item is
    an element of the array's name."""


def check_accepts_json(request: web.Request) -> None:
    """Raises NotAcceptable for a request that takes no JSON."""
    accept = request.headers.get("Accept", "")
    kinds = _ranks(accept).keys()
    if accept.strip() and not any(kind in _JSON_RANGES or kind.endswith("+json") for kind in kinds):
        raise NotAcceptable(f"Invalid Accept header provided. Must be one of the following: '{JSON}'")


def body_in(request: web.Request, value: msgspec.Struct, document: Document) -> tuple[bytes, str]:
    """The body in the format that the request asks for, and its media type."""
    kind = _wanted(request)
    if kind == JSON:
        return msgspec.json.encode(value), kind
    return write(msgspec.to_builtins(value), document).encode(), kind


def answer(
    request: web.Request, value: msgspec.Struct, document: Document, *, status: int = 200
) -> web.Response:
    """The answer in the format that the request asks for."""
    body, kind = body_in(request, value, document)
    return web.Response(status=status, body=body, content_type=kind, charset="utf-8")


def write(value: Mapping[str, Any], document: Document) -> str:
    """The document of an object: its members are elements, in their order."""
    return f"{_DECLARATION}<{document.root}>{_members(value, document)}</{document.root}>"


def _members(value: Mapping[str, Any], document: Document) -> str:
    return "".join(_elements(name, item, document) for name, item in value.items())


def _elements(name: str, value: object, document: Document) -> str:
    tag = document.rename(name)
    match value:
        case list() | tuple() if name in document.items:
            return _element(tag, "".join(_elements(document.items[name], each, document) for each in value))
        case list() | tuple():
            return "".join(_elements(name, each, document) for each in value)
        case dict():
            return _element(tag, _members(value, document))
        case bool():
            return _element(tag, str(value).lower())
        case _:
            return _element(tag, escape(_FORBIDDEN.sub("\ufffd", str(value))))


def _element(tag: str, content: str) -> str:
    return f"<{tag}>{content}</{tag}>"


def _wanted(request: web.Request) -> str:
    """The media type of the answer."""
    suffix = request.match_info.get("format", "")
    if suffix.endswith("xml"):
        return XML_TYPES[0]
    if suffix.endswith("json"):
        return JSON
    ranks = _ranks(request.headers.get("Accept", ""))
    xml = max(XML_TYPES, key=lambda kind: ranks.get(kind, 0.0))
    json = ranks.get(JSON, ranks.get("*/*", 0.0))
    return xml if ranks.get(xml, 0.0) > json else JSON


def _ranks(accept: str) -> dict[str, float]:
    """The media types of an Accept header with their q (RFC 9110 §12.5.1); what has none that counts is 1."""
    ranks = {}
    for part in accept.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        ranks[kind] = next((_quality(text) for text in parameters if text.startswith("q=")), 1.0)
    return ranks


def _quality(text: str) -> float:
    try:
        return min(max(float(text.removeprefix("q=")), 0.0), 1.0)
    except ValueError:
        return 1.0
