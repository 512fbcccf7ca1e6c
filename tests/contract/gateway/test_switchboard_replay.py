"""Whatever is commanded: log, rows and memory of the switchboard tell of the same conversations."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import live_conversations
from gateway.conversation.commands import (
    AddMember,
    AnswerLeg,
    AnyCommand,
    DeleteConversation,
    EndLeg,
    JoinMember,
    LeaveMember,
    Note,
    PressDigit,
    RingLeg,
    SetAudio,
    StartLeg,
    UpdateConversation,
)
from gateway.errors import GatewayError
from gateway.ports import NewConversation
from gateway.states import IllegalTransition
from gateway.store.records import Callback, MemberRecord
from tests.support.switchboard import Board, living, open_board, state

pytestmark = pytest.mark.contract

Step = tuple[str, int, int]
STEPS = st.tuples(
    st.sampled_from(
        [
            *("start", "ring", "answer", "end", "move", "audio", "digit", "note"),
            *("join", "invite", "accept", "leave", "update"),
        ]
    ),
    st.integers(0, 3),
    st.integers(0, 1),
)
MAX_EXAMPLES = 12


class Walk:
    """Two conversations, the legs that were started in them, and what can be done to those."""

    def __init__(self, board: Board, rooms: list[str]) -> None:
        self._board = board
        self._rooms = rooms
        self._legs: list[str] = []
        self._where: dict[str, str] = {}
        self._users = [board.user() for _ in range(4)]
        self._members: list[list[str]] = [[], []]

    async def take(self, step: Step) -> None:
        """One step; one that is impossible now changes nothing."""
        what, which, where = step
        try:
            if what == "start":
                await self._start(which, where)
            elif what in ("note", "join", "invite", "update"):
                await self._do(self._rooms[where], self._of_room(what, which, where))
            elif what in ("accept", "leave"):
                await self._member(what, which, where)
            elif self._legs:
                await self._leg(what, self._legs[which % len(self._legs)], where)
        except (GatewayError, IllegalTransition):
            return

    async def _start(self, which: int, where: int) -> None:
        user = self._users[which]
        direction = ("inbound", "outbound")[which % 2]
        leg = self._board.leg(self._rooms[where], user, direction=direction)
        await self._board.switchboard.do(
            self._board.application, self._rooms[where], StartLeg(leg=leg, user=user), users=[user]
        )
        self._legs.append(leg.id)
        self._where[leg.id] = self._rooms[where]

    async def _leg(self, what: str, leg_id: str, where: int) -> None:
        room = self._where[leg_id]
        if what == "move":
            board = self._board.switchboard
            leg = board.leg(room, leg_id)
            moved = await board.move(self._board.application, leg, self._rooms[where], muted=bool(where))
            self._where[leg_id] = moved.conversation_id
            return
        commands: dict[str, AnyCommand] = {
            "ring": RingLeg(leg_id=leg_id),
            "answer": AnswerLeg(leg_id=leg_id, dialog={"call_id": leg_id}),
            "end": EndLeg(leg_id=leg_id, status="completed", reason="ok", sip_code=200),
            "audio": SetAudio(leg_id=leg_id, muted=bool(where), earmuffed=None if where else True),
            "digit": PressDigit(leg_id=leg_id, digit="5", duration_ms=80, dtmf_id="d"),
        }
        await self._do(room, commands[what])

    async def _member(self, what: str, which: int, where: int) -> None:
        members = [*self._members[where], *self._board.members(self._rooms[where])]
        if not members:
            return
        member_id = members[-1 - which % len(members)]
        if what == "accept":
            await self._do(self._rooms[where], JoinMember(member_id=member_id, channel={"type": "phone"}))
        else:
            reason = {"code": "7", "text": "enough"}
            await self._do(self._rooms[where], LeaveMember(member_id=member_id, reason=reason, by=member_id))

    def _of_room(self, what: str, which: int, where: int) -> AnyCommand:
        if what == "note":
            return Note(type="text", body={"text": "hello"})
        if what == "update":
            callback = Callback(url="http://shop.example/rtc", event_mask="member:*")
            changes = {"display_name": f"Room {which}", "callback": callback, "properties": {"ttl": which}}
            return UpdateConversation(changes=changes)
        user = self._users[which]
        member = MemberRecord(
            id=self._board.ids.member(),
            application_id=user.application_id,
            conversation_id=self._rooms[where],
            user_id=user.id,
            user_name=user.name,
            state="JOINED" if what == "join" else "INVITED",
            channel={"type": "app"},
        )
        self._members[where].append(member.id)
        return AddMember(member=member)

    async def _do(self, room: str, command: AnyCommand) -> None:
        await self._board.switchboard.do(self._board.application, room, command)


async def walk(directory: Path, take: Callable[[Walk], Coroutine[None, None, None]]) -> None:
    async with open_board(directory) as board:
        opened = [await board.switchboard.open(board.application, NewConversation()) for _ in range(2)]
        rooms = [room.id for room in opened]
        await take(Walk(board, rooms))
        for room in rooms:
            in_store = await board.in_store(room)
            assert state(await board.in_log(room)) == state(in_store)
            live = board.switchboard._live.find(room)
            if live is not None:
                assert living(live.conversation) == living(in_store)
            before = await board.in_log(room)
            if not before.legs:
                await board.switchboard.do(board.application, room, DeleteConversation())
                deleted = await board.in_log(room)
                assert deleted.record.state == "DELETED"
                assert not deleted.members
                assert await board.store.conversation(board.application.id, room) is None
                assert board.switchboard._live.find(room) is None
            log = await board.store.log(room)
            numbers = [fact.id for fact in log if fact.id is not None]
            assert numbers == list(range(1, len(numbers) + 1))


FEW = settings(
    max_examples=MAX_EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@FEW
@given(st.lists(STEPS, max_size=25))
def test_one_after_the_other(tmp_path_factory: pytest.TempPathFactory, steps: list[Step]) -> None:
    async def take(it: Walk) -> None:
        for step in steps:
            await it.take(step)

    asyncio.run(walk(tmp_path_factory.mktemp("walk"), take))


@FEW
@given(st.lists(st.lists(STEPS, max_size=8), max_size=4))
def test_at_once_and_with_little_memory(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, lanes: list[list[Step]]
) -> None:
    monkeypatch.setattr(live_conversations, "MAX_IDLE", 1)

    async def take(it: Walk) -> None:
        async def lane(steps: list[Step]) -> None:
            for step in steps:
                await it.take(step)

        await asyncio.gather(*map(lane, lanes))

    asyncio.run(walk(tmp_path_factory.mktemp("walk"), take))
