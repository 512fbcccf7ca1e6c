"""What has a file: recordings, media, reports."""

from typing import Literal
from uuid import NAMESPACE_OID, uuid5

import msgspec

from gateway.clock import later
from gateway.store.records.common import MAX_TTL_S, Transcription, Webhook


class RecordingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A recording's file."""

    id: str
    application_id: str
    conversation_id: str
    path: str
    format: str
    start_time: str
    end_time: str | None = None
    """None while it runs."""
    size: int = 0
    sha256: str = ""
    """Of the file, in hexadecimal; empty where its writer did not finish it."""
    duration_s: float = 0.0
    event_webhook: Webhook | None = None
    keep_days: float | None = None
    """When the file may go, counted from its end; as the operator has it when None."""
    transcription: Transcription | None = None
    """How it is to be transcribed, or was; None for what is not."""
    transcript_of: str | None = None
    """The recording whose transcript this file is; None for recordings."""

    @property
    def transcript_id(self) -> str:
        """What its transcript has for an id, if there is one."""
        return str(uuid5(NAMESPACE_OID, self.id))

    @property
    def due(self) -> str | None:
        """When the file goes that has a time of its own; None without one, and when it is gone."""
        if self.end_time is None or not self.path or self.keep_days is None:
            return None
        return later(self.end_time, min(self.keep_days * 86_400, MAX_TTL_S))

    @property
    def kept_since(self) -> str | None:
        """Since when the file is kept that goes when the operator says; None for every other."""
        return self.end_time if self.path and self.keep_days is None else None


class MediaRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an account: what it uploaded, a recording of one of its applications, or a report."""

    id: str
    """A recording's is the recording's own."""
    account: str
    application_id: str | None = None
    """Whose token made it; None for what the account itself made."""
    path: str
    """Within the data directory, or absolute."""
    name: str
    """What the file was called, or is to be called."""
    mime_type: str
    size: int
    sha256: str = ""
    """Of the file, in hexadecimal; empty where nobody has computed it."""
    created: str
    updated: str
    public: bool = False
    """Anybody who knows the id may download it."""
    title: str = ""
    description: str = ""
    metadata_primary: str = ""
    metadata_secondary: str = ""
    max_downloads: int | None = None
    times_downloaded: int = 0


ReportStatus = Literal["PENDING", "PROCESSING", "SUCCESS", "ABORTED", "FAILED", "TRUNCATED"]


class ReportRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A report that an account ordered (Reports API)."""

    id: str
    account: str
    product: str
    status: ReportStatus = "PENDING"
    date_start: str
    """Included."""
    date_end: str
    """Excluded."""
    filters: dict[str, str] = {}
    """The other parameters, by their published names."""
    callback_url: str | None = None
    received: str
    started: str | None = None
    items_count: int = 0
    file_id: str | None = None
    """Of its media; None while there is none, or none any more."""
