"""Types of fields that several requests have."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.api.validation import invalid
from gateway.forms import HTTP_URL

Url = Annotated[str, Meta(pattern=HTTP_URL, max_length=2048)]
OneUrl = Annotated[list[Url], Meta(min_length=1, max_length=1)]
"""URLs of webhooks stand in arrays of exactly one (documented limits)."""
Method = Literal["GET", "POST"]
Label = Annotated[str, Meta(min_length=1, max_length=200)]

MAX_KEPT = 16 * 1024
"""Octets of JSON in a part that is free of form: it is written again with each change of what has it."""


def check_size(name: str, part: object) -> None:
    """Raise Invalid for a part that is too large to be kept."""
    if len(msgspec.json.encode(part)) > MAX_KEPT:
        raise invalid(name, f"must be less than or equal to {MAX_KEPT} bytes of JSON")
