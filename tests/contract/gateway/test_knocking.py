"""Callers who knock: no answer_url decides where they go, but whoever hears the application's rtc events."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.calls import planning
from gateway.calls.plan import Plan
from gateway.errors import GatewayError, Invalid, NotFound, Unavailable
from gateway.ports import Admission, NewConversation, NewMember
from gateway.resources.members import MemberResource
from gateway.store.records import ConversationRecord, Json, LegRecord, MemberRecord
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import CALLER, NUMBER
from tests.support.waiting import until

pytestmark = pytest.mark.contract

RTC = "http://shop.example/rtc"


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator["Door"]:
    async with open_exchange(tmp_path) as exchange:
        capabilities = {"rtc": {"webhooks": {"event_url": {"address": RTC}}}}
        application = msgspec.structs.replace(exchange.application, capabilities=capabilities)
        await exchange.store.save_application(application)
        yield Door(exchange)


class Door:
    """Where callers knock, and what the application does about it."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.app = exchange.application.id
        self._members = MemberResource(exchange.store, exchange.switchboard, exchange.calls, exchange.ids)

    def told(self, kind: str) -> list[Json]:
        """The rtc events of a type."""
        return [each for each in self.exchange.outbox.payloads() if each.get("type") == kind]

    async def knock(self) -> Json:
        """Somebody calls: the app:knocking that is told."""
        before = len(self.told("app:knocking"))
        self.exchange.call_in()
        await until(lambda: self.told("app:knocking")[before:], "the knock")
        return self.told("app:knocking")[-1]

    async def room(self) -> ConversationRecord:
        """Another conversation."""
        return await self.exchange.switchboard.open(self.exchange.application, NewConversation())

    async def let_in(self, knock: Json, room: ConversationRecord, **changes: object) -> MemberRecord:
        """Join the caller, as POST members does."""
        wanted = NewMember(
            state="JOINED",
            user_id=knock["body"]["user"]["id"],
            channel={"type": "phone", "id": knock["body"]["channel"]["id"]},
            knocking_id=knock["from"],
        )
        return await self._members.add_member(self.app, room.id, msgspec.structs.replace(wanted, **changes))

    async def leg(self, knock: Json) -> LegRecord:
        """The caller's leg."""
        return await self.exchange.leg(knock["body"]["channel"]["id"])


async def test_a_knock_says_who_calls_and_the_phone_rings(door: Door) -> None:
    knock = await door.knock()
    assert knock["from"].startswith("knocker:")
    channel = knock["body"]["channel"]
    assert (channel["type"], channel["from"]["number"], channel["to"]["number"]) == ("phone", CALLER, NUMBER)
    assert await door.exchange.store.user(door.app, knock["body"]["user"]["id"]) is not None
    leg = await door.leg(knock)
    assert leg.status == "ringing"
    await until(lambda: ("ring", leg.id) in door.exchange.line.verbs)
    assert door.told("member:joined") == []


async def test_who_is_let_in_is_answered_and_joins(door: Door) -> None:
    knock, room = await door.knock(), await door.room()
    member = await door.let_in(knock, room, media={"audio": True, "audio_settings": {"muted": True}})
    leg = await door.leg(knock)
    assert (leg.status, leg.conversation_id, leg.member_id) == ("answered", room.id, member.id)
    assert (member.state, member.knocking_id) == ("JOINED", knock["from"])
    assert member.media["audio_settings"]["muted"] is True
    facts = [fact.type for fact in await door.exchange.store.log(room.id)]
    assert facts[-3:] == ["sip:answered", "member:joined", "member:media"]
    (told,) = door.told("member:media")
    assert told["body"]["channel"]["id"] == leg.id
    door.exchange.peer_ends(leg.id)
    await door.exchange.until_gone(leg.id)
    assert door.told("app:knocking:cancel") == []


async def test_who_is_let_in_as_somebody_else_is_that_user(door: Door) -> None:
    knock, room = await door.knock(), await door.room()
    other = await door.knock()
    member = await door.let_in(knock, room, user_id=other["body"]["user"]["id"])
    assert member.user_id == other["body"]["user"]["id"] == (await door.leg(knock)).user_id


async def test_nobody_is_let_in_twice_or_by_a_stranger(door: Door) -> None:
    knock, room = await door.knock(), await door.room()
    user = await door.exchange.store.user(door.app, knock["body"]["user"]["id"])
    assert user is not None
    admission = Admission(conversation_id=room.id, user=user)
    with pytest.raises(NotFound):
        await door.exchange.calls.admit("another application", knock["from"], admission)
    with pytest.raises(NotFound):
        await door.exchange.calls.admit(door.app, "knocker:nobody", admission)
    await door.let_in(knock, room)
    with pytest.raises(NotFound):
        await door.let_in(knock, room)


async def test_who_does_not_fit_in_rings_on(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    knock, room = await door.knock(), await door.room()
    with pytest.raises(NotFound):
        await door.let_in(knock, msgspec.structs.replace(room, id="CON-nowhere"))
    monkeypatch.setattr("gateway.conversation.membership.MAX_VOICES", 0)
    with pytest.raises(GatewayError) as full:
        await door.let_in(knock, room)
    assert isinstance(full.value, Invalid | Unavailable)
    monkeypatch.undo()
    assert (await door.leg(knock)).status == "ringing"
    assert (await door.let_in(knock, room)).state == "JOINED"


async def test_who_gives_up_knocks_no_more(door: Door) -> None:
    knock, room = await door.knock(), await door.room()
    leg = await door.leg(knock)
    door.exchange.line.may_answer.clear()
    letting = asyncio.create_task(door.let_in(knock, room))
    await until(lambda: door.told("leg:status:update"))
    door.exchange.peer_ends(leg.id)
    door.exchange.line.may_answer.set()
    with pytest.raises(NotFound):
        await letting
    (cancel,) = door.told("app:knocking:cancel")
    assert (cancel["from"], cancel["body"]["user"]) == (knock["from"], knock["body"]["user"])
    with pytest.raises(NotFound):
        await door.let_in(knock, room)


async def test_a_knock_that_nobody_hears_ends(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Plan

    def hasty(**fields: object) -> Plan:
        return usual(**{**fields, "ringing_s": 0.01})  # type: ignore[arg-type]

    monkeypatch.setattr(planning, "Plan", hasty)
    leg_id = door.exchange.call_in()
    await door.exchange.until_gone(leg_id)
    assert (await door.exchange.leg(leg_id)).status == "timeout"
    assert door.exchange.line.codes[leg_id] == 480
    (cancel,) = door.told("app:knocking:cancel")
    assert cancel["body"]["reason"] == {"code": "480", "text": "timeout"}
