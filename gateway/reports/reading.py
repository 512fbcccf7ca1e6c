"""The rows of a report, read from the store a page at a time."""

from collections.abc import AsyncIterator

from gateway.reports.products import Question, Row
from gateway.store.base import Store
from gateway.store.queries import MAX_PAGE, Window
from gateway.store.records import ApplicationRecord


async def pages(store: Store, question: Question) -> AsyncIterator[list[Row]]:
    """What is asked for, application by application and each by creation time, in lists of at most MAX_PAGE.

    A page with no row in it comes too, so that whoever counts can see the work.
    """
    async for application in _applications(store, question.account):
        after: str | None = None
        more = question.product != "ASR"
        while more:
            page = await store.legs_after(application.id, after, question.date_start, question.date_end)
            yield [row for leg in page.rows if (row := question.row(leg)) is not None]
            after, more = page.last_key, page.has_more


async def _applications(store: Store, account: str) -> AsyncIterator[ApplicationRecord]:
    window: Window | None = Window(limit=MAX_PAGE)
    while window is not None:
        page = await store.applications(account, window, deleted=True)
        for application in page.rows:
            yield application
        window = Window(limit=MAX_PAGE, after=page.last_key) if page.has_more else None


async def rows_of(store: Store, question: Question, leg_ids: list[str]) -> tuple[list[Row], list[str]]:
    """The rows of these legs, and the ids of which there are none: absent, another account's or product's."""
    rows, missing = [], []
    for leg_id in leg_ids:
        leg = await store.account_leg(question.account, leg_id)
        row = question.row(leg) if leg is not None else None
        if row is None:
            missing.append(leg_id)
        else:
            rows.append(row)
    return rows, missing
