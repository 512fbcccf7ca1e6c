"""Cursors, links and bounds of lists."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api import paging
from gateway.api.paging import All, Cursor, Json, Source, fetch_all, named
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


async def test_links_keep_the_filters_and_never_begin_with_the_cursor() -> None:
    cursor = str(Cursor("7"))
    body = await named("rows").body(_source(cursor=cursor, state="a b&c", order="desc", page_size="2"))
    assert isinstance(body, dict)
    assert body["_links"]["self"]["href"] == (
        f"https://host/list?page_size=2&order=desc&state=a+b%26c&cursor={cursor}"
    )
    assert body["_links"]["first"]["href"] == "https://host/list?page_size=2&order=desc&state=a+b%26c"
    assert body["_links"].keys() == {"first", "self", "next", "prev"}
