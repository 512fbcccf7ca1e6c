"""Forgetting files: first the file goes, then it is written that it is gone.

In this order a crash in between leaves a row without a file, which answers as absent and can be forgotten
again; never a file that nobody knows of.
"""

import msgspec

from gateway.files.door import Files
from gateway.store.base import Store
from gateway.store.records import Batch, MediaRecord, RecordingRecord


async def forget_recording(store: Store, files: Files, recording: RecordingRecord) -> RecordingRecord:
    """Remove a recording's file and say so in its record: it has no path, size and hash any more.

    Its transcript goes first; one that is not written yet is owed no more. Raises Unavailable. Doing it again
    does no harm.
    """
    async with files.changing:
        transcript = await store.recording(recording.application_id, recording.transcript_id)
        if transcript is not None and transcript.path:
            await _forget(store, files, transcript)
        return await _forget(store, files, recording)


async def forget_media(store: Store, files: Files, record: MediaRecord) -> None:
    """Remove a file of an account and its record; a recording's own record stays, without its file."""
    if record.application_id is not None:
        recording = await store.recording(record.application_id, record.id)
        if recording is not None:
            await forget_recording(store, files, recording)
            return
    await files.remove(record.path)
    await store.delete_media(record.id)


async def _forget(store: Store, files: Files, recording: RecordingRecord) -> RecordingRecord:
    await files.remove(recording.path)
    ended = recording.end_time or recording.start_time
    gone = msgspec.structs.replace(recording, path="", size=0, sha256="", end_time=ended)
    await store.commit(Batch(recordings=[gone]))
    await store.delete_media(recording.id)
    return gone
