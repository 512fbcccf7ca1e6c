"""Calls to users of the App channel: they are invited, and their joining and leaving are the leg's fate."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.calls.messages import RangTooLong
from gateway.errors import Invalid
from gateway.legs.line import End
from gateway.ncco.schema import read_ncco
from gateway.ports import MemberChange, NewCall, NewMember
from gateway.resources.members import MemberResource
from gateway.routing.endpoints import AppEndpoint
from gateway.store.records import Batch, EventRecord, Json, MemberRecord, UserRecord
from tests.support import records
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import ANSWER, ncco
from tests.support.waiting import until

pytestmark = pytest.mark.contract

THANKS: Json = {"action": "talk", "text": "thanks"}
ANN = "ann"
REASON = {"code": "busy", "text": "not now"}


def connect(**options: object) -> Json:
    return {"action": "connect", "endpoint": [{"type": "app", "user": ANN}], **options}


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ann(exchange: Exchange) -> UserRecord:
    user = records.user(exchange.ids.user(), ANN, exchange.application.id)
    await exchange.store.commit(Batch(users=[user]))
    return user


@pytest.fixture
def members(exchange: Exchange) -> MemberResource:
    return MemberResource(exchange.store, exchange.switchboard, exchange.calls, exchange.ids)


class Ringing:
    """A caller who is being connected to Ann, whose devices ring."""

    def __init__(self, exchange: Exchange, caller_id: str, leg_id: str, member: MemberRecord) -> None:
        self.exchange = exchange
        self.caller_id = caller_id
        self.leg_id = leg_id
        self.member = member
        self.place = exchange.application.id, member.conversation_id

    @classmethod
    async def at(cls, exchange: Exchange, *actions: Json) -> "Ringing":
        """Call in, and wait until it rings."""
        exchange.outbox.hosts[ANSWER] = ncco(*actions)
        caller_id = exchange.call_in()
        rings = {"to": ANN, "status": "ringing"}

        def ringing() -> list[Json]:
            return [each for each in exchange.outbox.payloads() if rings.items() <= each.items()]

        await until(ringing, "the ringing")
        leg = await exchange.leg(ringing()[0]["uuid"])
        member = await exchange.store.member(leg.conversation_id, leg.member_id)
        assert member is not None
        return cls(exchange, caller_id, leg.id, member)

    async def facts(self, kind: str = "") -> list[EventRecord]:
        """What the conversation knows, of one type or of all."""
        log = await self.exchange.store.log(self.member.conversation_id)
        return [fact for fact in log if kind in ("", fact.type)]


async def test_the_user_is_invited_as_the_client_sdk_expects_it(exchange: Exchange, ann: UserRecord) -> None:
    ringing = await Ringing.at(exchange, connect(), THANKS)
    (invited,) = await ringing.facts("member:invited")
    body = invited.body
    assert body["user"]["id"] == ann.id
    assert body["invited_by"] is None
    assert body["media"]["audio_settings"]["enabled"] is True
    assert body["channel"] == {
        "type": "app",
        "from": {"type": "phone", "number": "Unknown"},
        "to": {"type": "app", "user": ANN},
    }
    assert exchange.outbox.statuses(ringing.leg_id) == ["started", "ringing"]
    leg = await exchange.leg(ringing.leg_id)
    assert (leg.type, leg.user_id, leg.user_name) == ("app", ann.id, ANN)


@pytest.mark.row("connect.endpoint[app]", "connect.endpoint[app].user")
async def test_joining_answers_the_leg_and_with_it_the_caller(
    exchange: Exchange, ann: UserRecord, members: MemberResource
) -> None:
    ringing = await Ringing.at(exchange, connect(), THANKS)
    new = NewMember(state="JOINED", user_id=ann.id, channel={"type": "app"}, by_user=True)
    member = await members.add_member(*ringing.place, new)
    assert member.id == ringing.member.id, "the invitation is taken"
    await exchange.until_told(ringing.leg_id, "answered")
    await exchange.until_told(ringing.caller_id, "answered")
    types = [fact.type for fact in await ringing.facts() if fact.from_ == member.id]
    assert types.count("member:joined") == 1
    assert "rtc:answered" in types
    assert "member:media" in types

    await members.update_member(*ringing.place, member.id, MemberChange(state="LEFT"))
    await exchange.until_told(ringing.leg_id, "completed")
    await exchange.playing("thanks")
    types = [fact.type for fact in await ringing.facts() if fact.from_ == member.id]
    assert types[-2:] == ["rtc:hangup", "rtc:status"]


@pytest.mark.usefixtures("ann")
async def test_joining_with_the_invitations_own_id_does_too(
    exchange: Exchange, members: MemberResource
) -> None:
    ringing = await Ringing.at(exchange, connect(), THANKS)
    await members.update_member(*ringing.place, ringing.member.id, MemberChange(state="JOINED"))
    await exchange.until_told(ringing.leg_id, "answered")


@pytest.mark.usefixtures("ann")
async def test_leaving_instead_declines(exchange: Exchange, members: MemberResource) -> None:
    ringing = await Ringing.at(exchange, connect(), THANKS)
    decline = MemberChange(state="LEFT", reason=REASON)
    await members.update_member(*ringing.place, ringing.member.id, decline)
    await exchange.playing("thanks")
    assert exchange.outbox.statuses(ringing.leg_id) == ["started", "ringing", "rejected"]
    (left,) = [fact for fact in await ringing.facts("member:left") if fact.from_ == ringing.member.id]
    assert left.body["reason"] == REASON


@pytest.mark.usefixtures("ann")
async def test_nobody_comes(exchange: Exchange) -> None:
    ringing = await Ringing.at(exchange, connect(), THANKS)
    leg = exchange.calls.find(ringing.leg_id)
    assert leg is not None
    leg.tell(RangTooLong())
    await exchange.until_told(ringing.leg_id, "timeout")
    await exchange.playing("thanks")
    assert [fact.from_ for fact in await ringing.facts("member:left")] == [ringing.member.id]


@pytest.mark.usefixtures("ann")
async def test_the_caller_gives_up(exchange: Exchange) -> None:
    ringing = await Ringing.at(exchange, connect(), THANKS)
    cancelled = End(status="cancelled", reason="request_terminated", sip_code=487, by_peer=True)
    exchange.peer_ends(ringing.caller_id, cancelled)
    await exchange.until_told(ringing.leg_id, "cancelled")
    left = [fact.from_ for fact in await ringing.facts("member:left")]
    assert ringing.member.id in left


async def test_a_stranger_is_told_by_an_error_and_the_script_goes_on(exchange: Exchange) -> None:
    await exchange.answered_call_in(connect(), THANKS)
    await exchange.playing("thanks")
    (error,) = [each["reason"] for each in exchange.outbox.payloads() if "reason" in each]
    assert error == "connect: the application has no user of the name 'ann'"


async def test_a_user_who_is_called_already_is_not_called_twice(exchange: Exchange, ann: UserRecord) -> None:
    first = await Ringing.at(exchange, connect(), THANKS)
    new = NewCall(to=AppEndpoint(user=ANN), ncco=read_ncco([THANKS]))
    second = await exchange.calls.create(exchange.application, new)
    assert second.conversation_id != first.member.conversation_id, "another conversation may"
    assert (await exchange.store.user(exchange.application.id, ann.id)) == ann


async def test_rest_calls_users_alike(exchange: Exchange, ann: UserRecord, members: MemberResource) -> None:
    to = AppEndpoint(user=ANN)
    leg = await exchange.calls.create(exchange.application, NewCall(to=to, ncco=read_ncco([THANKS])))
    await exchange.until_told(leg.id, "ringing")
    new = NewMember(state="JOINED", user_name=ANN, channel={"type": "app"}, by_user=True)
    await members.add_member(exchange.application.id, leg.conversation_id, new)
    await exchange.playing("thanks")
    assert exchange.outbox.payloads(leg.id)[-1]["to"] == ann.name
    with pytest.raises(Invalid) as refused:
        await exchange.calls.create(
            exchange.application, NewCall(to=AppEndpoint(user="bob"), ncco=read_ncco([THANKS]))
        )
    assert "bob" in refused.value.parameters["to"]
