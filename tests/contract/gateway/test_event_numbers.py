"""Whatever is posted, refused, forgotten and deleted: events are numbered from 1 without gaps."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.conversation.client_events import REFERENCES
from gateway.conversation.client_events.body import Reference
from gateway.conversation.client_events.chat import TextBody, Typing
from gateway.conversation.commands import AddMember
from gateway.errors import Forbidden, Invalid, NotFound
from gateway.ports import NewConversation, NewEvent
from gateway.resources.events import EventResource
from gateway.resources.live_audio import LiveAudio
from gateway.store.queries import EventFilter
from gateway.store.records import MemberRecord
from tests.support.api import NotedCalls, NotedStudio
from tests.support.switchboard import WINDOW, Board, open_board

pytestmark = pytest.mark.contract

KINDS = ("text", "typing", "ephemeral", "forged", "stranger", "delete", *REFERENCES)
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 12), st.integers(0, 1)), max_size=20)


class Chat:
    """A conversation with two members, and how many events it must have by now."""

    def __init__(self, board: Board, conversation_id: str, members: list[str]) -> None:
        studio, calls = NotedStudio(), NotedCalls(board.store)
        self._events = EventResource(
            board.store, board.switchboard, LiveAudio(board.switchboard, studio, calls)
        )
        self._application_id = board.application.id
        self._conversation_id = conversation_id
        self._members = members
        self._deleted: set[int] = set()
        self.count = len(members)

    async def take(self, kind: str, event_id: int, which: int) -> None:
        """One step; one that is refused changes nothing."""
        try:
            if kind == "delete":
                await self._delete(event_id)
            else:
                fact = await self._events.post_event(
                    self._application_id, self._conversation_id, self._new(kind, event_id, which)
                )
                assert fact.id == (None if kind in ("typing", "ephemeral") else self.count + 1)
                self.count += fact.id is not None
        except (Forbidden, Invalid, NotFound):
            return

    async def _delete(self, event_id: int) -> None:
        """Who deletes an event again finds it deleted, and nothing more happens."""
        for _ in range(2):
            await self._events.delete_event(self._application_id, self._conversation_id, event_id, None)
        self.count += event_id not in self._deleted
        self._deleted.add(event_id)

    def _new(self, kind: str, event_id: int, which: int) -> NewEvent:
        member = self._members[which]
        match kind:
            case "text":
                return NewEvent(type="text", from_=member, body=TextBody(text="hi"))
            case "typing":
                return NewEvent(type="text:typing:on", from_=member, body=Typing(activity=1))
            case "ephemeral":
                return NewEvent(type="ephemeral", from_=member)
            case "forged":
                return NewEvent(type="member:left", from_=member)
            case "stranger":
                return NewEvent(type="text", from_="MEM-none", body=TextBody(text="hi"))
            case _:
                return NewEvent(type=kind, from_=member, body=Reference(event_id=max(1, event_id)))


async def _chat(board: Board) -> tuple[Chat, str]:
    record = await board.switchboard.open(board.application, NewConversation())
    members = []
    for _ in range(2):
        user = board.user()
        member = MemberRecord(
            id=board.ids.member(),
            application_id=board.application.id,
            conversation_id=record.id,
            user_id=user.id,
            user_name=user.name,
            state="JOINED",
            channel={"type": "app"},
        )
        await board.switchboard.do(board.application, record.id, AddMember(member=member), users=[user])
        members.append(member.id)
    return Chat(board, record.id, members), record.id


async def _walk(directory: Path, steps: list[tuple[str, int, int]]) -> None:
    async with open_board(directory) as board:
        chat, conversation_id = await _chat(board)
        for step in steps:
            await chat.take(*step)
        page = await board.store.events(conversation_id, WINDOW, EventFilter())
        assert [fact.id for fact in page.rows] == list(range(1, chat.count + 1))
        log = await board.store.log(conversation_id)
        assert [fact.position for fact in log] == list(range(1, len(log) + 1))
        record = await board.store.conversation(board.application.id, conversation_id)
        assert record is not None
        assert record.sequence_number == chat.count


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_numbers_have_no_gaps(steps: list[tuple[str, int, int]]) -> None:
    with TemporaryDirectory() as directory:
        asyncio.run(_walk(Path(directory), steps))


async def test_two_who_see_an_event_at_once_are_both_in_its_state(tmp_path: Path) -> None:
    async with open_board(tmp_path) as board:
        chat, conversation_id = await _chat(board)
        await chat.take("text", 0, 0)
        third = NewEvent(type="text", body=TextBody(text="hi"))
        posted = await chat._events.post_event(board.application.id, conversation_id, third)
        assert posted.id is not None
        seen = [
            NewEvent(type="text:seen", from_=member, body=Reference(event_id=posted.id))
            for member in chat._members
        ]
        post = chat._events.post_event
        await asyncio.gather(*(post(board.application.id, conversation_id, new) for new in seen))
        fact = await board.store.event(conversation_id, posted.id)
        assert fact is not None
        assert set(fact.state["seen_by"]) == set(chat._members)
