"""The paging styles of the API (API pagination), each once.

A style turns "give me the rows of this window" into the body of a list: it reads its parameters from the
query, asks for the window (`All` for every one), and makes the links.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from gateway.api.cursors import MAX_OFFSET, Cursor, Stretch, neighbours, window
from gateway.api.validation import convert
from gateway.store.queries import MAX_PAGE, Page, Window

T = TypeVar("T")
Json = dict[str, Any]

MAX_ROWS_OF_ARRAY = 10_000
"""Rows of a list without pages: some MB of JSON. Longer lists end there; paged versions show the rest."""
PageSize = Annotated[int, Meta(ge=1, le=MAX_PAGE)]
Order = Literal["asc", "desc", "ASC", "DESC"]


@dataclass(frozen=True, kw_only=True)
class Source(Generic[T]):
    """A list: where it is, how to fetch its rows and how to show them."""

    url: str
    """What hrefs start with, without the query."""
    query: Mapping[str, str]
    fetch: Callable[[Window], Awaitable[Page[T]]]
    show: Callable[[list[T]], Awaitable[list[Any]]]

    def href(self, **paging: object) -> Json:
        """A link to this list with other paging, the filters kept; `cursor` comes last."""
        filters = {
            name: text for name, text in self.query.items() if text and name not in PARAMETERS | CREDENTIALS
        }
        order = {"order": self.query["order"]} if self.query.get("order") else {}
        size = {"page_size": paging.pop("page_size")}
        return {"href": f"{self.url}?{urlencode({**size, **order, **filters, **paging})}"}


class Paging(Protocol):
    """A style."""

    @property
    def parameters(self) -> type[msgspec.Struct] | None:
        """What it reads of the query."""
        ...

    def schema(self, row: Json) -> Json:
        """The JSON Schema of the list, where `row` is that of a row."""
        ...

    async def body(self, source: Source[T]) -> Json | list[Json]:
        """The body of the list. Raises Invalid for wrong paging parameters."""
        ...


class _ByIndex(msgspec.Struct, frozen=True):
    page_size: PageSize = 10
    record_index: Annotated[int, Meta(ge=0, le=MAX_OFFSET)] = 0
    order: Order = "asc"
    cursor: str | None = None


class _ByCursor(msgspec.Struct, frozen=True):
    page_size: PageSize = 10
    order: Order = "asc"
    cursor: str | None = None


class _ByPageIndex(msgspec.Struct, frozen=True):
    page_size: PageSize = 20
    page_index: Annotated[int, Meta(ge=0, le=MAX_OFFSET // MAX_PAGE - 1)] = 0
    order: Literal["ascending", "descending"] = "descending"
    cursor: str | None = None


class Ascending(_ByPageIndex, frozen=True):
    """As the first Application API has it."""

    page_size: PageSize = 10
    order: Literal["ascending", "descending"] = "ascending"


class _ByNumber(msgspec.Struct, frozen=True):
    page_size: PageSize = 10
    page: Annotated[int, Meta(ge=1, le=MAX_OFFSET // MAX_PAGE)] = 1


class Hundreds(_ByNumber, frozen=True):
    """As the addresses have it."""

    page_size: Annotated[int, Meta(ge=1, le=1000)] = 100


LINK: Json = {"type": "object", "required": ["href"], "properties": {"href": {"type": "string"}}}


def _page_schema(embedded: Json, links: tuple[str, ...], **numbers: str) -> Json:
    """Numbers and texts, the rows, and links, of which only the one to the page itself is sure."""
    properties = {name: {"type": kind} for name, kind in numbers.items()}
    relations = {
        "type": "object",
        "required": ["self"],
        "properties": dict.fromkeys(("self", *links), LINK),
    }
    return {
        "type": "object",
        "required": [*properties, "_embedded", "_links"],
        "properties": {**properties, "_embedded": embedded, "_links": relations},
    }


def _rows_schema(row: Json, *names: str) -> Json:
    """The array of rows under its names, the innermost first."""
    schema: Json = {"type": "array", "items": row}
    for name in names:
        schema = {"type": "object", "required": [name], "properties": {name: schema}}
    return schema


PARAMETERS = frozenset({"page_size", "record_index", "order", "cursor", "page", "page_index"})


CREDENTIALS = frozenset({"api_key", "api_secret"})
"""Of the query: no link repeats them."""


def _query(source: Source[Any], model: type[T]) -> T:
    return convert({name: text for name, text in source.query.items() if text}, model, text=True)


async def fetch_all(fetch: Callable[[Window], Awaitable[Page[T]]], limit: int) -> list[T]:
    """Every row of a list, but not more pages than `limit` rows need."""
    rows: list[T] = []
    after: str | None = None
    while len(rows) < limit:
        page = await fetch(Window(limit=MAX_PAGE, after=after))
        rows += page.rows
        after = page.last_key
        if not page.has_more:
            break
    return rows


class All:
    """Style B: a bare array of everything."""

    parameters = None

    def schema(self, row: Json) -> Json:
        """The array."""
        return _rows_schema(row)

    async def body(self, source: Source[T]) -> Json | list[Json]:
        """The array."""
        rows = await fetch_all(source.fetch, MAX_ROWS_OF_ARRAY)
        return await source.show(rows)


async def _stretch(
    source: Source[T], query: _ByIndex | _ByPageIndex, index: int, *, descending: bool
) -> Stretch[T]:
    cursor = Cursor.parse(query.cursor) if query.cursor else None
    page = await source.fetch(window(query.page_size, cursor, descending, index))
    return Stretch(page=page, size=query.page_size, index=index, cursor=cursor)


@dataclass(frozen=True)
class ByRecordIndex:
    """Style A: `record_index` rows are skipped; `name` is what the rows are called.

    Links say besides, in a cursor, where the page before ended: see `Stretch`.
    """

    name: str
    parameters = _ByIndex

    def schema(self, row: Json) -> Json:
        """The page with its counts."""
        return _page_schema(
            _rows_schema(row, self.name),
            ("first", "last", "prev", "next"),
            count="integer",
            page_size="integer",
            record_index="integer",
        )

    async def body(self, source: Source[T]) -> Json | list[Json]:
        """The page with its counts."""
        query = _query(source, _ByIndex)
        size, index = query.page_size, query.record_index
        stretch = await _stretch(source, query, index, descending=query.order.lower() == "desc")
        return {
            "count": stretch.total,
            "page_size": size,
            "record_index": index,
            "_links": {
                relation: source.href(page_size=size, record_index=at, **cursor)
                for relation, (at, cursor) in stretch.places().items()
            },
            "_embedded": {self.name: await source.show(stretch.rows)},
        }


@dataclass(frozen=True)
class ByCursor:
    """Styles C and D: an opaque cursor says where the page before ended.

    Rows that are added meanwhile move nothing: each row is on exactly one page.
    """

    names: tuple[str, ...] = ()
    """Under which the rows are embedded, the innermost first; without any `_embedded` is the array itself."""
    shows_cursor: bool = False
    """Style C repeats the cursor in the body."""
    parameters = _ByCursor

    def schema(self, row: Json) -> Json:
        """The page with its links."""
        shown = {"cursor": "string"} if self.shows_cursor else {}
        return _page_schema(
            _rows_schema(row, *self.names), ("first", "prev", "next"), page_size="integer", **shown
        )

    async def body(self, source: Source[T]) -> Json | list[Json]:
        """The page with its links."""
        query = _query(source, _ByCursor)
        cursor = Cursor.parse(query.cursor) if query.cursor else None
        descending = query.order.lower() == "desc"
        backwards = cursor is not None and cursor.backwards
        page = await source.fetch(window(query.page_size, cursor, descending))
        rows = page.rows[::-1] if backwards else page.rows
        shown = {"cursor": query.cursor or ""} if self.shows_cursor else {}
        return {
            "page_size": query.page_size,
            **shown,
            "_embedded": self._wrap(await source.show(rows)),
            "_links": _cursor_links(source, query, neighbours(page, cursor)),
        }

    def _wrap(self, rows: list[Json]) -> Json | list[Json]:
        embedded: Any = rows
        for name in self.names:
            embedded = {name: embedded}
        wrapped: Json | list[Json] = embedded
        return wrapped


def _cursor_links(source: Source[Any], query: _ByCursor, neighbours: Mapping[str, Cursor]) -> Json:
    size = query.page_size
    here = {"cursor": query.cursor} if query.cursor else {}
    return {
        "first": source.href(page_size=size),
        "self": source.href(page_size=size, **here),
        **{
            relation: source.href(page_size=size, cursor=str(cursor))
            for relation, cursor in neighbours.items()
        },
    }


def named(name: str) -> ByCursor:
    """Style D with the rows under their name."""
    return ByCursor((name,))


def named_data(name: str) -> ByCursor:
    """Style C."""
    return ByCursor((name, "data"), shows_cursor=True)


def bare() -> ByCursor:
    """Style D as the events of v1 have it: `_embedded` is the array itself."""
    return ByCursor()


@dataclass(frozen=True)
class ByPageNumber:
    """Style E: pages are numbered from 1."""

    name: str
    parameters: type[_ByNumber] = _ByNumber

    def schema(self, row: Json) -> Json:
        """The page with its totals."""
        return _page_schema(
            _rows_schema(row, self.name),
            ("first", "last", "prev", "next"),
            page_size="integer",
            page="integer",
            total_items="integer",
            total_pages="integer",
        )

    async def body(self, source: Source[T]) -> Json | list[Json]:
        """The page with its totals."""
        query = _query(source, self.parameters)
        size = query.page_size
        page = await source.fetch(Window(limit=size, offset=(query.page - 1) * size))
        last = max(1, -(-page.total // size))
        places = {"self": query.page, "first": 1, "last": last}
        if query.page > 1:
            places["prev"] = query.page - 1
        if page.has_more:
            places["next"] = query.page + 1
        return {
            "page_size": size,
            "page": query.page,
            "total_items": page.total,
            "total_pages": last,
            "_embedded": {self.name: await source.show(page.rows)},
            "_links": {
                relation: source.href(page_size=size, page=number) for relation, number in places.items()
            },
        }


@dataclass(frozen=True)
class ByPageIndex:
    """Style G: pages are numbered from 0, the newest rows come first. Links have a cursor, as in style A."""

    name: str
    parameters: type[_ByPageIndex] = _ByPageIndex

    def schema(self, row: Json) -> Json:
        """The page with its count."""
        return _page_schema(
            _rows_schema(row, self.name),
            ("first", "last", "prev", "next"),
            count="integer",
            page_size="integer",
            page_index="integer",
        )

    async def body(self, source: Source[T]) -> Json | list[Json]:
        """The page with its count."""
        query = _query(source, self.parameters)
        size, index = query.page_size, query.page_index
        stretch = await _stretch(source, query, index * size, descending=query.order == "descending")
        return {
            "page_size": size,
            "page_index": index,
            "count": stretch.total,
            "_links": {
                relation: source.href(page_size=size, page_index=at // size, **cursor)
                for relation, (at, cursor) in stretch.places().items()
            },
            "_embedded": {self.name: await source.show(stretch.rows)},
        }
