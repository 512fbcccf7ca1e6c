"""Recordings as media: a recording that has ended is a file of its application's account."""

import msgspec

from gateway.store.records import MediaRecord, RecordingRecord

MIME_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg", "ogg": "audio/ogg", "json": "application/json"}

Row = tuple[str, str, str, str]

INSERT = (
    "INSERT INTO media (id, account, application_id, created, document)"
    " SELECT ?, account, id, ?, json_set(?, '$.account', account) FROM applications WHERE id = ?"
    " ON CONFLICT (id) DO NOTHING"
)
"""Lists a recording once: what its owner says about it later stays. The account is the application's."""


def rows(recordings: list[RecordingRecord]) -> list[Row]:
    """The values for `INSERT`: of those that have ended and left a file."""
    return [
        (recording.id, recording.end_time, _document(recording, recording.end_time), recording.application_id)
        for recording in recordings
        if recording.end_time is not None and recording.size
    ]


def mime_type_of(recording: RecordingRecord) -> str:
    """What the file is."""
    return MIME_TYPES.get(recording.format, "application/octet-stream")


def _document(recording: RecordingRecord, ended: str) -> str:
    record = MediaRecord(
        id=recording.id,
        account="",
        application_id=recording.application_id,
        path=recording.path,
        name=f"{recording.id}.{recording.format}",
        mime_type=mime_type_of(recording),
        size=recording.size,
        sha256=recording.sha256,
        created=ended,
        updated=ended,
    )
    return msgspec.json.encode(record).decode()
