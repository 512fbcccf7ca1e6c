"""The paging styles of the API (API pagination), each once.

A style turns "give me the rows of this window" into the body of a list: it reads its parameters from the
query, asks for the window (`All` for every one), and makes the links.
"""

import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from gateway.api.validation import convert, invalid
from gateway.store.queries import MAX_PAGE, Page, Window

T = TypeVar("T")
Json = dict[str, Any]

MAX_ROWS_OF_ARRAY = 10_000
"""Rows of a list without pages: some MB of JSON. Longer lists end there; paged versions show the rest."""
MAX_OFFSET = 2**31 - 1
"""Far beyond every list, well within a database's integers."""

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


@dataclass(frozen=True, kw_only=True)
class _Stretch(Generic[T]):
    """A page of a list whose places are counted, in an order that may begin with what is added meanwhile.

    Who counts on their own gets the rows that stand at a place now. Links hold on to the rows themselves: who
    follows them gets each row once, and the count that the list had where the following began.
    """

    page: Page[T]
    size: int
    index: int
    """How many rows came before."""
    cursor: "Cursor | None"

    @property
    def rows(self) -> list[T]:
        """The rows in the order of the list."""
        return self.page.rows[::-1] if self._backwards else self.page.rows

    @property
    def total(self) -> int:
        """The rows of the list."""
        return self.page.total if self.cursor is None else self.cursor.total

    def places(self) -> dict[str, tuple[int, dict[str, str]]]:
        """Where links lead, by relation: the index of the first row there, and the cursor."""
        here, end = self.index, max(self.total - 1, 0) // self.size * self.size
        neighbours = _neighbours(self.page, self.cursor)
        ahead = neighbours.get("next")
        cursors: dict[str, tuple[int, Cursor | None]] = {"self": (here, self.cursor), "first": (0, None)}
        beyond = end - here - self.size
        if end == here:
            cursors["last"] = cursors["self"]
        elif ahead is not None and beyond >= 0:
            cursors["last"] = end, self._anchored(ahead, skip=beyond)
        else:
            cursors["last"] = end, None
        if "prev" in neighbours:
            cursors["prev"] = max(here - self.size, 0), self._anchored(neighbours["prev"])
        elif here > 0 and self.cursor is None:
            cursors["prev"] = max(here - self.size, 0), self._before()
        if ahead is not None:
            cursors["next"] = here + self.size, self._anchored(ahead)
        return {
            relation: (at, {"cursor": str(cursor)} if cursor else {})
            for relation, (at, cursor) in cursors.items()
        }

    @property
    def _backwards(self) -> bool:
        return self.cursor is not None and self.cursor.backwards

    def _anchored(self, cursor: "Cursor", skip: int = 0) -> "Cursor":
        return msgspec.structs.replace(cursor, skip=skip, total=self.total)

    def _before(self) -> "Cursor | None":
        """The rows before this page; None when it is an empty one."""
        first = self.page.first_key
        return None if first is None else self._anchored(Cursor(first, backwards=True))


async def _stretch(
    source: Source[T], query: _ByIndex | _ByPageIndex, index: int, *, descending: bool
) -> _Stretch[T]:
    cursor = Cursor.parse(query.cursor) if query.cursor else None
    page = await source.fetch(_window(query.page_size, cursor, descending, index))
    return _Stretch(page=page, size=query.page_size, index=index, cursor=cursor)


def _window(size: int, cursor: "Cursor | None", descending: bool, index: int = 0) -> Window:
    """The rows that the cursor means; without one, those that come after the first `index`."""
    if cursor is None:
        return Window(limit=size, offset=index, descending=descending)
    turned = descending != cursor.backwards
    return Window(limit=size, offset=cursor.skip, after=cursor.key, descending=turned)


@dataclass(frozen=True)
class ByRecordIndex:
    """Style A: `record_index` rows are skipped; `name` is what the rows are called.

    Links say besides, in a cursor, where the page before ended: see `_Stretch`.
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
        page = await source.fetch(_window(query.page_size, cursor, descending))
        rows = page.rows[::-1] if backwards else page.rows
        shown = {"cursor": query.cursor or ""} if self.shows_cursor else {}
        return {
            "page_size": query.page_size,
            **shown,
            "_embedded": self._wrap(await source.show(rows)),
            "_links": _cursor_links(source, query, _neighbours(page, cursor)),
        }

    def _wrap(self, rows: list[Json]) -> Json | list[Json]:
        embedded: Any = rows
        for name in self.names:
            embedded = {name: embedded}
        wrapped: Json | list[Json] = embedded
        return wrapped


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in a list: the rows after `key`, or those before it."""

    key: str
    backwards: bool = False
    skip: Annotated[int, Meta(ge=0, le=MAX_OFFSET)] = 0
    """Rows to leave out first."""
    total: Annotated[int, Meta(ge=0, le=MAX_OFFSET)] = 0
    """Rows of the list, where they are counted."""

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The inverse of `str`. Raises Invalid."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            return msgspec.json.decode(raw, type=cls)
        except (ValueError, msgspec.DecodeError):
            raise invalid("cursor", "must be a cursor from a link") from None


def _neighbours(page: Page[Any], cursor: Cursor | None) -> dict[str, Cursor]:
    """The cursors of the pages before and after, where there are any."""
    backwards = cursor is not None and cursor.backwards
    ahead, behind = (page.first_key, page.last_key) if backwards else (page.last_key, page.first_key)
    found = {}
    if ahead is not None and (page.has_more or backwards):
        found["next"] = Cursor(ahead)
    if behind is not None and (page.has_more if backwards else cursor is not None):
        found["prev"] = Cursor(behind, backwards=True)
    return found


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
    parameters = _ByNumber

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
        query = _query(source, _ByNumber)
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
