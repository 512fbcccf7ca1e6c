"""The recordings that run, from the command to the event, the webhook and the file (Voice API, recording)."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from gateway.conversation.commands import Note
from gateway.errors import GatewayError, Unavailable
from gateway.media_plane import MediaPlane
from gateway.store.records import ApplicationRecord, LegRecord, RecordingRecord, Webhook
from gateway.switchboard import Switchboard
from gateway.webhooks.payloads import record_event
from media.control import RecordingDone, StartRecording, StopRecording

log = logging.getLogger(__name__)

CLOSE_DEADLINE_S = 10.0


class _Running(msgspec.Struct):
    record: RecordingRecord
    application: ApplicationRecord
    done: Callable[[], None]


class Recordings:
    """Starts and ends recordings of conversations, and keeps their records."""

    def __init__(
        self,
        switchboard: Switchboard,
        media: MediaPlane,
        directory: Path,
        public_url: str,
        salvage: Callable[[Path], float],
    ) -> None:
        """`salvage` mends a WAV file whose writer was killed and tells its seconds."""
        self._switchboard = switchboard
        self._media = media
        self._salvage = salvage
        self._directory = directory
        self._public_url = public_url
        self._running: dict[str, _Running] = {}
        self._finishing: set[asyncio.Task[None]] = set()
        self._quiet = asyncio.Event()

    async def start(
        self,
        application: ApplicationRecord,
        leg: LegRecord,
        command: StartRecording,
        webhook: Webhook | None,
        done: Callable[[], None] = lambda: None,
    ) -> None:
        """Record the conversation of the leg; `done` is called when it is over. Raises Unavailable.

        Of the command, `path` is filled in here: recordings lie in one directory, named by their id alone.
        """
        path = self._directory / f"{command.recording}.wav"
        record = RecordingRecord(
            id=command.recording,
            application_id=application.id,
            conversation_id=leg.conversation_id,
            path=str(path),
            format=command.format,
            start_time=self._switchboard.now(),
            event_webhook=webhook,
        )
        body = {"recording_id": record.id, "format": record.format, "channels": command.channels}
        note = Note(type="audio:record", from_=leg.member_id, body=body)
        # Runs from now on, so that nobody else records the same room while this is written.
        self._running[record.id] = _Running(record, application, done)
        try:
            await self._switchboard.do(application, leg.conversation_id, note, recordings=[record])
        except BaseException:
            self._running.pop(record.id, None)
            raise
        try:
            self._media.record(msgspec.structs.replace(command, path=str(path)))
        except Unavailable as error:
            self.on_done(_empty(record, error.detail))
            raise

    def stop(self, recording_id: str) -> None:
        """End a recording; its RecordingDone comes."""
        if recording_id in self._running:
            try:
                self._media.send(StopRecording(recording=recording_id))
            except Unavailable as error:
                log.warning("a recording cannot be stopped: %s", error)

    def stop_all(self, conversation_id: str) -> None:
        """End every recording of a conversation."""
        for running in list(self._running.values()):
            if running.record.conversation_id == conversation_id:
                self.stop(running.record.id)

    def is_recording(self, conversation_id: str) -> bool:
        """Whether a recording of the conversation runs."""
        return any(each.record.conversation_id == conversation_id for each in self._running.values())

    def on_done(self, notice: RecordingDone) -> None:
        """The worker has the file complete; or it has none, and the notice no path."""
        running = self._running.pop(notice.recording, None)
        if running is not None:
            task = asyncio.create_task(self._finish(running, notice))
            self._finishing.add(task)
            task.add_done_callback(self._finished)

    def media_lost(self) -> None:
        """The worker died: what it wrote so far is the recording."""
        for running in list(self._running.values()):
            self.on_done(self._salvaged(running.record))

    async def recover(self, application: ApplicationRecord, record: RecordingRecord) -> None:
        """A recording of the last run: what it wrote so far is the recording."""
        await self._write_end(application, record, self._salvaged(record))

    async def close(self) -> None:
        """Wait until the recordings that were stopped are written; not longer than a transcoding takes."""
        if self._running or self._finishing:
            self._quiet.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._quiet.wait(), CLOSE_DEADLINE_S)

    async def _write_end(
        self, application: ApplicationRecord, record: RecordingRecord, notice: RecordingDone
    ) -> None:
        """Write that a recording is over: its record, its event, its webhook."""
        now = self._switchboard.now()
        path = Path(notice.path or record.path)
        ended = msgspec.structs.replace(
            record,
            end_time=now,
            path=str(path),
            format=path.suffix.lstrip("."),
            size=notice.size,
            duration_s=notice.duration_s,
        )
        url = f"{self._public_url}/v1/files/{record.id}"
        body = {
            "recording_id": record.id,
            "destination_url": url,
            "format": ended.format,
            "start_time": ended.start_time,
            "end_time": now,
            "size": ended.size,
        }
        if notice.failed:
            body["error"] = notice.failed
        payload = record_event(ended, url, now)
        delivery = self._switchboard.delivery(application, record.id, record.event_webhook, payload)
        await self._switchboard.do(
            application,
            record.conversation_id,
            Note(type="audio:record:done", body=body),
            recordings=[ended],
            deliveries=[delivery] if delivery is not None else [],
        )

    def _salvaged(self, record: RecordingRecord) -> RecordingDone:
        """The notice that a dead worker could not send, from the file that it left."""
        wav = Path(record.path).with_suffix(".wav")
        whole = wav.with_suffix(f".{record.format}")
        try:
            # The WAV file goes when the file in the wanted format is complete.
            path = wav if wav.exists() else whole
            duration_s = self._salvage(path) if path is wav else 0.0
            size = path.stat().st_size
        except Exception as error:
            # Whatever is wrong with the file must not stop the recovery of the others.
            return _empty(record, str(error))
        return RecordingDone(
            recording=record.id,
            path=str(path),
            size=size,
            duration_s=duration_s,
            channels=1,
            failed="the media worker ended",
        )

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._finishing.discard(task)
        if not self._running and not self._finishing:
            self._quiet.set()

    async def _finish(self, running: _Running, notice: RecordingDone) -> None:
        try:
            await self._write_end(running.application, running.record, notice)
        except GatewayError:
            log.exception("the end of recording %s is not written", running.record.id)
        running.done()


def _empty(record: RecordingRecord, reason: str) -> RecordingDone:
    return RecordingDone(recording=record.id, path="", size=0, duration_s=0.0, channels=1, failed=reason)
