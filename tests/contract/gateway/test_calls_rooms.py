"""Moderated rooms: who waits with music, who starts a conversation, and who ends it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.calls.messages import Given, Started
from gateway.ncco.schema import read_ncco
from gateway.store.records import Json
from media.control import Join, Leave, Restrict, StartRecording
from tests.support.exchange import Exchange, open_exchange
from tests.support.waiting import until

pytestmark = pytest.mark.contract

MUSIC = "http://shop.example/music.mp3"
ROOM: Json = {"action": "conversation", "name": "lobby"}
ATTENDEE: Json = {**ROOM, "startOnEnter": False, "musicOnHoldUrl": [MUSIC]}


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        opened.files[MUSIC] = b"music"
        await opened.switchboard.named(opened.application, "lobby")
        yield opened


async def room_id(exchange: Exchange) -> str:
    room = await exchange.store.conversation_by_name(exchange.application.id, "lobby")
    assert room is not None
    return room.id


async def attendee(exchange: Exchange, *actions: Json) -> str:
    """A leg that waits in the room."""
    before = len(exchange.media.playing)
    leg_id = await exchange.answered_call_in(*(actions or (ATTENDEE,)))
    await until(lambda: len(exchange.media.playing) > before, "the music")
    return leg_id


async def until_joined(exchange: Exchange, *legs: str) -> None:
    """Wait until these are mixed with the room."""
    room = await room_id(exchange)
    await until(
        lambda: all(Join(leg=leg_id, room=room) in exchange.media.sent for leg_id in legs),
        f"{legs} in the room",
    )


async def test_attendees_hear_music_until_a_moderator_enters(exchange: Exchange) -> None:
    waiting = [await attendee(exchange), await attendee(exchange)]
    room = await room_id(exchange)
    assert {each.room for each in exchange.media.sent if isinstance(each, Join)}.isdisjoint({room})
    assert {each.leg for each in exchange.media.sent if isinstance(each, Leave)} == set(waiting)
    moderator = await exchange.answered_call_in(ROOM)
    await until_joined(exchange, moderator, *waiting)
    await until(lambda: not exchange.media.playing, "the end of the music")


async def test_who_comes_after_the_moderator_does_not_wait(exchange: Exchange) -> None:
    await until_joined(exchange, await exchange.answered_call_in(ROOM))
    late = await exchange.answered_call_in(ATTENDEE)
    await until_joined(exchange, late)
    assert not exchange.media.playing


async def test_a_conversation_that_emptied_has_to_be_started_again(exchange: Exchange) -> None:
    moderator = await exchange.answered_call_in(ROOM)
    await until_joined(exchange, moderator)
    exchange.peer_ends(moderator)
    await exchange.until_gone(moderator)
    await attendee(exchange)


async def test_who_goes_elsewhere_waits_no_more(exchange: Exchange) -> None:
    leg_id = await attendee(exchange)
    await exchange.calls.transfer(exchange.application, leg_id, ncco=())
    await until(lambda: not exchange.media.playing, "the end of the music")
    await exchange.until_gone(leg_id)


@pytest.mark.parametrize("music", [None, MUSIC], ids=["silence", "a text instead of an array"])
async def test_who_waits_without_music_waits_too(exchange: Exchange, music: str | None) -> None:
    action = {**ROOM, "startOnEnter": False} | ({} if music is None else {"musicOnHoldUrl": music})
    leg_id = await exchange.answered_call_in(action)
    await until(lambda: Leave(leg=leg_id) in exchange.media.sent)
    await until_joined(exchange, await exchange.answered_call_in(ROOM), leg_id)


async def test_the_recording_starts_with_the_conversation(exchange: Exchange) -> None:
    await attendee(exchange, {**ATTENDEE, "record": True})
    assert not exchange.media.recording
    await exchange.answered_call_in(ROOM)
    await until(lambda: exchange.media.recording, "the recording")
    (command,) = [each for each in exchange.media.sent if isinstance(each, StartRecording)]
    assert (command.room, command.format) == (await room_id(exchange), "mp3")


async def test_a_recording_that_was_stopped_is_not_started_again(exchange: Exchange) -> None:
    """By a second moderator, who has started the conversation at the same moment."""
    leg_id = await attendee(exchange, {**ATTENDEE, "record": True})
    await exchange.answered_call_in(ROOM)
    await until(lambda: exchange.media.recording, "the recording")
    leg, room = exchange.calls.find(leg_id), await room_id(exchange)
    assert leg is not None
    exchange.recordings.stop_all(room)
    await until(lambda: not exchange.recordings.is_recording(room), "the end of the recording")
    leg.tell(Started(conversation_id=room))
    await exchange.calls.set_audio(exchange.application.id, leg_id, muted=True)
    await until(lambda: leg.record.muted, "what was told after it")
    assert len([each for each in exchange.media.sent if isinstance(each, StartRecording)]) == 1


async def test_the_exit_of_a_moderator_ends_the_conversation(exchange: Exchange) -> None:
    waiting = await attendee(exchange)
    moderator = await exchange.answered_call_in({**ROOM, "endOnExit": True})
    await until_joined(exchange, moderator, waiting)
    exchange.peer_ends(moderator)
    await exchange.until_gone(waiting)


async def test_who_would_end_the_conversation_ends_no_other(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in({**ROOM, "endOnExit": True})
    await until_joined(exchange, leg_id)
    await exchange.calls.transfer(exchange.application, leg_id)
    other = exchange.calls.find(leg_id)
    assert other is not None
    await until(lambda: other.entered is None)


def restricted(exchange: Exchange, leg_id: str) -> list[Restrict]:
    """What the media worker was told of who hears a leg and whom it hears."""
    return [each for each in exchange.media.sent if isinstance(each, Restrict) and each.leg == leg_id]


@pytest.mark.row("conversation.canSpeak", "conversation.canHear")
async def test_a_leg_is_restricted_before_anybody_can_hear_it(exchange: Exchange) -> None:
    agent = await exchange.answered_call_in(ROOM)
    coach = await exchange.answered_call_in({**ROOM, "canSpeak": [agent], "canHear": []})
    await until_joined(exchange, agent, coach)
    assert restricted(exchange, agent) == [Restrict(leg=agent)]
    (restrict,) = restricted(exchange, coach)
    assert (restrict.heard_by, restrict.hears) == ((agent,), ())
    joined = Join(leg=coach, room=await room_id(exchange))
    assert exchange.media.sent.index(restrict) < exchange.media.sent.index(joined)


async def test_who_is_transferred_is_restricted_no_more(exchange: Exchange) -> None:
    coach = await exchange.answered_call_in({**ROOM, "canSpeak": []})
    await until_joined(exchange, coach)
    await exchange.calls.transfer(exchange.application, coach, ncco=())
    await exchange.until_gone(coach)
    assert restricted(exchange, coach)[-1] == Restrict(leg=coach)


@pytest.mark.row("transfer.canSpeak", "transfer.canHear")
async def test_a_transfer_restricts_the_leg_whose_script_it_is(exchange: Exchange) -> None:
    there = await room_id(exchange)
    other = {**ROOM, "name": "elsewhere", "canHear": []}
    companion = await exchange.answered_call_in(other)
    mover = await exchange.answered_call_in(other)
    await until(lambda: len(restricted(exchange, mover)) == 1)
    script = [{"action": "transfer", "conversationId": there, "canSpeak": [companion]}]
    leg = exchange.calls.find(mover)
    assert leg is not None
    leg.tell(Given(ncco=read_ncco(script)))
    await until_joined(exchange, mover, companion)
    assert restricted(exchange, mover)[-1] == Restrict(leg=mover, heard_by=(companion,))
    assert restricted(exchange, companion)[-1] == Restrict(leg=companion)


async def test_a_transfer_to_where_the_leg_is_already_leaves_the_others_alone(exchange: Exchange) -> None:
    companion = await exchange.answered_call_in({**ROOM, "mute": True})
    mover = await exchange.answered_call_in(ROOM)
    await until_joined(exchange, companion, mover)
    moving, staying = exchange.calls.find(mover), exchange.calls.find(companion)
    assert moving is not None
    assert staying is not None
    script = [{"action": "transfer", "conversationId": await room_id(exchange)}]
    moving.tell(Given(ncco=read_ncco(script)))
    for leg in (moving, staying):
        await exchange.calls.set_audio(exchange.application.id, leg.record.id, earmuffed=True)
        await until(lambda: leg.record.earmuffed, "what was told after it")  # noqa: B023 - awaited at once
    assert staying.record.muted
