"""Transcripts: owed with the end of a recording, written, told; owed still after a start; forgotten."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.calls import transcripts
from gateway.calls.transcripts import AT_ONCE
from gateway.errors import GatewayError, Unavailable
from gateway.files.door import Files
from gateway.files.forgetting import forget_recording
from gateway.media_plane import CannotTranscribe
from gateway.store.records import Batch, Json, RecordingRecord, Transcription, Webhook
from media.control import Transcribe
from tests.support import records
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import EVENT
from tests.support.switchboard import open_board
from tests.support.waiting import until

pytestmark = pytest.mark.contract

WISHED = "http://shop.example/transcribed"
RECORDED = "http://shop.example/recorded"
CONVERSATION = "CON-4ba41933-04f3-4c78-9da3-0d2ca1a1eb0b"
HOLD = {"action": "conversation", "name": "hold"}


def id_of(number: int) -> str:
    """Of a recording."""
    return f"00000000-0000-4000-8000-{number:012}"


FIRST = id_of(1)
TEXT = json.dumps({"ver": "1.0", "channels": [{"transcript": [{"sentence": "hello"}]}]})


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    (tmp_path / "recordings").mkdir(mode=0o700)
    async with open_exchange(tmp_path) as opened:
        opened.media.understands = hello
        yield opened
        assert list((tmp_path / "listening").iterdir()) == []


async def hello(_command: Transcribe) -> str:
    return TEXT


def told(exchange: Exchange) -> list[Json]:
    return [each for each in exchange.outbox.payloads() if each.get("status") == "transcribed"]


def errors(exchange: Exchange) -> list[Json]:
    return [each for each in exchange.outbox.payloads() if "reason" in each]


def address_of(exchange: Exchange, payload: Json) -> str:
    """Where a webhook went."""
    (delivery,) = (each for each in exchange.outbox.submitted if each.payload is payload)
    return delivery.webhook.address


async def row(exchange: Exchange, id_: str) -> RecordingRecord:
    record = await exchange.store.recording(exchange.application.id, id_)
    assert record is not None
    return record


def ended(exchange: Exchange, directory: Path, name: str = FIRST) -> RecordingRecord:
    """A recording that is over, and is to be transcribed."""
    path = directory / "recordings" / f"{name}.wav"
    path.write_bytes(b"x" * 100)
    return msgspec.structs.replace(
        records.recording(name, records.CREATED),
        application_id=exchange.application.id,
        conversation_id=CONVERSATION,
        path=str(path),
        size=100,
        transcription=Transcription(language="en-GB", webhook=Webhook(address=WISHED)),
    )


async def owing(exchange: Exchange, directory: Path, name: str = FIRST) -> RecordingRecord:
    """The transcript that is owed to one, begun."""
    recording = ended(exchange, directory, name)
    transcript = exchange.transcripts.owed(recording)
    assert transcript is not None
    await exchange.store.commit(Batch(recordings=[recording, transcript]))
    exchange.transcripts.begin(exchange.application, transcript)
    return transcript


@pytest.mark.parametrize(
    ("options", "language", "address"),
    [
        ({}, "en-US", RECORDED),
        ({"language": "en-AU", "sentimentAnalysis": True}, "en-AU", RECORDED),
        ({"eventUrl": [WISHED], "eventMethod": "GET"}, "en-US", WISHED),
    ],
)
async def test_a_recording_is_transcribed_when_it_is_over(
    exchange: Exchange, options: Json, language: str, address: str
) -> None:
    record = {"action": "record", "endOnKey": "#", "eventUrl": [RECORDED], "transcription": options}
    leg_id = await exchange.answered_call_in(record, HOLD)
    await until(lambda: exchange.media.recording, "the recording")
    (recording_id,) = exchange.media.recording
    assert not exchange.media.transcribing
    exchange.calls.digit(leg_id, "#", 100)
    await until(lambda: told(exchange), "the transcript")
    (command,) = exchange.media.transcribing
    recording = await row(exchange, recording_id)
    assert (command.language, command.path) == (language, recording.path)
    (payload,) = told(exchange)
    transcript = await row(exchange, recording.transcript_id)
    assert payload == {
        "conversation_uuid": recording.conversation_id,
        "type": "record",
        "recording_uuid": recording_id,
        "status": "transcribed",
        "transcription_url": f"http://gateway.example/v1/files/{transcript.id}",
    }
    assert address_of(exchange, payload) == address
    assert (transcript.format, transcript.size, transcript.keep_days) == ("json", len(TEXT), None)
    assert content(transcript.path) == TEXT


def content(path: str) -> str | None:
    """Of a file, if there is one."""
    return Path(path).read_text() if path and Path(path).exists() else None


async def test_a_conversations_recording_is_transcribed(exchange: Exchange) -> None:
    room = {**HOLD, "record": True, "transcription": {"eventUrl": [WISHED]}}
    leg_id = await exchange.answered_call_in(room)
    await until(lambda: exchange.media.recording, "the recording")
    exchange.peer_ends(leg_id)
    await until(lambda: told(exchange), "the transcript")
    assert address_of(exchange, told(exchange)[0]) == WISHED


async def test_nothing_is_transcribed_unasked_or_where_nothing_was_recorded(
    exchange: Exchange, tmp_path: Path
) -> None:
    recording = ended(exchange, tmp_path)
    assert exchange.transcripts.owed(msgspec.structs.replace(recording, transcription=None)) is None
    assert exchange.transcripts.owed(msgspec.structs.replace(recording, size=0)) is None


async def test_a_recording_that_cannot_be_transcribed_is_told(exchange: Exchange, tmp_path: Path) -> None:
    async def refuse(_command: Transcribe) -> GatewayError:
        return CannotTranscribe("Klingon is not understood")

    exchange.media.understands = refuse
    transcript = await owing(exchange, tmp_path)
    await until(lambda: errors(exchange), "the error")
    (payload,) = errors(exchange)
    assert payload["reason"] == f"transcription of recording {FIRST}: Klingon is not understood"
    assert address_of(exchange, payload) == EVENT
    after = await row(exchange, transcript.id)
    assert (after.path, after.end_time is not None) == ("", True)
    assert not told(exchange)


async def test_a_hearing_process_that_dies_is_asked_again(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcripts, "PAUSE_S", 0)
    answers: list[str | GatewayError] = [Unavailable("the hearing process died"), TEXT]

    async def answer(_command: Transcribe) -> str | GatewayError:
        return answers.pop(0)

    exchange.media.understands = answer
    await owing(exchange, tmp_path)
    await until(lambda: told(exchange), "the transcript")


async def test_a_recording_that_kills_who_listens_is_given_up(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcripts, "PAUSE_S", 0)

    async def die(_command: Transcribe) -> GatewayError:
        return Unavailable("the hearing process died")

    exchange.media.understands = die
    await owing(exchange, tmp_path)
    await until(lambda: errors(exchange), "the error")
    assert len(exchange.media.transcribing) == transcripts.ATTEMPTS


class Held:
    """Transcripts that are ready when the test says so."""

    def __init__(self, exchange: Exchange) -> None:
        self.ready = asyncio.Event()
        exchange.media.understands = self._wait

    async def _wait(self, _command: Transcribe) -> str:
        await self.ready.wait()
        return TEXT


async def test_only_a_few_are_written_at_once(exchange: Exchange, tmp_path: Path) -> None:
    held = Held(exchange)
    for number in range(AT_ONCE + 3):
        await owing(exchange, tmp_path, id_of(number))
    await until(lambda: len(exchange.media.transcribing) == AT_ONCE)
    await asyncio.sleep(0)
    assert len(exchange.media.transcribing) == AT_ONCE
    held.ready.set()
    await until(lambda: len(told(exchange)) == AT_ONCE + 3)


async def test_only_so_many_wait(exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "MAX_WAITING", 2)
    held = Held(exchange)
    rows = [await owing(exchange, tmp_path, id_of(number)) for number in range(3)]
    held.ready.set()
    await until(lambda: len(told(exchange)) == 2)
    assert (await row(exchange, rows[2].id)).end_time is None, "it is owed still"


async def test_a_recording_that_is_forgotten_takes_its_transcript_along(
    exchange: Exchange, tmp_path: Path
) -> None:
    transcript = await owing(exchange, tmp_path)
    await until(lambda: told(exchange), "the transcript")
    await forget_recording(exchange.store, Files(tmp_path), await row(exchange, FIRST))
    assert content(transcript.path) is None
    assert [(await row(exchange, id_)).path for id_ in (FIRST, transcript.id)] == ["", ""]
    assert await exchange.store.medium(transcript.id) is None


async def test_what_is_forgotten_while_it_is_being_transcribed_stays_forgotten(
    exchange: Exchange, tmp_path: Path
) -> None:
    held = Held(exchange)
    transcript = await owing(exchange, tmp_path)
    await until(lambda: exchange.media.transcribing, "the transcriber")
    await forget_recording(exchange.store, Files(tmp_path), await row(exchange, FIRST))
    held.ready.set()
    await until(lambda: not exchange.transcripts, "the end of it")
    assert content(transcript.path) is None
    assert not told(exchange)
    assert not errors(exchange)
    assert await exchange.store.open_recordings() == []


async def test_what_a_killed_gateway_owed_is_due_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir(mode=0o700)
    async with open_board(tmp_path) as board:
        before = Exchange(board, tmp_path)
        await board.store.save_application(before.application)
        Held(before)
        transcript = await owing(before, tmp_path)
        await until(lambda: before.media.transcribing, "the transcriber")
        await before.transcripts.close()
        assert not told(before)

        after = Exchange(board, tmp_path)
        after.media.understands = hello
        await after.recover()
        await until(lambda: told(after), "the transcript")
        assert content(transcript.path) == TEXT
        assert await board.store.open_recordings() == []
        await after.transcripts.close()


async def test_after_the_end_nothing_is_begun(exchange: Exchange, tmp_path: Path) -> None:
    await exchange.transcripts.close()
    transcript = await owing(exchange, tmp_path)
    assert not exchange.transcripts
    assert (await row(exchange, transcript.id)).end_time is None


def test_a_transcript_has_one_id_for_ever() -> None:
    """It is known before there is one, so that whoever forgets the recording finds it."""
    first, second = records.recording("rec-1"), records.recording("rec-2")
    assert first.transcript_id == records.recording("rec-1").transcript_id != second.transcript_id
