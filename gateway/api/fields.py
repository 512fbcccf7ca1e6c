"""Types of fields that several requests have."""

from typing import Annotated, Literal

from msgspec import Meta

from gateway.forms import HTTP_URL

Url = Annotated[str, Meta(pattern=HTTP_URL, max_length=2048)]
OneUrl = Annotated[list[Url], Meta(min_length=1, max_length=1)]
"""URLs of webhooks stand in arrays of exactly one (documented limits)."""
Method = Literal["GET", "POST"]
