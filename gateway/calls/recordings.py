"""The recordings that run, from the command to the event, the webhook and the file (Voice API, recording).

Scripts and REST have them made alike.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import msgspec

from gateway.calls.beep import make_beep
from gateway.calls.transcripts import Transcripts
from gateway.clock import later
from gateway.conversation.commands import Note
from gateway.conversation.leg import channel_of
from gateway.errors import GatewayError, NotFound, Unavailable
from gateway.files.space import DiskFull, check_room
from gateway.media_plane import MediaPlane
from gateway.store.records import (
    ApplicationRecord,
    EventRecord,
    Json,
    LegRecord,
    RecordingRecord,
    Transcription,
    Webhook,
)
from gateway.switchboard import Switchboard
from gateway.webhooks.payloads import record_event
from media.control import (
    Play,
    PlayDone,
    RecordingDone,
    SalvageRecording,
    StartRecording,
    StopRecording,
)

log = logging.getLogger(__name__)

CLOSE_DEADLINE_S = 10.0


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be recorded, and for whom."""

    application: ApplicationRecord
    command: StartRecording
    """`path` is filled in here: recordings lie in one directory, named by their id alone."""
    leg: LegRecord | None = None
    """The leg that it is of, if not of the whole conversation: the recording ends with it."""
    webhook: Webhook | None = None
    transcription: Transcription | None = None
    by: str | None = None
    """The member whose wish it is."""
    steered: bool = False
    """Wished for by REST, which stops what it started and nothing else."""
    limit_s: float | None = None
    keep_days: float | None = None
    beep_start: bool = False
    beep_stop: bool = False
    also: Json = {}
    """What else its first fact says."""

    @property
    def place(self) -> str:
        """The id of the leg or of the conversation that is recorded."""
        return self.command.room if self.leg is None else self.leg.id


@dataclass(slots=True, eq=False)
class _Running:
    order: Order
    record: RecordingRecord
    done: Callable[[], None]
    event_id: int | None = None
    """Of the fact that it began."""
    limit: asyncio.TimerHandle | None = None
    stopped: bool = False
    """Its end has been asked for."""
    salvaged: bool = False
    """It is only being completed, from what a killed process has left."""


