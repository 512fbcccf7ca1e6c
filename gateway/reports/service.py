"""Reports that are made beside everything else: ordered, written to a file, told of, cancelled.

A report that was being written when the gateway went down has failed; one that still waited is made.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol

import msgspec

from gateway.clock import Clock, iso
from gateway.conversation.redaction import Veil
from gateway.errors import Conflict, GatewayError, NotFound, Throttled
from gateway.files.door import Files
from gateway.files.forgetting import forget_media
from gateway.ids import Ids
from gateway.reports.products import ROWS, Question, Row
from gateway.reports.reading import pages
from gateway.reports.sheets import Sheet
from gateway.reports.shown import show
from gateway.store.base import Store
from gateway.store.records import Batch, Delivery, MediaRecord, ReportRecord, ReportStatus, Webhook

AT_ONCE = 2
"""Reports that are written at the same time: they must leave the store and the processors to the calls."""
MAX_OPEN = 20
"""Reports of one account that wait or are written."""
MAX_ROWS = 1_000_000
"""Rows of a file: some 200 MB of text. A longer report is TRUNCATED there."""
MAX_SYNC_ROWS = 10_000
"""Rows of an answer: some MB of JSON. A longer one is TRUNCATED there."""
MAX_SYNC_PAGES = 1000
"""Pages that are read for an answer, whether they have rows for it or not."""

log = logging.getLogger(__name__)


class InvalidAbortOperation(Conflict):
    """A report that is finished cannot be cancelled."""

    slug = "invalid-abort-operation"
    title = "Invalid Abort Operation"


class InvalidReport(NotFound):
    """No such report, or another account's."""

    title = "Invalid report ID"


class Deliveries(Protocol):
    """Where callbacks go."""

    def submit(self, deliveries: Iterable[Delivery]) -> None:
        """Send them; they are committed by then."""
        ...


