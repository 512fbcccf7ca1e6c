"""Whole lists, page by page: every paged list of the API says where its next page is."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gateway.cli.client import Client
from gateway.cli.progress import progress

Json = dict[str, Any]

PAGE_SIZE = 100
"""The longest page that the API gives."""


def every(
    client: Client, path: str, name: str | None, /, *, limit: int | None = None, **query: str | int | None
) -> list[Json]:
    """The rows of a list, `limit` at most: under `name` in `_embedded`, or that itself where it has none."""
    found: list[Json] = []
    asked: dict[str, str | int | None] = {"page_size": min(PAGE_SIZE, limit or PAGE_SIZE), **query}
    with progress(f"Reading {name or 'list'}", limit) as advance:
        while True:
            page = client.get(path, **asked)
            embedded = page.get("_embedded", {})
            rows = embedded if name is None else embedded.get(name, [])
            found += rows
            advance(len(rows))
            following = page.get("_links", {}).get("next")
            if not following or not rows or (limit is not None and len(found) >= limit):
                return found[:limit]
            # Only its query: credentials go nowhere but to the address that the user named.
            asked = dict(parse_qsl(urlsplit(following["href"]).query))