class Recordings:
    """Starts and ends recordings of conversations, and keeps their records."""

    def __init__(
        self,
        switchboard: Switchboard,
        media: MediaPlane,
        directory: Path,
        public_url: str,
        transcripts: Transcripts,
    ) -> None:
        self._beep_path = directory / "beep.wav"
        self._switchboard = switchboard
        self._media = media
        self._transcripts = transcripts
        self._directory = directory
        self._public_url = public_url
        self._running: dict[str, _Running] = {}
        self._finishing: set[asyncio.Task[None]] = set()
        self._beeps: set[asyncio.Task[PlayDone]] = set()
        self._quiet = asyncio.Event()

    async def start(self, order: Order, done: Callable[[], None] = lambda: None) -> EventRecord:
        """Begin a recording: its first fact. `done` is called when it is over. Raises Unavailable.

        Where the disk is nearly full REST is refused, with DiskFull. A script's recording is over then as
        soon as it has begun, and the call goes on.
        """
        command = order.command
        path = self._directory / f"{command.recording}.wav"
        record = RecordingRecord(
            id=command.recording,
            application_id=order.application.id,
            conversation_id=command.room,
            path=str(path),
            format=command.format,
            start_time=self._switchboard.now(),
            event_webhook=order.webhook,
            keep_days=order.keep_days,
            transcription=order.transcription,
        )
        # Runs from now on, so that nobody else records the same room while this is written.
        running = self._running[record.id] = _Running(order, record, done)
        note = Note(type="audio:record", from_=order.by, body=_beginning(order))
        try:
            full = await self._is_full(order)
            (fact,) = await self._switchboard.do(order.application, command.room, note, recordings=[record])
        except BaseException:
            self._running.pop(record.id, None)
            raise
        running.event_id = fact.id
        if full:
            self.on_done(_empty(record, full))
            return fact
        try:
            self._media.record(msgspec.structs.replace(command, path=str(path)))
        except Unavailable as error:
            self.on_done(_empty(record, error.detail))
            raise
        if order.limit_s is not None:
            running.limit = asyncio.get_running_loop().call_later(order.limit_s, self.stop, record.id)
        if order.beep_start:
            self._beep(order, "start")
        return fact

    def go_on(
        self,
        application: ApplicationRecord,
        record: RecordingRecord,
        command: StartRecording,
        done: Callable[[], None] = lambda: None,
    ) -> None:
        """A recording of the last run that has not stopped since. REST may stop those of conversations."""
        order = Order(
            application=application,
            command=command,
            webhook=record.event_webhook,
            transcription=record.transcription,
            steered=command.leg is None,
        )
        self._running[record.id] = _Running(order, record, done)

    def runs(self, recording_id: str) -> bool:
        """Whether it is not over."""
        return recording_id in self._running

    def stop(self, recording_id: str) -> None:
        """End a recording; its RecordingDone comes."""
        running = self._running.get(recording_id)
        if running is None or running.stopped:
            return
        try:
            self._media.send(StopRecording(recording=recording_id))
        except Unavailable as error:
            log.warning("a recording cannot be stopped: %s", error)
            return
        running.stopped = True
        if running.order.beep_stop:
            self._beep(running.order, "stop")

    def stop_all(self, place: str) -> None:
        """End every recording of a conversation as a whole, or of a leg."""
        for running in list(self._running.values()):
            if running.order.place == place:
                self.stop(running.record.id)

    def steered(self, place: str) -> list[str]:
        """What REST has recorded of a conversation, or of a leg."""
        orders = [running.order for running in self._running.values()]
        return [each.command.recording for each in orders if each.steered and each.place == place]

    def is_recording(self, conversation_id: str) -> bool:
        """Whether a recording of the conversation as a whole runs."""
        running = (each for each in self._running.values() if not each.salvaged)
        return any(each.order.place == conversation_id for each in running)

    def on_done(self, notice: RecordingDone) -> None:
        """The worker has the file complete; or it has none, and the notice no path."""
        running = self._running.pop(notice.recording, None)
        if running is not None:
            if running.limit is not None:
                running.limit.cancel()
            task = asyncio.create_task(self._finish(running, notice))
            self._finishing.add(task)
            task.add_done_callback(self._finished)

    def media_lost(self, names: frozenset[str]) -> None:
        """A worker and its memory are gone: what is on the disk is the recording, of those of these names."""
        for running in [each for each in self._running.values() if each.record.id in names]:
            self._salvage(running, "the media worker ended")

    def recover(self, application: ApplicationRecord, record: RecordingRecord) -> None:
        """A recording of the last run: what there is of it is the recording. Or a transcript, still owed."""
        if record.transcript_of is not None:
            self._transcripts.begin(application, record)
            return
        command = StartRecording(
            recording=record.id,
            room=record.conversation_id,
            path=record.path,
            format=cast("Literal['wav', 'mp3', 'ogg']", record.format),
        )
        order = Order(application=application, command=command)
        self._salvage(_Running(order, record, lambda: None), "the gateway was restarted")

    def _salvage(self, running: _Running, reason: str) -> None:
        """Have it completed. Where nobody can do that, it is due again at the next start."""
        record = running.record
        running.salvaged = running.stopped = True
        self._running[record.id] = running
        command = SalvageRecording(
            recording=record.id, path=record.path, format=running.order.command.format, reason=reason
        )
        try:
            self._media.send(command)
        except Unavailable as error:
            log.warning("recording %s has to wait for the next start: %s", record.id, error.detail)
            del self._running[record.id]
            running.done()

    async def close(self) -> None:
        """Wait until the recordings that were stopped are written; not longer than a transcoding takes."""
        if self._running or self._finishing:
            self._quiet.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._quiet.wait(), CLOSE_DEADLINE_S)

    async def _is_full(self, order: Order) -> str:
        """Why the disk takes no recording, if it does not. Raises DiskFull where REST can be told."""
        try:
            await check_room(self._directory)
        except DiskFull as full:
            if order.steered:
                raise
            return full.detail
        return ""

    async def _write_end(self, running: _Running, notice: RecordingDone) -> None:
        """Write that a recording is over: its record, its event, its webhook."""
        application, record = running.order.application, running.record
        now = self._switchboard.now()
        path = Path(notice.path or record.path)
        ended = msgspec.structs.replace(
            record,
            end_time=_end(record, notice.duration_s) if running.salvaged else now,
            path=str(path),
            format=path.suffix.lstrip("."),
            size=notice.size,
            sha256=notice.sha256,
            duration_s=notice.duration_s,
        )
        url = f"{self._public_url}/v1/files/{record.id}"
        body = {
            **_about(running),
            "recording_id": record.id,
            "destination_url": url,
            "format": ended.format,
            "start_time": ended.start_time,
            "end_time": ended.end_time,
            "size": ended.size,
        }
        if ended.sha256:
            body["sha256"] = ended.sha256
        if notice.failed:
            body["error"] = notice.failed
        payload = record_event(ended, url, now)
        delivery = self._switchboard.delivery(application, record.id, record.event_webhook, payload)
        deliveries = [delivery] if delivery is not None else []
        transcript = self._transcripts.owed(ended)
        rows = [ended] if transcript is None else [ended, transcript]
        note = Note(type="audio:record:done", body=body)
        try:
            await self._switchboard.do(
                application, record.conversation_id, note, recordings=rows, deliveries=deliveries
            )
        except NotFound:
            # The conversation is deleted; its recording is not, and neither is the word about it.
            await self._switchboard.keep(rows, deliveries)
        if transcript is not None:
            self._transcripts.begin(application, transcript)

    def _beep(self, order: Order, when: str) -> None:
        """Let those who are recorded know. A beep that nobody can hear any more does no harm."""
        if not self._beep_path.exists():
            make_beep(self._beep_path)
        leg = order.leg
        command = Play(
            play=f"beep at the {when} of {order.command.recording}",
            path=str(self._beep_path),
            leg=None if leg is None else leg.id,
            room=order.command.room if leg is None else None,
        )
        task = asyncio.create_task(self._media.play(command), name=command.play)
        self._beeps.add(task)
        task.add_done_callback(self._beeps.discard)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._finishing.discard(task)
        if not self._running and not self._finishing:
            self._quiet.set()

    async def _finish(self, running: _Running, notice: RecordingDone) -> None:
        try:
            await self._write_end(running, notice)
        except GatewayError:
            log.exception("the end of recording %s is not written", running.record.id)
        running.done()


def _beginning(order: Order) -> Json:
    command = order.command
    body: Json = {
        **order.also,
        "recording_id": command.recording,
        "format": command.format,
        "channels": command.channels,
        "split": command.channels > 1,
        "beep_start": order.beep_start,
        "beep_stop": order.beep_stop,
    }
    return body if order.leg is None else {**body, "channel": channel_of(order.leg)}


def _about(running: _Running) -> Json:
    leg = running.order.leg
    channel = {} if leg is None else {"channel": channel_of(leg)}
    return channel if running.event_id is None else {"event_id": running.event_id, **channel}


def _end(record: RecordingRecord, duration_s: float) -> str:
    """When one ended of which nobody has seen the end."""
    return later(record.start_time, duration_s)


def _empty(record: RecordingRecord, reason: str) -> RecordingDone:
    return RecordingDone(recording=record.id, path="", size=0, duration_s=0.0, channels=1, failed=reason)
