"""Files: recordings, media, and reports."""

from collections.abc import Collection

from gateway.store import lookups
from gateway.store.queries import MAX_PAGE, Page, Window
from gateway.store.reader import Condition
from gateway.store.records import MediaRecord, RecordingRecord, ReportRecord, ReportStatus
from gateway.store.rows import MEDIA, RECORDINGS, REPORTS
from gateway.store.sqlite.part import Part, created_between
from gateway.store.tables import OPEN_RECORDING, OPEN_REPORT, media, recordings, reports


class Files(Part):
    """Reads and writes of what has a file."""

    async def recording(self, application_id: str, recording_id: str) -> RecordingRecord | None:
        """One recording."""
        return await self._reader.one(lookups.RECORDING, recording_id, application_id)

    async def open_recordings(self) -> list[RecordingRecord]:
        """The recordings of all tenants that have no end."""
        return await self._reader.all(RECORDINGS, recordings.c.serial, OPEN_RECORDING)

    async def medium(self, media_id: str) -> MediaRecord | None:
        """One file, of any account: the caller checks `account`."""
        return await self._reader.one(lookups.MEDIUM, media_id)

    async def media(
        self,
        account: str,
        window: Window,
        *,
        application_id: str | None = None,
        date_start: str | None = None,
        date_end: str | None = None,
    ) -> Page[MediaRecord]:
        """See `Store.media`."""
        where: list[Condition] = [
            media.c.account == account,
            *created_between(media.c.created, date_start, date_end),
        ]
        if application_id is not None:
            where.append(media.c.application_id == application_id)
        return await self._reader.page(MEDIA, media.c.serial, window, *where)

    async def save_media(self, record: MediaRecord) -> None:
        """Create or replace."""
        await self._write(MEDIA.upsert([record]))

    async def delete_media(self, media_id: str) -> None:
        """Forget a file, which is gone by then."""
        await self._write(("DELETE FROM media WHERE id = ?", [(media_id,)]))

    async def report(self, account: str, report_id: str) -> ReportRecord | None:
        """One report."""
        return await self._reader.one(lookups.REPORT, report_id, account)

    async def reports(
        self,
        account: str,
        *,
        statuses: Collection[ReportStatus] = (),
        date_start: str | None = None,
        date_end: str | None = None,
    ) -> list[ReportRecord]:
        """See `Store.reports`."""
        where: list[Condition] = [
            reports.c.account == account,
            *created_between(reports.c.received, date_start, date_end),
        ]
        if statuses:
            where.append(reports.c.status.in_(statuses))
        newest = Window(limit=MAX_PAGE, descending=True)
        return (await self._reader.page(REPORTS, reports.c.serial, newest, *where, total=0)).rows

    async def reports_since(self, account: str, since: str) -> list[ReportRecord]:
        """All reports of an account that were ordered since then."""
        of_account = reports.c.account == account
        return await self._reader.all(REPORTS, reports.c.serial, of_account, reports.c.received >= since)

    async def open_reports(self) -> list[ReportRecord]:
        """The reports of all accounts that are neither finished nor given up."""
        return await self._reader.all(REPORTS, reports.c.serial, OPEN_REPORT)

    async def save_report(self, report: ReportRecord) -> None:
        """Create or replace."""
        await self._write(REPORTS.upsert([report]))
