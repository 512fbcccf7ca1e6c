"""Which part of a file a request wants, and whether it wants it at all (RFC 9110 sections 13 and 14). Pure.

One range is served as one. Several at once, a unit that is not bytes and what is not well formed are ignored,
as the RFC allows: the answer is the whole file.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Literal

import msgspec

_RANGE = re.compile(
    r"bytes[ \t]*=[ \t]*(?:(?P<first>[0-9]{1,18})-(?P<last>[0-9]{1,18})?|-(?P<tail>[0-9]{1,18}))[ \t]*",
    re.IGNORECASE,
)
_TAG = re.compile(r'(?:W/)?"[^"]*"')


class Span(msgspec.Struct, frozen=True):
    """The octets from `start` up to, and without, `stop`."""

    start: int
    stop: int


class Unsatisfiable(Exception):
    """A range that begins behind the end: 416."""


class Content(msgspec.Struct, frozen=True):
    """Which content it is: its strong entity tag without quotes, and the second of its last change."""

    etag: str
    modified: int


def http_date(seconds: int) -> str:
    """The time as HTTP writes it."""
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


def verdict(headers: Mapping[str, str], content: Content) -> Literal[304, 412] | None:
    """What the conditions of GET or HEAD come to; None when it is to be answered (section 13.2.2)."""
    if "If-Match" in headers:
        if not _matches(headers["If-Match"], content, weakly=False):
            return 412
    elif (limit := _seconds(headers.get("If-Unmodified-Since"))) is not None and content.modified > limit:
        return 412
    if "If-None-Match" in headers:
        return 304 if _matches(headers["If-None-Match"], content, weakly=True) else None
    since = _seconds(headers.get("If-Modified-Since"))
    return 304 if since is not None and content.modified <= since else None


def wanted(headers: Mapping[str, str], content: Content, size: int) -> Span | None:
    """The range that a GET request wants of `size` octets; None for all of it. Raises Unsatisfiable."""
    found = _RANGE.fullmatch(headers.get("Range", "").strip()) if _still(headers, content) else None
    if found is None:
        return None
    if found["tail"] is not None:
        tail = int(found["tail"])
        if not tail:
            raise Unsatisfiable
        return Span(max(0, size - tail), size) if size else None
    first = int(found["first"])
    last = size - 1 if found["last"] is None else int(found["last"])
    if found["last"] is not None and last < first:
        return None  # not well formed
    if first >= size:
        raise Unsatisfiable
    return Span(first, min(last, size - 1) + 1)


def _still(headers: Mapping[str, str], content: Content) -> bool:
    """Whether the content is still the one that If-Range speaks of: another one is sent whole."""
    condition = headers.get("If-Range")
    if condition is None:
        return True
    if '"' in condition:
        return condition.strip() == f'"{content.etag}"'
    return _seconds(condition) == content.modified


def _matches(tags: str, content: Content, *, weakly: bool) -> bool:
    if tags.strip() == "*":
        return True
    found = _TAG.findall(tags)
    return f'"{content.etag}"' in ([tag.removeprefix("W/") for tag in found] if weakly else found)


def _seconds(text: str | None) -> int | None:
    """A date of HTTP; None for none, and for what is none, which is ignored."""
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
