"""Strict JSON: what a body may be before anybody looks at what it says.

Python's reader takes more than JSON: NaN, names that come twice, numbers and texts that no database or other
reader can hold, any depth. Here all of that is refused with the reason.
"""

import json
import math
from typing import NoReturn

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api.validation import invalid
from gateway.errors import Invalid

MAX_BODY = 1024 * 1024
"""Octets of a body. The largest honest ones are NCCOs, a few KiB."""
MAX_DEPTH = 32
"""Levels of arrays and objects. Keeps everything that walks a body far from the recursion limit."""
MAX_INTEGER = 2**63
"""Integers stay within the 64 bits that JSON encoders and databases hold."""

MAX_ENCODING = 40
"""Characters of a Content-Encoding that an error repeats: longer than the name of any."""


class UnsupportedMediaType(Invalid):
    """The body is not what is read here, by its own account."""

    status = 415
    slug = "content-type-header"
    title = "Unsupported Media Type."


@web.middleware
async def refuse_encoded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only plain octets are read: a packed body is small until it is unpacked, and no known client packs one.

    Raises UnsupportedMediaType. The server must not unpack either (`auto_decompress`): it does that, and
    fails at it, before anybody here is asked.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity") and request.body_exists:
        raise UnsupportedMediaType(
            f"The body is encoded as {encoding[:MAX_ENCODING]}; send it without Content-Encoding.",
            code="http:error:unsupported-media-type",
        )
    return await handler(request)


async def read_json(request: web.Request) -> object:
    """The body as JSON values; an absent body is {}.

    Raises UnsupportedMediaType and Invalid, and aiohttp's 413 above MAX_BODY.
    """
    if request.content_length is not None and request.content_length > MAX_BODY:
        raise web.HTTPRequestEntityTooLarge(max_size=MAX_BODY, actual_size=request.content_length)
    raw = await request.read()
    if not raw:
        return {}
    if request.content_type != "application/json" and not request.content_type.endswith("+json"):
        raise UnsupportedMediaType(
            f"The body is {request.content_type}; send application/json.",
            code="http:error:unsupported-media-type",
        )
    return parse_json(raw)


def parse_json(raw: bytes) -> object:
    """JSON as RFC 8259 has it, within the limits above. Raises Invalid."""
    try:
        value: object = json.loads(
            raw.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        reason = "is nested too deeply" if isinstance(error, RecursionError) else f"is not JSON: {error}"
        raise invalid("body", reason) from None
    _check(value, 1)
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!r} comes twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _check(value: object, depth: int) -> None:
    match value:
        case dict() | list() if depth > MAX_DEPTH:
            raise invalid("body", f"must not be nested deeper than {MAX_DEPTH}")
        case dict():
            for name, item in value.items():
                _check(name, depth)
                _check(item, depth + 1)
        case list():
            for item in value:
                _check(item, depth + 1)
        case str() if not _storable(value):
            raise invalid("body", "must hold texts of Unicode characters without NUL")
        case float() if not math.isfinite(value):
            raise invalid("body", "must hold finite numbers")
        case int() if not -MAX_INTEGER <= value < MAX_INTEGER:
            raise invalid("body", "must hold integers of 64 bits")
        case _:
            pass


def _storable(text: str) -> bool:
    """Whether the text has neither NUL nor half a surrogate pair."""
    return "\0" not in text and (
        text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
    )
