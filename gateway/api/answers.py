"""What all resources answer with: lists with their links, and times."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from aiohttp import web

from gateway.api.paging import Paging, Source
from gateway.api.requests import ApiRequest
from gateway.api.validation import invalid
from gateway.api.versions import Version
from gateway.store.queries import Page, Window

T = TypeVar("T")


def list_of(
    request: ApiRequest,
    fetch: Callable[[Window], Awaitable[Page[T]]],
    show: Callable[[T], object],
    *,
    absolute: bool = True,
) -> Source[T]:
    """The list at the request's path; its hrefs are absolute, or relative to the host."""

    async def show_all(rows: list[T]) -> list[object]:
        return [show(row) for row in rows]

    return Source(
        url=list_url(request, absolute=absolute), query=request.http.query, fetch=fetch, show=show_all
    )


def list_url(request: ApiRequest, *, absolute: bool = True) -> str:
    """Where the list of a request is, for hrefs."""
    return f"{request.services.public_url if absolute else ''}{request.http.rel_url.raw_path}"


async def list_response(paging: Paging, source: Source[T]) -> web.Response:
    """The list in its style."""
    return json_response(await paging.body(source))


def json_response(body: object, status: int = 200) -> web.Response:
    """Anything that msgspec knows how to write."""
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json", charset="utf-8"
    )


def deletion_response(version: Version) -> web.Response:
    """What is deleted is gone: nothing, or the first generation's `{}`."""
    return web.Response(status=204) if version.ends_in_silence else json_response({})


def instant(name: str, text: str | None) -> str | None:
    """A time of a query as records have it: UTC with milliseconds. Raises Invalid."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise invalid(name, "must be a valid ISO 8601 date") from None
