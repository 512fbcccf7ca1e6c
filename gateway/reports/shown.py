"""A report as the API shows it, and as it is posted to its callback_url."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from gateway.store.records import ReportRecord, ReportStatus


class Link(msgspec.Struct, frozen=True):
    """Where something is."""

    href: str


class Links(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the report is, and its file once there is one."""

    self: Link
    download_report: Link | UnsetType = UNSET


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was ordered: its state and what it is about."""

    request_id: str
    request_status: ReportStatus
    product: str
    account_id: str
    date_start: str
    date_end: str
    include_subaccounts: bool = False
    """Accounts have none here."""
    callback_url: str | UnsetType = UNSET
    receive_time: str
    start_time: str | UnsetType = UNSET
    items_count: int | UnsetType = UNSET
    """Rows of the file, once it is finished."""
    links: Links = msgspec.field(name="_links")
    direction: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    from_: str | UnsetType = msgspec.field(name="from", default=UNSET)
    to: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    conversation_id: str | UnsetType = UNSET


def show(record: ReportRecord, public_url: str) -> Report:
    """The report; links begin with `public_url`."""
    download: Link | UnsetType = UNSET
    if record.file_id is not None:
        download = Link(f"{public_url}/v3/media/{record.file_id}")
    filters: dict[str, Any] = {
        "from_" if name == "from" else name: text for name, text in record.filters.items()
    }
    return Report(
        request_id=record.id,
        request_status=record.status,
        product=record.product,
        account_id=record.account,
        date_start=record.date_start,
        date_end=record.date_end,
        callback_url=record.callback_url or UNSET,
        receive_time=record.received,
        start_time=record.started or UNSET,
        items_count=record.items_count if record.status in ("SUCCESS", "TRUNCATED") else UNSET,
        links=Links(Link(f"{public_url}/v2/reports/{record.id}"), download),
        **filters,
    )