class Reports:
    """The reports of all accounts."""

    def __init__(
        self, store: Store, files: Files, outbox: Deliveries, clock: Clock, ids: Ids, public_url: str
    ) -> None:
        self._store = store
        self._files = files
        self._outbox = outbox
        self._clock = clock
        self._ids = ids
        self._public_url = public_url
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def start(self) -> None:
        """Take up what the last run left behind."""
        for report in await self._store.open_reports():
            if report.status == "PENDING":
                self._begin(report)
            else:
                await self._end(report, "FAILED")

    async def close(self) -> None:
        """Stop writing."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def records(self, question: Question) -> tuple[list[Row], bool]:
        """The rows at once, and whether there are more than are given."""
        rows: list[Row] = []
        read = 0
        async for page in pages(self._store, question):
            read += 1
            rows += page
            if len(rows) > MAX_SYNC_ROWS or read > MAX_SYNC_PAGES:
                return rows[:MAX_SYNC_ROWS], True
        return rows, False

    async def order(
        self, question: Question, filters: dict[str, str], callback_url: str | None
    ) -> ReportRecord:
        """Have a report made. Raises Throttled for an account that has too many under way."""
        waiting = await self._store.reports(question.account, statuses=("PENDING", "PROCESSING"))
        if len(waiting) >= MAX_OPEN:
            raise Throttled(f"At most {MAX_OPEN} reports are made at once.", retry_after_s=60)
        report = ReportRecord(
            id=self._ids.uuid(),
            account=question.account,
            product=question.product,
            date_start=question.date_start,
            date_end=question.date_end,
            filters=filters,
            callback_url=callback_url,
            received=self._now(),
        )
        await self._store.save_report(report)
        self._begin(report)
        return report

    async def find(self, account: str, report_id: str) -> ReportRecord:
        """One report. Raises InvalidReport."""
        report = await self._store.report(account, report_id)
        if report is None:
            raise InvalidReport(f"Report {report_id} does not exist, or you do not have access.")
        return report

    async def cancel(self, account: str, report_id: str) -> ReportRecord:
        """Stop making a report. Raises InvalidReport, and InvalidAbortOperation for a finished one."""
        report = await self.find(account, report_id)
        task = self._tasks.get(report_id)
        if task is None:
            raise InvalidAbortOperation(
                "The job is already in a terminated state such as SUCCESS, TRUNCATED, FAILED or ABORTED."
            )
        task.cancel()
        await asyncio.wait([task])
        report = await self.find(account, report_id)
        if report.status in ("PENDING", "PROCESSING"):
            report = await self._end(report, "ABORTED")
        return report

    async def withdraw(self, account: str, since: str, veil: Veil) -> None:
        """Remove the files of what was reported since then, and hide addresses in what was asked for.

        Reports that are being made are cancelled.
        """
        for report in await self._store.reports_since(account, since):
            with suppress(InvalidAbortOperation):
                await self.cancel(account, report.id)
            kept = await self.find(account, report.id)
            medium = await self._store.medium(kept.file_id) if kept.file_id is not None else None
            if medium is not None:
                await forget_media(self._store, self._files, medium)
            hidden = veil.hide(kept.filters)
            await self._store.save_report(msgspec.structs.replace(kept, file_id=None, filters=hidden))

    # Making one

    def _begin(self, report: ReportRecord) -> None:
        task = asyncio.create_task(self._make(report), name=f"report {report.id}")
        self._tasks[report.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(report.id, None))

    async def _make(self, report: ReportRecord) -> None:
        async with self._slots:
            report = msgspec.structs.replace(report, status="PROCESSING", started=self._now())
            status: ReportStatus
            medium: MediaRecord | None = None
            try:
                await self._store.save_report(report)
                report, medium, status = await self._write(report)
            except Exception:
                # Whatever is wrong with one report: who asked for it has to be told.
                log.exception("report %s is not made", report.id)
                status = "FAILED"
            with suppress(GatewayError):  # the store is away: the next start ends it
                await self._end(report, status, medium)

    async def _write(self, report: ReportRecord) -> tuple[ReportRecord, MediaRecord, ReportStatus]:
        question = question_of(report)
        path, day = f"reports/{report.id}.zip", report.received[:10].replace("-", "")
        table = f"report_{report.product}_{report.account}_{day}.csv"
        count, truncated = 0, False
        with self._files.partial(path) as partial:
            sheet = await asyncio.to_thread(Sheet, partial, table, ROWS[question.product])
            try:
                async for rows in pages(self._store, question):
                    room = MAX_ROWS - count
                    await asyncio.to_thread(sheet.write, rows[:room])
                    count += len(rows[:room])
                    truncated = len(rows) > room
                    if truncated:
                        break
                await asyncio.to_thread(sheet.close)
            except BaseException:
                await asyncio.to_thread(sheet.abandon)
                raise
            size = partial.stat().st_size
        medium = self._medium(report, path, size)
        done = msgspec.structs.replace(report, items_count=count, file_id=medium.id)
        return done, medium, "TRUNCATED" if truncated else "SUCCESS"

    def _medium(self, report: ReportRecord, path: str, size: int) -> MediaRecord:
        now = self._now()
        return MediaRecord(
            id=self._ids.uuid(),
            account=report.account,
            path=path,
            name=f"{report.product}_{report.id}.zip",
            mime_type="application/zip",
            size=size,
            created=now,
            updated=now,
        )

    async def _end(
        self, report: ReportRecord, status: ReportStatus, medium: MediaRecord | None = None
    ) -> ReportRecord:
        """The report is over; who asked for it is told, and has its file."""
        ended = msgspec.structs.replace(report, status=status)
        told = [] if ended.callback_url is None else [self._callback(ended, ended.callback_url)]
        media = [] if medium is None else [medium]
        await self._store.commit(Batch(reports=[ended], media=media, deliveries=told))
        self._outbox.submit(told)
        return ended

    def _callback(self, report: ReportRecord, url: str) -> Delivery:
        return Delivery(
            id=self._ids.uuid(),
            # Reports are the account's: its webhooks have a lane of their own.
            application_id=report.account,
            stream=report.id,
            order=int(self._clock.wall() * 1_000_000),
            webhook=Webhook(address=url),
            payload=msgspec.to_builtins(show(report, self._public_url)),
            created=self._now(),
        )

    def _now(self) -> str:
        return iso(self._clock.wall())


def question_of(report: ReportRecord) -> Question:
    """What a report asks for."""
    filters = {"from_" if name == "from" else name: text for name, text in report.filters.items()}
    filters.pop("type", None)
    fixed = {
        "account": report.account,
        "product": report.product,
        "date_start": report.date_start,
        "date_end": report.date_end,
    }
    return msgspec.convert({**filters, **fixed}, Question)
