"""The switchboard on a real store: append, then act."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway import followers, live_conversations
from gateway.conversation.client_events.chat import TextBody
from gateway.conversation.commands import AnswerLeg, EndLeg, Note, PressDigit, RingLeg, StartLeg
from gateway.conversation.events import PRIVATE
from gateway.errors import Conflict, Invalid, NotFound, Unavailable
from gateway.ports import NewConversation, NewEvent
from gateway.resources.events import EventResource
from gateway.resources.live_audio import LiveAudio
from gateway.states import IllegalTransition
from gateway.store.records import ApplicationRecord, Batch, EventRecord, LegRecord
from tests.support import records
from tests.support.api import NotedCalls, NotedStudio
from tests.support.switchboard import Board, open_board, state, to_event_url
from tests.support.waiting import until

pytestmark = pytest.mark.contract

HELLO = Note(type="text", body={"text": "hello"})


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[Board]:
    async with open_board(tmp_path) as opened:
        yield opened


async def started(board: Board, *, direction: str = "inbound") -> LegRecord:
    """A leg in a conversation of its own."""
    user = board.user()
    conversation_id = board.ids.conversation()
    leg = board.leg(conversation_id, user, direction=direction)
    await board.switchboard.open(
        board.application,
        NewConversation(),
        StartLeg(leg=leg, user=user),
        conversation_id=conversation_id,
        users=[user],
    )
    return board.switchboard.leg(conversation_id, leg.id)


def digit(leg: LegRecord) -> PressDigit:
    return PressDigit(leg_id=leg.id, digit="1", duration_ms=100, dtmf_id="1")


async def test_a_command_is_in_log_rows_and_memory(board: Board) -> None:
    leg = await started(board)
    facts = await board.switchboard.do(
        board.application, leg.conversation_id, AnswerLeg(leg_id=leg.id, dialog={"call_id": "x"})
    )
    assert (await board.store.log(leg.conversation_id))[-len(facts) :] == facts
    rows = await board.in_store(leg.conversation_id)
    assert rows.legs[leg.id].status == "answered"
    assert rows.legs[leg.id].dialog == {"call_id": "x"}
    assert board.switchboard.leg(leg.conversation_id, leg.id) == rows.legs[leg.id]
    assert state(await board.in_log(leg.conversation_id)) == state(rows)


async def test_webhooks_are_owed_with_their_facts_and_submitted_after_them(board: Board) -> None:
    leg = await started(board)
    assert board.tray.statuses() == ["started", "ringing"]
    assert await board.store.pending_deliveries() == board.tray.submitted
    board.store.may_write.clear()
    ending = asyncio.create_task(
        board.switchboard.do(
            board.application, leg.conversation_id, EndLeg(leg_id=leg.id, status="busy", reason="busy")
        )
    )
    await board.store.asked.wait()
    await asyncio.sleep(0)
    assert board.tray.statuses() == ["started", "ringing"]
    board.store.may_write.set()
    await ending
    assert board.tray.statuses() == ["started", "ringing", "busy", "completed"]
    assert {delivery.webhook for delivery in board.tray.submitted} == {to_event_url()}
    orders = [delivery.order for delivery in board.tray.submitted]
    assert orders == sorted(set(orders))


async def test_a_batch_is_all_or_nothing(board: Board) -> None:
    leg = await started(board)
    before = await snapshot(board, leg)
    wrong = RingLeg(leg_id=leg.id)
    with pytest.raises(IllegalTransition):
        await board.switchboard.do(board.application, leg.conversation_id, HELLO, wrong)
    with pytest.raises(NotFound):
        await board.switchboard.do(board.application, leg.conversation_id, HELLO, RingLeg(leg_id="other"))
    assert await snapshot(board, leg) == before


async def test_a_store_that_refuses_leaves_everything_as_it_was(board: Board) -> None:
    leg = await started(board)
    before = await snapshot(board, leg)
    board.store.refusal = Unavailable("a full disk")
    with pytest.raises(Unavailable):
        await board.switchboard.do(board.application, leg.conversation_id, AnswerLeg(leg_id=leg.id))
    assert await snapshot(board, leg) == before
    board.store.refusal = None
    await board.switchboard.do(board.application, leg.conversation_id, AnswerLeg(leg_id=leg.id))


async def snapshot(board: Board, leg: LegRecord) -> object:
    return (
        await board.store.log(leg.conversation_id),
        state(await board.in_store(leg.conversation_id)),
        board.switchboard.leg(leg.conversation_id, leg.id),
        len(board.tray.submitted),
    )


async def test_commands_at_once_keep_ids_without_gaps(board: Board) -> None:
    leg = await started(board)
    await asyncio.gather(
        *(board.switchboard.do(board.application, leg.conversation_id, HELLO) for _ in range(30)),
        *(board.switchboard.do(board.application, leg.conversation_id, digit(leg)) for _ in range(30)),
    )
    log = await board.store.log(leg.conversation_id)
    assert [fact.position for fact in log] == list(range(1, len(log) + 1))
    numbers = [fact.id for fact in log if fact.id is not None]
    assert numbers == list(range(1, len(numbers) + 1))
    assert state(await board.in_log(leg.conversation_id)) == state(await board.in_store(leg.conversation_id))


@pytest.mark.parametrize("cancellations", [1, 3])
async def test_a_caller_cancelled_while_committing_leaves_log_and_memory_equal(
    board: Board, cancellations: int
) -> None:
    leg = await started(board)
    board.store.asked.clear()
    board.store.may_write.clear()
    answering = asyncio.create_task(
        board.switchboard.do(board.application, leg.conversation_id, AnswerLeg(leg_id=leg.id))
    )
    await board.store.asked.wait()
    noting = asyncio.create_task(board.switchboard.do(board.application, leg.conversation_id, HELLO))
    for _ in range(cancellations):
        answering.cancel()
        await asyncio.sleep(0)
    board.store.may_write.set()
    with pytest.raises(asyncio.CancelledError):
        await answering
    # The one who waited for the lock decides on what is true by now.
    await noting
    assert board.switchboard.leg(leg.conversation_id, leg.id).status == "answered"
    assert state(await board.in_log(leg.conversation_id)) == state(await board.in_store(leg.conversation_id))


async def test_a_caller_cancelled_while_it_waits_has_done_nothing(board: Board) -> None:
    leg = await started(board)
    board.store.may_write.clear()
    board.store.asked.clear()
    first = asyncio.create_task(board.switchboard.do(board.application, leg.conversation_id, HELLO))
    await board.store.asked.wait()
    second = asyncio.create_task(
        board.switchboard.do(board.application, leg.conversation_id, AnswerLeg(leg_id=leg.id))
    )
    await asyncio.sleep(0)
    second.cancel()
    board.store.may_write.set()
    await first
    assert board.switchboard.leg(leg.conversation_id, leg.id).status == "ringing"


async def test_a_move_is_one_transaction(board: Board) -> None:
    leg, other = await started(board), await started(board)
    await board.switchboard.do(board.application, leg.conversation_id, AnswerLeg(leg_id=leg.id))
    answered = board.switchboard.leg(leg.conversation_id, leg.id)
    board.store.refusal = Unavailable("a full disk")
    with pytest.raises(Unavailable):
        await board.switchboard.move(board.application, answered, other.conversation_id)
    assert board.switchboard.leg(leg.conversation_id, leg.id) == answered
    board.store.refusal = None
    moved = await board.switchboard.move(board.application, answered, other.conversation_id, muted=True)
    assert (moved.conversation_id, moved.muted) == (other.conversation_id, True)
    assert board.switchboard.legs(leg.conversation_id) == []
    assert len(board.switchboard.legs(other.conversation_id)) == 2
    (transfer,) = (each.payload for each in board.tray.submitted if "status" not in each.payload)
    assert transfer["conversation_uuid_to"] == other.conversation_id
    for conversation_id in (leg.conversation_id, other.conversation_id):
        assert state(await board.in_log(conversation_id)) == state(await board.in_store(conversation_id))


async def test_legs_that_change_places_do_not_wait_for_each_other(board: Board) -> None:
    one, two = await started(board), await started(board)
    moved = await asyncio.gather(
        board.switchboard.move(board.application, one, two.conversation_id),
        board.switchboard.move(board.application, two, one.conversation_id),
    )
    assert [leg.conversation_id for leg in moved] == [two.conversation_id, one.conversation_id]


async def test_a_leg_that_is_there_already_stays(board: Board) -> None:
    leg = await started(board)
    async with asyncio.timeout(30):
        stayed = await board.switchboard.move(board.application, leg, leg.conversation_id, muted=True)
    assert stayed.member_id == leg.member_id
    assert stayed.muted


async def test_idle_conversations_are_forgotten_and_read_again(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_conversations, "MAX_IDLE", 5)
    live = await started(board)
    idle = [await board.switchboard.open(board.application, NewConversation()) for _ in range(20)]
    assert len(board.switchboard._live) <= 6
    assert board.switchboard.leg(live.conversation_id, live.id) == live
    for conversation in idle:
        await board.switchboard.do(board.application, conversation.id, HELLO)
        log = await board.store.log(conversation.id)
        assert [fact.position for fact in log] == [1, 2]


async def test_a_conversation_is_not_forgotten_while_a_command_is_at_it(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_conversations, "MAX_IDLE", 1)
    room, other = [await board.switchboard.open(board.application, NewConversation()) for _ in range(2)]
    board.store.asked.clear()
    board.store.may_write.clear()
    first = asyncio.create_task(board.switchboard.do(board.application, room.id, HELLO))
    await board.store.asked.wait()
    # Reading another one makes room in memory, were it not for the command that is at the first.
    with pytest.raises(NotFound):
        await board.switchboard.do(board.application, other.id, RingLeg(leg_id="none"))
    second = asyncio.create_task(board.switchboard.do(board.application, room.id, HELLO))
    live = board.switchboard._live.find(room.id)
    assert live is not None
    await until(lambda: live.users == 2)
    board.store.may_write.set()
    await asyncio.gather(first, second)
    assert [fact.position for fact in await board.store.log(room.id)] == [1, 2, 3]


async def test_creator_and_finder_of_a_conversation_share_it(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = board.store.commit

    async def commit_and_be_found(batch: Batch) -> None:
        monkeypatch.setattr(board.store, "commit", commit)
        await commit(batch)
        # It can be read from now on, before its creator hears that it is there.
        await board.switchboard.do(board.application, batch.conversations[0].id, HELLO)

    monkeypatch.setattr(board.store, "commit", commit_and_be_found)
    room = await board.switchboard.open(board.application, NewConversation())
    await board.switchboard.do(board.application, room.id, HELLO)
    assert [fact.position for fact in await board.store.log(room.id)] == [1, 2, 3]


async def test_what_is_read_again_is_what_was_forgotten(board: Board) -> None:
    leg = await started(board)
    fresh = board.another()
    await fresh.do(board.application, leg.conversation_id, AnswerLeg(leg_id=leg.id))
    assert fresh.leg(leg.conversation_id, leg.id).status == "answered"
    assert state(await board.in_log(leg.conversation_id)) == state(await board.in_store(leg.conversation_id))


async def test_another_tenants_conversation_is_absent(board: Board) -> None:
    leg = await started(board)
    stranger = records.application("app-2")
    for reader in (board.switchboard, board.another()):
        with pytest.raises(NotFound):
            await reader.do(stranger, leg.conversation_id, HELLO)


async def test_of_two_creators_of_a_name_one_wins(board: Board) -> None:
    await board.switchboard.open(board.application, NewConversation(name="sales"))
    with pytest.raises(Conflict):
        await board.switchboard.open(board.application, NewConversation(name="sales"))


async def test_all_who_enter_a_name_at_once_are_in_one_conversation(board: Board) -> None:
    async def enter() -> str:
        room = await board.switchboard.named(board.application, "lobby")
        await board.switchboard.do(board.application, room.id, HELLO)
        return room.id

    (room_id,) = set(await asyncio.gather(*(enter() for _ in range(20))))
    log = await board.store.log(room_id)
    assert [fact.position for fact in log] == list(range(1, 22))


class Reader:
    """Follows in a task of its own."""

    def __init__(self, board: Board, application_id: str, conversation_id: str | None = None) -> None:
        self.facts: list[EventRecord] = []
        self._events = board.switchboard.follow(application_id, conversation_id)
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for fact in self._events:
            self.facts.append(fact)


async def test_followers_see_what_is_theirs_in_order(board: Board) -> None:
    one, two = await started(board), await started(board)
    everything = Reader(board, board.application.id)
    only = Reader(board, board.application.id, one.conversation_id)
    stranger = Reader(board, "app-2")
    await asyncio.sleep(0)
    for leg in (one, two, one):
        await board.switchboard.do(board.application, leg.conversation_id, HELLO)
    await board.switchboard.move(board.application, one, two.conversation_id)
    await asyncio.sleep(0)
    shown = [fact for fact in await board.store.log(one.conversation_id) if fact.type not in PRIVATE]
    assert only.facts == [fact for fact in shown if fact.id is not None and fact.id > 1]
    assert [fact.conversation_id for fact in everything.facts[:3]] == [
        one.conversation_id,
        two.conversation_id,
        one.conversation_id,
    ]
    assert not {fact.type for fact in everything.facts} & PRIVATE
    assert stranger.facts == []
    for reader in (everything, only, stranger):
        reader.task.cancel()


async def test_a_follower_that_does_not_keep_up_is_cut_off(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "MAX_UNREAD", 3)
    leg = await started(board)
    slow = board.switchboard.follow(board.application.id, None)
    first = asyncio.ensure_future(anext(slow))
    await asyncio.sleep(0)
    for _ in range(10):
        await board.switchboard.do(board.application, leg.conversation_id, HELLO)
    (follower,) = board.switchboard._followers._all
    assert isinstance(follower, followers._Follower)
    assert follower.queue.qsize() <= 4
    seen = [await first]
    with pytest.raises(Unavailable, match="read faster"):
        seen += [fact async for fact in slow]
    assert [fact.type for fact in seen] == ["text"] * len(seen)
    assert not board.switchboard._followers._all


async def test_a_client_posts_into_the_log(board: Board) -> None:
    leg = await started(board)
    studio, calls = NotedStudio(), NotedCalls(board.store)
    events = EventResource(board.store, board.switchboard, LiveAudio(board.switchboard, studio, calls))
    new = NewEvent(type="text", from_=leg.member_id, body=TextBody(text="hi"))
    fact = await events.post_event(board.application.id, leg.conversation_id, new)
    assert (await board.store.log(leg.conversation_id))[-1] == fact
    forged = NewEvent(type="leg:created", body={"leg": {"id": leg.id}})
    with pytest.raises(Invalid):
        await events.post_event(board.application.id, leg.conversation_id, forged)
    with pytest.raises(NotFound):
        await events.post_event(
            board.application.id, leg.conversation_id, NewEvent(type="custom:x", from_="MEM-none")
        )


async def test_without_an_event_url_nothing_is_owed(board: Board) -> None:
    silent: ApplicationRecord = records.application()
    assert board.switchboard.delivery(silent, "stream", None, {}) is None
