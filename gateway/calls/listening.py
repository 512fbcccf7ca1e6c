"""What scripts listen to: from the wish to what the webhook says, the facts and the file.

What callers say is content: it goes into facts, webhooks and files, and nowhere else.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.calls.ears import Ear, Ears
from gateway.conversation.commands import Note
from gateway.conversation.leg import channel_of
from gateway.errors import GatewayError, NotFound
from gateway.media_plane import Heard
from gateway.ncco.effects import Listen
from gateway.ncco.happenings import SpeechEnded, SpeechStarted
from gateway.store.records import Json, LegRecord, RecordingRecord, Webhook
from gateway.switchboard import Switchboard
from gateway.webhooks.payloads import error_event, leg_event
from media.control import (
    ListenForSpeech,
    ListeningFailed,
    RecordingDone,
    SpeechBegan,
    SpeechHeard,
    SpeechPartial,
)

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg

MAX_PARTIALS = 300
"""Webhooks about one speech while it lasts: five a second of the longest."""

TIMEOUT_REASONS = {"silence": "end_on_silence_timeout", "max_duration": "max_duration"}


@dataclass(slots=True, eq=False)
class _Listening:
    """One wish of a script, while it is being listened to."""

    wish: Listen
    leg: "LiveLeg"
    """Whose script it is."""
    speaker: LegRecord
    ear: Ear
    began: str
    partials: int = 0


class Listenings:
    """Listens for scripts."""

    def __init__(self, switchboard: Switchboard, ears: Ears, kept: Path, public_url: str) -> None:
        """`kept` is where the files go that are to be kept."""
        self._switchboard = switchboard
        self._ears = ears
        self._kept = kept
        self._public_url = public_url
        self._running: dict[str, _Listening] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._running)

    async def start(self, wish: Listen, leg: "LiveLeg") -> None:
        """Begin to listen. What comes of it, a refusal too, is told to the leg."""
        try:
            speaker = _speaker(wish, leg)
            ear = self._ears.open(wish.listening, speaker.id)
        except GatewayError as error:
            await self._refuse(wish, leg, error.detail)
            return
        one = _Listening(wish, leg, speaker, ear, self._switchboard.now())
        self._running[wish.listening] = one
        try:
            self._ears.listen(ear, _command(wish, ear), lambda heard: self._heard(one, heard))
        except GatewayError as error:
            self._end(one)
            await self._refuse(wish, leg, error.detail)

    async def stop(self, listening: str, *, nobody_spoke: bool) -> None:
        """Listen no more, and let the file go; that nobody spoke becomes a fact."""
        one = self._running.get(listening)
        if one is None:
            return
        self._end(one)
        if nobody_spoke:
            await self._write(one, [_done(one, {"results": [], "timeout_reason": "start_timeout"})])

    def _end(self, one: _Listening) -> None:
        self._running.pop(one.wish.listening, None)
        self._ears.drop(one.ear)

    def _heard(self, one: _Listening, heard: Heard) -> None:
        match heard:
            case SpeechBegan():
                one.leg.tell(SpeechStarted(listening=one.wish.listening))
            case SpeechPartial(text=text) if one.partials < MAX_PARTIALS:
                one.partials += 1
                one.leg.pending.run(self._tell_partial(one, text))
            case SpeechHeard():
                one.leg.pending.run(self._finish(one, heard))
            case ListeningFailed(reason=reason):
                one.leg.pending.run(self._finish(one, SpeechHeard(listening=heard.listening, failed=reason)))
            case _:
                return

    async def _finish(self, one: _Listening, heard: SpeechHeard) -> None:
        """Write what was heard and keep the file, if it is wished for; then tell the script."""
        try:
            done = await self._ears.stop(one.ear)
            if one.wish.listening not in self._running:
                return
            kept = self._record(one, done) if one.wish.save_audio and done is not None else None
            notes = [_done(one, _asr(heard))]
            if kept is not None:
                notes.append(_recorded(one, kept, self._url(kept)))
            await self._write(one, notes, kept)
            if kept is not None:
                # In this order no file is left that nobody knows of.
                with contextlib.suppress(FileNotFoundError):
                    one.ear.path.replace(kept.path)
        finally:
            self._end(one)
        if heard.failed:
            await self._report(one.leg, heard.failed)
        speech = _speech(heard)
        if kept is not None:
            speech["recording_url"] = self._url(kept)
        one.leg.tell(SpeechEnded(listening=one.wish.listening, speech=speech))

    async def _write(
        self, one: _Listening, notes: list[Note], recording: RecordingRecord | None = None
    ) -> None:
        recordings = [] if recording is None else [recording]
        try:
            await self._switchboard.do(
                one.leg.application, one.leg.record.conversation_id, *notes, recordings=recordings
            )
        except NotFound:
            # The conversation is deleted; the file is kept all the same.
            await self._switchboard.keep(recordings, [])

    async def _tell_partial(self, one: _Listening, text: str) -> None:
        leg, wish = one.leg, one.wish
        said = {"speech": {"partial": True, "results": [{"text": text}]}}
        payload = leg_event(leg.record, said, self._switchboard.now())
        stream = f"{leg.record.id}/{wish.listening}"
        await self._post(leg, stream, wish.webhook or leg.record.event_webhook, payload)

    async def _refuse(self, wish: Listen, leg: "LiveLeg", reason: str) -> None:
        await self._report(leg, reason)
        leg.tell(SpeechEnded(listening=wish.listening, speech={"error": reason, "results": []}))

    async def _report(self, leg: "LiveLeg", reason: str) -> None:
        record = leg.record
        payload = error_event(f"input.speech: {reason}", record.conversation_id, self._switchboard.now())
        await self._post(leg, record.id, record.event_webhook, payload)

    async def _post(self, leg: "LiveLeg", stream: str, webhook: Webhook | None, payload: Json) -> None:
        delivery = self._switchboard.delivery(leg.application, stream, webhook, payload)
        if delivery is not None:
            await self._switchboard.do(leg.application, leg.record.conversation_id, deliveries=[delivery])

    def _record(self, one: _Listening, done: RecordingDone) -> RecordingRecord:
        return RecordingRecord(
            id=one.wish.listening,
            application_id=one.leg.application.id,
            conversation_id=one.leg.record.conversation_id,
            path=str(self._kept / one.ear.path.name),
            format="wav",
            start_time=one.began,
            end_time=self._switchboard.now(),
            size=done.size,
            sha256=done.sha256,
            duration_s=done.duration_s,
        )

    def _url(self, recording: RecordingRecord) -> str:
        return f"{self._public_url}/v1/files/{recording.id}"


def _speaker(wish: Listen, leg: "LiveLeg") -> LegRecord:
    """Who is listened to: the leg itself, or another one of its conversation. Raises NotFound."""
    if wish.leg is None or wish.leg == leg.record.id:
        return leg.record
    other = leg.legs.find(wish.leg)
    if other is None or other.record.conversation_id != leg.record.conversation_id:
        raise NotFound("no such leg is in the conversation")
    return other.record


def _command(wish: Listen, ear: Ear) -> ListenForSpeech:
    return ListenForSpeech(
        listening=wish.listening,
        path=str(ear.path),
        language=wish.language,
        context=wish.context,
        end_on_silence_s=wish.end_on_silence_s,
        max_duration_s=wish.max_duration_s,
        sensitivity=wish.sensitivity,
        partial=wish.partial,
    )


def _speech(heard: SpeechHeard) -> Json:
    """What the webhook says (Voice API, webhook reference)."""
    if heard.failed:
        return {"error": heard.failed, "results": []}
    results = [{"text": each.text, "confidence": _confidence(each.confidence)} for each in heard.results]
    return {"timeout_reason": TIMEOUT_REASONS[heard.ended_by], "results": results}


def _asr(heard: SpeechHeard) -> Json:
    """The same as the event says it (Conversation API, events)."""
    if heard.failed:
        return {"error": heard.failed, "results": []}
    results = [{"word": each.text, "confidence": _confidence(each.confidence)} for each in heard.results]
    return {"timeout_reason": TIMEOUT_REASONS[heard.ended_by], "results": results}


def _confidence(value: float) -> str:
    """0 to 1, as text."""
    return f"{value:.7f}".rstrip("0").rstrip(".")


def _done(one: _Listening, asr: Json) -> Note:
    return _note(one, "audio:asr:done", asr)


def _recorded(one: _Listening, recording: RecordingRecord, url: str) -> Note:
    kept: Json = {
        "destination_url": url,
        "format": recording.format,
        "start_time": recording.start_time,
        "end_time": recording.end_time,
        "size": recording.size,
        "media_service_uuid": recording.id,
    }
    return _note(one, "audio:asr:record:done", kept)


def _note(one: _Listening, type_: str, asr: Json) -> Note:
    ids = {"asr_id": one.wish.listening, "call_id": one.speaker.id}
    body = {"channel": channel_of(one.speaker), "asr": {**ids, **asr}}
    return Note(type=type_, from_=one.speaker.member_id, body=body, belated=True)
