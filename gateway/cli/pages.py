"""Whole lists, page by page: every paged list of the API says where its next page is."""

from collections.abc import Iterator
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
    pages = _pages(client, path, name, {"page_size": min(PAGE_SIZE, limit or PAGE_SIZE), **query})
    found, more = next(pages)
    if not more or (limit is not None and len(found) >= limit):
        return found[:limit]
    with progress(f"Reading {name or 'list'}", limit) as advance:
        advance(len(found))
        for rows, _ in pages:
            found += rows
            advance(len(rows))
            if limit is not None and len(found) >= limit:
                break
    return found[:limit]


def _pages(
    client: Client, path: str, name: str | None, query: dict[str, str | int | None]
) -> Iterator[tuple[list[Json], bool]]:
    """The rows of each page, and whether there is another."""
    while True:
        page = client.get(path, **query)
        embedded = page.get("_embedded", {})
        rows = embedded if name is None else embedded.get(name, [])
        following = page.get("_links", {}).get("next")
        more = bool(following and rows)
        yield rows, more
        if not more:
            return
        # Only its query: credentials go nowhere but to the address that the user named.
        query = dict(parse_qsl(urlsplit(following["href"]).query))
