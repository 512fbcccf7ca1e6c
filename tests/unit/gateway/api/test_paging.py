"""Cursors, links and bounds of lists."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from gateway.api import paging
from gateway.api.cursors import Cursor
from gateway.api.paging import All, ByPageIndex, ByRecordIndex, Json, Source, fetch_all, named
from gateway.errors import Invalid
from gateway.store.queries import MAX_PAGE, Page, Window

pytestmark = pytest.mark.unit


async def _numbers(window: Window) -> Page[int]:
    """The endless list 1, 2, 3 …"""
    start = int(window.after or 0) + 1
    rows = list(range(start, start + window.limit))
    return Page(rows=rows, total=10**9, has_more=True, last_key=str(rows[-1]), first_key=str(rows[0]))


async def _show(rows: list[int]) -> list[Json]:
    return [{"row": row} for row in rows]


def _source(**query: str) -> Source[int]:
    return Source(url="https://host/list", query=query, fetch=_numbers, show=_show)


@given(st.text(), st.booleans())
def test_a_cursor_is_read_back_and_fits_a_url(key: str, backwards: bool) -> None:
    text = str(Cursor(key, backwards))
    assert Cursor.parse(text) == Cursor(key, backwards)
    assert text.replace("-", "").replace("_", "").isalnum()


@given(st.text() | st.binary().map(lambda raw: msgspec.json.encode(raw).decode()))
def test_what_is_no_cursor_is_invalid_and_nothing_worse(text: str) -> None:
    with suppress(Invalid):
        Cursor.parse(text)


async def test_reading_all_of_a_list_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MAX_ROWS_OF_ARRAY", 2 * MAX_PAGE)
    rows = await All().body(_source())
    assert [row["row"] for row in rows if isinstance(row, dict)] == list(range(1, 2 * MAX_PAGE + 1))
    assert len(await fetch_all(_numbers, 1)) == MAX_PAGE


async def test_a_list_without_pages_ends_after_ten_thousand_rows() -> None:
    assert len(await All().body(_source())) == 10_000


class Growing:
    """A list that begins with what was added last."""

    def __init__(self, count: int) -> None:
        self.count = count

    async def fetch(self, window: Window) -> Page[int]:
        """Rows by number, which is their key."""
        rows = sorted(range(1, self.count + 1), reverse=window.descending)
        if window.after is not None:
            after = int(window.after)
            rows = [row for row in rows if (row < after if window.descending else row > after)]
        rows = rows[window.offset :]
        shown = rows[: window.limit]
        keys: list[str | None] = [*map(str, shown)] or [None]
        more = len(rows) > len(shown)
        return Page(rows=shown, total=self.count, has_more=more, last_key=keys[-1], first_key=keys[0])

    async def follow(self, style: ByRecordIndex | ByPageIndex, href: str) -> tuple[list[int], Json]:
        """The rows and the links of a page; three rows are added after it."""
        query = dict(URL(href).query)
        source = Source(url="https://host/list", query=query, fetch=self.fetch, show=_show)
        body = await style.body(source)
        assert isinstance(body, dict)
        self.count += 3
        links = {relation: link["href"] for relation, link in body["_links"].items()}
        return [row["row"] for row in body["_embedded"]["rows"]], links


COUNTED: list[tuple[ByRecordIndex | ByPageIndex, str]] = [
    (ByRecordIndex("rows"), "https://host/list?page_size=10&order=desc"),
    (ByPageIndex("rows"), "https://host/list?page_size=10&order=descending"),
]


@pytest.mark.parametrize(("style", "start"), COUNTED)
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 25, 30])
async def test_links_of_counted_pages_lead_to_each_row_once(
    style: ByRecordIndex | ByPageIndex, start: str, count: int
) -> None:
    growing = Growing(count)
    first, links = await growing.follow(style, start)
    pages, nexts = [first], [links]
    while "next" in nexts[-1]:
        page, links = await growing.follow(style, nexts[-1]["next"])
        pages.append(page)
        nexts.append(links)
    assert [row for page in pages for row in page] == list(range(count, 0, -1))
    assert all(pages) or count == 0
    # Wherever it is asked for, the last page is the last one; and back from there all are met again.
    for offered in nexts if count > 10 else ():
        page, links = await growing.follow(style, offered["last"])
        assert page == pages[-1]
        assert "next" not in links
        for earlier in reversed(pages[:-1]):
            before, links = await growing.follow(style, links["prev"])
            assert before == earlier


@pytest.mark.parametrize("count", [20, 21])
async def test_the_last_page_is_never_empty(count: int) -> None:
    growing = Growing(count)
    for style, start in COUNTED:
        _, links = await growing.follow(style, start)
        at = URL(links["last"]).query
        growing.count = count
        plain = f"{start}&" + "&".join(f"{n}={at[n]}" for n in ("record_index", "page_index") if n in at)
        page, _ = await growing.follow(style, plain)
        assert len(page) == (10 if count == 20 else 1)
        growing.count = count


async def test_links_keep_the_filters_and_never_begin_with_the_cursor() -> None:
    cursor = str(Cursor("7"))
    body = await named("rows").body(_source(cursor=cursor, state="a b&c", order="desc", page_size="2"))
    assert isinstance(body, dict)
    assert body["_links"]["self"]["href"] == (
        f"https://host/list?page_size=2&order=desc&state=a+b%26c&cursor={cursor}"
    )
    assert body["_links"]["first"]["href"] == "https://host/list?page_size=2&order=desc&state=a+b%26c"
    assert body["_links"].keys() == {"first", "self", "next", "prev"}
