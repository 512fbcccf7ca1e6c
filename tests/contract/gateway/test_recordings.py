"""Recordings and recovery: from the command to the event, the webhook and the record."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from gateway.calls.recordings import Order
from gateway.calls.recovery import REASON
from gateway.clock import later
from gateway.conversation.commands import AnswerLeg, StartLeg
from gateway.errors import Unavailable
from gateway.files.space import DiskFull
from gateway.ports import NewConversation
from gateway.store.records import Batch, EventRecord, Json, RecordingRecord
from media.control import RecordingDone, StartRecording
from tests.support import records
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import SHA256, Everything
from tests.support.switchboard import open_board
from tests.support.waiting import until

pytestmark = pytest.mark.contract

RECORD = {"action": "record", "eventUrl": ["http://shop.example/recorded"]}
ROOM = {"action": "conversation", "name": "lobby"}
THANKS = {"action": "talk", "text": "thanks"}


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        yield opened


async def recording_of(exchange: Exchange, count: int = 1) -> StartRecording:
    """Wait until so many recordings run; the last of them."""
    await until(lambda: len(exchange.media.recording) == count, "the recording")
    return list(exchange.media.recording.values())[-1]


def recorded(exchange: Exchange) -> list[Json]:
    return [payload for payload in exchange.outbox.payloads() if "recording_url" in payload]


async def stored(exchange: Exchange, recording_id: str) -> RecordingRecord:
    record = await exchange.store.recording(exchange.application.id, recording_id)
    assert record is not None
    return record


async def test_a_recording_lasts_until_its_call_ends(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(RECORD, THANKS)
    command = await recording_of(exchange)
    running = await stored(exchange, command.recording)
    assert (running.end_time, running.format) == (None, "mp3")
    exchange.peer_ends(leg_id)
    await until(lambda: recorded(exchange))
    (payload,) = recorded(exchange)
    assert payload["recording_url"] == f"http://gateway.example/v1/files/{command.recording}"
    assert payload["size"] == 320
    (delivery,) = (each for each in exchange.outbox.submitted if each.payload is payload)
    assert delivery.webhook.address == "http://shop.example/recorded"
    done = await stored(exchange, command.recording)
    assert done.end_time is not None
    assert Path(done.path).suffix == ".mp3"
    facts = await exchange.store.log(done.conversation_id)
    assert [fact.type for fact in facts].count("audio:record") == 1
    (fact,) = (fact for fact in facts if fact.type == "audio:record:done")
    assert (fact.body["size"], fact.body["sha256"], done.sha256) == (320, SHA256, SHA256)


async def test_a_key_ends_a_recording_and_its_action(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(
        {**RECORD, "endOnKey": "#"}, {"action": "talk", "text": "thanks"}
    )
    await recording_of(exchange)
    exchange.calls.digit(leg_id, "#", 100)
    await exchange.playing("thanks")
    assert len(recorded(exchange)) == 1


async def test_silence_ends_a_recording_and_its_action(exchange: Exchange) -> None:
    await exchange.answered_call_in({**RECORD, "endOnSilence": 3, "endOnKey": "#"}, THANKS)
    command = await recording_of(exchange)
    assert command.end_on_silence_s == 3
    exchange.media.finish_recording(command.recording)
    await exchange.playing("thanks")
    assert len(recorded(exchange)) == 1


async def test_who_is_recorded_hears_a_beep_first(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in({**RECORD, "beepStart": True}, THANKS)
    command = await recording_of(exchange)
    await until(lambda: any(play.startswith("beep at the start") for play in exchange.media.playing))
    begun = [fact for fact in await exchange.store.log(command.room) if fact.type == "audio:record"]
    assert [fact.body["beep_start"] for fact in begun] == [True]
    exchange.media.end_plays()
    exchange.peer_ends(leg_id)
    await exchange.until_gone(leg_id)


async def test_a_recording_that_is_refused_is_over(exchange: Exchange) -> None:
    await exchange.answered_call_in({**RECORD, "endOnKey": "#"}, THANKS)
    command = await recording_of(exchange)
    del exchange.media.recording[command.recording]
    exchange.calls.recording_done(
        RecordingDone(
            recording=command.recording, path="", size=0, duration_s=0.0, channels=1, failed="no such room"
        )
    )
    await exchange.playing("thanks")
    record = await stored(exchange, command.recording)
    assert (record.size, Path(record.path).stem) == (0, command.recording)


async def test_a_room_is_recorded_once_until_the_last_has_left(exchange: Exchange) -> None:
    room = {**ROOM, "record": True}
    one, two = await exchange.answered_call_in(room), await exchange.answered_call_in(room)
    await recording_of(exchange)
    await until(lambda: len(exchange.switchboard.legs(_where(exchange, one))) == 2)
    exchange.peer_ends(one)
    await exchange.until_gone(one)
    assert len(exchange.media.recording) == 1
    exchange.peer_ends(two)
    await until(lambda: recorded(exchange))
    assert len(recorded(exchange)) == 1


async def test_a_room_is_being_recorded_from_the_moment_when_it_is_asked_for(exchange: Exchange) -> None:
    leg = await exchange.leg(await exchange.answered_call_in(ROOM))
    exchange.store.asked.clear()
    exchange.store.may_write.clear()
    command = StartRecording(recording="rec-1", room=leg.conversation_id, path="")
    order = Order(application=exchange.application, command=command)
    starting = asyncio.create_task(exchange.recordings.start(order))
    await exchange.store.asked.wait()
    assert exchange.recordings.is_recording(leg.conversation_id)
    exchange.store.refusal = Unavailable("a full disk")
    exchange.store.may_write.set()
    with pytest.raises(Unavailable):
        await starting
    exchange.store.refusal = None
    assert not exchange.recordings.is_recording(leg.conversation_id)


def _where(exchange: Exchange, leg_id: str) -> str:
    leg = exchange.calls.find(leg_id)
    assert leg is not None
    return leg.record.conversation_id


async def test_a_worker_that_cannot_record_ends_the_call(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(ROOM)
    leg = await exchange.leg(leg_id)
    exchange.media.dead = True
    command = StartRecording(recording="rec-1", room=leg.conversation_id, path="")
    order = Order(application=exchange.application, command=command)
    with pytest.raises(Unavailable):
        await exchange.recordings.start(order)
    await until(lambda: recorded(exchange))
    assert not exchange.recordings.is_recording(leg.conversation_id)


async def test_the_workers_death_salvages_what_was_written(exchange: Exchange, tmp_path: Path) -> None:
    leg_id = await exchange.answered_call_in(RECORD, THANKS)
    command = await recording_of(exchange)
    exchange.calls.media_lost(Everything())
    (salvage,) = exchange.media.salvaging
    assert (salvage.recording, salvage.format) == (command.recording, "mp3")
    assert salvage.path == str(tmp_path / f"{command.recording}.wav")
    exchange.media.finish_salvage()
    await until(lambda: recorded(exchange))
    await exchange.until_gone(leg_id)
    record = await stored(exchange, command.recording)
    assert (record.size, record.duration_s, record.format, record.sha256) == (100, 1.5, "mp3", SHA256)
    assert record.end_time == later(record.start_time, 1.5), "nobody saw when it ended"
    (fact,) = await done_facts(exchange, command.room)
    assert fact.body["error"] == "the media worker ended"


async def test_what_nobody_can_salvage_waits_for_the_next_start(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(RECORD, THANKS)
    command = await recording_of(exchange)
    exchange.media.dead = True
    exchange.calls.media_lost(Everything())
    await exchange.until_gone(leg_id)
    assert not recorded(exchange)
    assert [record.id for record in await exchange.store.open_recordings()] == [command.recording]


async def done_facts(exchange: Exchange, conversation_id: str) -> list[EventRecord]:
    facts = await exchange.store.log(conversation_id)
    return [fact for fact in facts if fact.type == "audio:record:done"]


async def test_a_script_goes_on_without_a_recording_on_a_full_disk(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(monkeypatch, free=4)
    await exchange.answered_call_in({**RECORD, "endOnKey": "#"}, THANKS)
    await exchange.playing("thanks")
    assert exchange.media.recording == {}
    (payload,) = recorded(exchange)
    assert payload["size"] == 0
    (fact,) = await done_facts(exchange, payload["conversation_uuid"])
    assert "less than 5% free" in fact.body["error"]


async def test_rest_is_refused_a_recording_on_a_full_disk_until_there_is_room(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg = await exchange.leg(await exchange.answered_call_in(ROOM))
    fill(monkeypatch, free=4)
    command = StartRecording(recording="rec-1", room=leg.conversation_id, path="")
    order = Order(application=exchange.application, command=command, steered=True)
    with pytest.raises(DiskFull, match="less than 5% free"):
        await exchange.recordings.start(order)
    assert not exchange.recordings.is_recording(leg.conversation_id)
    assert await exchange.store.open_recordings() == []
    fill(monkeypatch, free=6)
    await exchange.recordings.start(order)
    assert list(exchange.media.recording) == ["rec-1"]


def fill(monkeypatch: pytest.MonkeyPatch, *, free: int) -> None:
    """Leave so many of a hundred blocks of the disk free; five more are for root alone."""
    blocks = {"f_blocks": 105, "f_bfree": free + 5, "f_bavail": free}
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(**blocks))


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_start_ends_what_the_last_run_left_open(tmp_path: Path, *, deleted: bool) -> None:
    async with open_board(tmp_path) as board:
        exchange = Exchange(board, tmp_path)
        await board.store.save_application(exchange.application)
        user = board.user()
        opened = await exchange.switchboard.open(exchange.application, NewConversation(), users=[user])
        answered, ringing = board.leg(opened.id, user), board.leg(opened.id, user)
        for leg in (answered, ringing):
            await exchange.switchboard.do(exchange.application, opened.id, StartLeg(leg=leg, user=user))
        await exchange.switchboard.do(
            exchange.application, opened.id, AnswerLeg(leg_id=answered.id, dialog={"call_id": "x"})
        )
        lost = msgspec.structs.replace(
            records.recording("rec-1"), conversation_id=opened.id, path=str(tmp_path / "rec-1.wav")
        )
        stray = msgspec.structs.replace(records.recording("rec-2"), application_id="app-none")
        await board.store.commit(Batch(recordings=[stray, lost]))
        if deleted:
            await board.store.delete_application(exchange.application.id)

        again = Exchange(board, tmp_path)
        assert await again.recover() == [{"call_id": "x"}]
        assert not recorded(again)
        again.media.finish_salvage()
        await until(lambda: recorded(again))
        for leg, status in ((answered, "completed"), (ringing, "failed")):
            after = await again.leg(leg.id)
            assert (after.status, after.reason) == (status, REASON)
            assert again.outbox.statuses(leg.id)[-1] == "completed"
        assert (await stored(again, "rec-1")).size == 100
        assert [record.id for record in await board.store.open_recordings()] == ["rec-2"]
        assert len(recorded(again)) == 1
        rows = await board.in_store(opened.id)
        assert {member.state for member in rows.members.values()} == {"LEFT"}
