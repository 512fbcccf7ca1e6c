"""Transcripts: what is said in a recording, written down once it is over (Voice API, recording).

A transcript is owed from the moment when its recording is over: its row, without an end, is written together
with the recording's. What a killed gateway still owes is due again at the next start.
"""

import asyncio
import logging
from pathlib import Path

import msgspec

from gateway.errors import GatewayError, Unavailable
from gateway.files.door import Files
from gateway.media_plane import CannotTranscribe, MediaPlane
from gateway.store.base import Store
from gateway.store.records import ApplicationRecord, Delivery, RecordingRecord, Transcription
from gateway.switchboard import Switchboard
from gateway.webhooks.payloads import error_event, transcribed_event
from media.control import Transcribe

log = logging.getLogger(__name__)

AT_ONCE = 2
"""Transcripts that are being written; the rest waits here, where a death of the hearing process spares it."""
MAX_WAITING = 10_000
"""Transcripts that wait, each a small task; what is owed beyond that is due at the next start."""
ATTEMPTS = 3
"""With a hearing process that may die of the recording."""
PAUSE_S = 5.0
"""After each: a process that died is up again by then."""


class Transcripts:
    """Writes down what is owed, a few at a time."""

    def __init__(
        self,
        store: Store,
        switchboard: Switchboard,
        media: MediaPlane,
        files: Files,
        public_url: str,
        directory: Path,
    ) -> None:
        """`directory` is for unfinished files; it is swept at each start."""
        self._store = store
        self._switchboard = switchboard
        self._media = media
        self._files = files
        self._public_url = public_url
        self._directory = directory
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    def __len__(self) -> int:
        """How many are being written, or wait for that."""
        return len(self._tasks)

    def owed(self, recording: RecordingRecord) -> RecordingRecord | None:
        """The row of the transcript that a recording, which has ended, is owed; None where it is not."""
        if recording.transcription is None or not recording.size:
            return None
        id_ = recording.transcript_id
        return RecordingRecord(
            id=id_,
            application_id=recording.application_id,
            conversation_id=recording.conversation_id,
            path=str(Path(recording.path).with_name(f"{id_}.json")),
            format="json",
            start_time=self._switchboard.now(),
            event_webhook=recording.transcription.webhook or recording.event_webhook,
            keep_days=recording.keep_days,
            transcription=recording.transcription,
            transcript_of=recording.id,
        )

    def begin(self, application: ApplicationRecord, transcript: RecordingRecord) -> None:
        """Write it, as soon as those before it are written."""
        if self._closing:
            return
        if len(self._tasks) >= MAX_WAITING:
            log.warning("transcript %s has to wait for the next start", transcript.id)
            return
        work = self._write(application, transcript)
        task = asyncio.create_task(work, name=f"transcript {transcript.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Write no more. What is not written stays owed."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _write(self, application: ApplicationRecord, transcript: RecordingRecord) -> None:
        target = self._directory / f"{transcript.id}.json"
        async with self._turns:
            try:
                size = await self._understand(transcript, target)
            except GatewayError as error:
                await self._fail(application, transcript, error.detail)
            else:
                await self._keep(application, transcript, target, size)
            finally:
                target.unlink(missing_ok=True)

    async def _understand(self, transcript: RecordingRecord, target: Path) -> int:
        """Have it written to `target`; how large it is. Raises CannotTranscribe and Unavailable."""
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._ask(transcript, target)
            except Unavailable as error:
                log.warning("transcript %s is tried again: %s", transcript.id, error.detail)
                await asyncio.sleep(PAUSE_S)
        return await self._ask(transcript, target)

    async def _ask(self, transcript: RecordingRecord, target: Path) -> int:
        application_id, recording_id = transcript.application_id, transcript.transcript_of or ""
        recording = await self._store.recording(application_id, recording_id)
        if recording is None or not recording.path:
            raise CannotTranscribe("the recording is gone")
        wish = transcript.transcription or Transcription()
        command = Transcribe(
            transcription=transcript.id, path=recording.path, target=str(target), language=wish.language
        )
        return (await self._media.transcribe(command)).size

    async def _keep(
        self, application: ApplicationRecord, transcript: RecordingRecord, target: Path, size: int
    ) -> None:
        """Put the file in its place and tell of it, unless the recording was forgotten meanwhile."""
        url = f"{self._public_url}/v1/files/{transcript.id}"
        payload = transcribed_event(transcript, url)
        told = self._switchboard.delivery(application, transcript.id, transcript.event_webhook, payload)
        async with self._files.changing:
            if await self._is_owed(transcript):
                await asyncio.to_thread(target.replace, transcript.path)
                await self._end(msgspec.structs.replace(transcript, size=size), told)

    async def _fail(self, application: ApplicationRecord, transcript: RecordingRecord, reason: str) -> None:
        """Tell the application why there is none, unless the recording was forgotten meanwhile."""
        about = f"transcription of recording {transcript.transcript_of}: {reason}"
        payload = error_event(about, transcript.conversation_id, self._switchboard.now())
        told = self._switchboard.delivery(application, transcript.id, None, payload)
        async with self._files.changing:
            if await self._is_owed(transcript):
                await self._end(msgspec.structs.replace(transcript, path=""), told)

    async def _is_owed(self, transcript: RecordingRecord) -> bool:
        now = await self._store.recording(transcript.application_id, transcript.id)
        return now is not None and now.end_time is None

    async def _end(self, transcript: RecordingRecord, told: Delivery | None) -> None:
        ended = msgspec.structs.replace(transcript, end_time=self._switchboard.now())
        await self._switchboard.keep([ended], [told] if told is not None else [])
