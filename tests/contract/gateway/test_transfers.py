"""Transfers: who takes whose place, with which script, and what is left when it does not come to that."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.calls.live_leg import LiveLeg
from gateway.conversation.commands import AnyCommand
from gateway.legs.line import Arrival, End, Referral
from gateway.legs.sip_codes import end_of
from gateway.routing.endpoints import PhoneEndpoint
from gateway.store.records import Json, SipDomainRecord
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import ANSWER, CALLER, NUMBER, ncco
from tests.support.waiting import until

pytestmark = pytest.mark.contract

CONNECT: Json = {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900003"}]}
TALK: Json = {"action": "talk", "text": "thank you for calling"}
ROOM: Json = {"action": "conversation", "name": "room"}
TARGET = PhoneEndpoint(number="447700900004")
GONE = End(status="completed", reason="ok", sip_code=200, by_peer=True)


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        yield opened


async def connected(exchange: Exchange, count: int = 1) -> tuple[str, str]:
    """A caller talks to the callee whom the script has called: both legs."""
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT, TALK)
    caller = exchange.call_in()
    callee = await exchange.dialled(count)
    exchange.calls.ringing(callee)
    exchange.calls.answered(callee, None)
    for leg in (caller, callee):
        await is_up(exchange, leg)
    return caller, callee


def ask(exchange: Exchange, leg_id: str, other: str = "") -> list[int]:
    """The peer of a leg wants its party transferred; what it is told."""
    told: list[int] = []
    endpoint = None if other else TARGET
    exchange.calls.referred(leg_id, Referral(endpoint=endpoint, leg_id=other, report=told.append))
    return told


async def answers(exchange: Exchange, count: int) -> str:
    """Who is dialled as number `count` answers."""
    leg = await exchange.dialled(count)
    exchange.calls.ringing(leg)
    exchange.calls.answered(leg, None)
    await exchange.until_told(leg, "answered")
    return leg


async def is_up(exchange: Exchange, leg_id: str) -> None:
    """Wait until the leg knows itself that it is answered: a moment after everybody is told."""
    await until(lambda: live(exchange, leg_id).record.status == "answered", "the answer")


def live(exchange: Exchange, leg_id: str) -> LiveLeg:
    leg = exchange.calls.find(leg_id)
    assert leg is not None, f"{leg_id} is gone"
    return leg


async def test_the_target_takes_the_callers_place_and_script(exchange: Exchange) -> None:
    caller, callee = await connected(exchange)
    room = live(exchange, caller).record.conversation_id
    told = ask(exchange, caller)
    target = await answers(exchange, 2)
    await exchange.until_gone(caller)
    assert told == [200]
    assert exchange.line.dialled[1].caller == NUMBER, "the number of the application"
    assert exchange.outbox.statuses(caller)[-1] == "completed"
    assert {leg.id for leg in exchange.switchboard.legs(room)} == {callee, target}

    exchange.peer_ends(callee)
    await exchange.playing(TALK["text"])
    assert exchange.media.spoken == [TALK["text"]], "the script goes on, for the target"
    exchange.peer_ends(target)
    await exchange.until_gone(target)


async def test_the_target_takes_the_callees_place(exchange: Exchange) -> None:
    caller, callee = await connected(exchange)
    told = ask(exchange, callee)
    target = await answers(exchange, 2)
    await exchange.until_gone(callee)
    assert told == [200]
    assert live(exchange, caller).record.status == "answered"
    exchange.peer_ends(target)
    await exchange.playing(TALK["text"])
    exchange.peer_ends(caller)
    await exchange.until_gone(caller)


async def test_who_hangs_up_takes_the_target_along(exchange: Exchange) -> None:
    """The caller's end is the end of whom its script has called, whoever that is by now."""
    caller, callee = await connected(exchange)
    ask(exchange, callee)
    target = await answers(exchange, 2)
    await exchange.until_gone(callee)
    exchange.peer_ends(caller)
    await exchange.until_gone(target)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (end_of(486), 486),
        (end_of(404), 404),
        (End(status="timeout", reason="timeout", sip_code=487), 487),
    ],
)
async def test_a_target_that_cannot_be_had_changes_nothing(exchange: Exchange, end: End, code: int) -> None:
    caller, callee = await connected(exchange)
    told = ask(exchange, caller)
    target = await exchange.dialled(2)
    exchange.calls.ended(target, end)
    await exchange.until_gone(target)
    await until(lambda: told, "the report")
    assert told == [code]
    assert {live(exchange, leg).record.status for leg in (caller, callee)} == {"answered"}
    again = ask(exchange, caller)
    await answers(exchange, 3)
    await exchange.until_gone(caller)
    assert again == [200]


async def test_who_transfers_may_leave_before_the_target_answers(exchange: Exchange) -> None:
    caller, callee = await connected(exchange)
    ask(exchange, caller)
    target = await exchange.dialled(2)
    exchange.peer_ends(caller)
    await exchange.until_gone(caller)
    assert live(exchange, callee).record.status == "answered"
    exchange.calls.answered(target, None)
    await exchange.until_told(target, "answered")
    exchange.peer_ends(callee)
    await exchange.playing(TALK["text"])
    exchange.peer_ends(target)
    await exchange.until_gone(target)


async def test_a_target_that_fails_after_that_ends_the_call(exchange: Exchange) -> None:
    caller, callee = await connected(exchange)
    ask(exchange, caller)
    target = await exchange.dialled(2)
    exchange.peer_ends(caller)
    await exchange.until_gone(caller)
    exchange.calls.ended(target, end_of(486))
    await exchange.until_gone(callee)


async def test_a_target_is_called_no_more_when_the_application_ends_the_call(exchange: Exchange) -> None:
    caller, callee = await connected(exchange)
    ask(exchange, caller)
    target = await exchange.dialled(2)
    await exchange.calls.hang_up(exchange.application.id, caller)
    for leg in (caller, callee, target):
        await exchange.until_gone(leg)
    assert exchange.outbox.statuses(target)[-2:] == ["cancelled", "completed"]


async def test_one_transfer_at_a_time_and_only_of_answered_calls(exchange: Exchange) -> None:
    caller, _ = await connected(exchange)
    ask(exchange, caller)
    await exchange.dialled(2)
    second = ask(exchange, caller)
    await until(lambda: second, "the report")
    assert second == [491]
    ringing = exchange.line.dialled[1].leg_id
    third = ask(exchange, ringing)
    await until(lambda: third, "the report")
    assert third == [480]


async def test_an_attended_transfer_sends_the_party_to_the_other_call(exchange: Exchange) -> None:
    caller, callee = await connected(exchange)
    consult, expert = await connected(exchange, 2)
    room = live(exchange, consult).record.conversation_id
    told = ask(exchange, caller, consult)
    for leg in (caller, consult):
        await exchange.until_gone(leg)
    assert told == [200]
    assert {leg.id for leg in exchange.switchboard.legs(room)} == {callee, expert}
    exchange.peer_ends(expert)
    await exchange.playing(TALK["text"])
    exchange.peer_ends(callee)
    await exchange.until_gone(callee)


async def test_the_party_may_be_who_has_called(exchange: Exchange) -> None:
    caller, callee = await connected(exchange)
    consult, expert = await connected(exchange, 2)
    told = ask(exchange, callee, consult)
    for leg in (callee, consult):
        await exchange.until_gone(leg)
    assert told == [200]
    assert live(exchange, caller).companions() == [live(exchange, expert)]
    exchange.peer_ends(caller)
    await exchange.until_gone(expert)


async def test_a_call_can_be_joined_before_its_answer_is_a_fact(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller, callee = await connected(exchange)
    consult = exchange.call_in()
    expert = await exchange.dialled(2)
    written = asyncio.Event()
    write = live(exchange, consult).do

    async def write_late(*commands: AnyCommand) -> None:
        await written.wait()
        await write(*commands)

    monkeypatch.setattr(live(exchange, consult), "do", write_late)
    exchange.calls.answered(expert, None)
    await until(lambda: ("answer", consult) in exchange.line.verbs, "the answer")
    told = ask(exchange, caller, consult)
    later = ask(exchange, caller, "no such leg")
    await until(lambda: later, "that both wishes are read")
    too_early = list(told)
    written.set()
    assert too_early == []
    for leg in (caller, consult):
        await exchange.until_gone(leg)
    assert told == [200]
    assert live(exchange, callee).companions() == [live(exchange, expert)]


async def test_a_call_that_rings_cannot_be_joined(exchange: Exchange) -> None:
    caller, callee = await connected(exchange)
    ringing = exchange.call_in()
    await exchange.dialled(2)
    told = ask(exchange, caller, ringing)
    await until(lambda: told, "the report")
    assert told == [481]
    assert live(exchange, callee).companions() == [live(exchange, caller)]


async def test_an_attended_transfer_to_a_call_of_nobody(exchange: Exchange) -> None:
    caller, callee = await connected(exchange)
    told = ask(exchange, caller, "no such leg")
    await until(lambda: told, "the report")
    assert told == [481]
    assert live(exchange, callee).companions() == [live(exchange, caller)]


async def test_an_attended_transfer_does_not_cross_applications(exchange: Exchange) -> None:
    caller, _ = await connected(exchange)
    consult, _ = await connected(exchange, 2)
    other = live(exchange, consult)
    other.application = msgspec.structs.replace(other.application, id="another")
    told = ask(exchange, caller, consult)
    await until(lambda: told, "the report")
    other.application = exchange.application
    assert told == [481]


async def test_a_call_takes_the_place_of_another(exchange: Exchange) -> None:
    caller, callee = await connected(exchange)
    leg_id = replacing(exchange, caller)
    await exchange.until_gone(caller)
    assert live(exchange, callee).companions() == [live(exchange, leg_id)]
    exchange.peer_ends(leg_id)
    await exchange.until_gone(callee)


async def test_a_call_that_rings_is_picked_up_by_another(exchange: Exchange) -> None:
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT, TALK)
    caller = exchange.call_in()
    callee = await exchange.dialled()
    exchange.calls.ringing(callee)
    await exchange.until_told(callee, "ringing")
    leg_id = replacing(exchange, callee)
    await is_up(exchange, caller)
    await exchange.until_gone(callee)
    assert exchange.outbox.statuses(callee)[-2:] == ["cancelled", "completed"]
    assert live(exchange, caller).companions() == [live(exchange, leg_id)]


async def test_a_call_for_the_place_of_nobody_is_refused(exchange: Exchange) -> None:
    leg_id = replacing(exchange, "no such leg")
    await until(lambda: leg_id in exchange.line.codes, "the refusal")
    assert exchange.line.codes[leg_id] == 481


@pytest.mark.parametrize("domain", ["", "other-account", "other-application", "gone"])
async def test_no_call_takes_the_place_of_another_tenants(exchange: Exchange, domain: str) -> None:
    mine = exchange.application
    others = {"other-account": ("11111111", mine.id), "other-application": (mine.account, "another")}
    if domain in others:
        account, application_id = others[domain]
        exchange.equipment.domains.put(
            SipDomainRecord(
                name=domain, account=account, application_id=application_id, acl=(), created="2026-01-01"
            )
        )
    caller, callee = await connected(exchange)
    leg_id = replacing(exchange, caller, is_party=False, domain=domain)
    await until(lambda: leg_id in exchange.line.codes, "the refusal")
    assert exchange.line.codes[leg_id] == 481
    assert live(exchange, callee).companions() == [live(exchange, caller)]


async def test_a_domain_of_the_application_takes_the_place_of_its_calls(exchange: Exchange) -> None:
    mine = exchange.application
    exchange.equipment.domains.put(
        SipDomainRecord(
            name="mine", account=mine.account, application_id=mine.id, acl=(), created="2026-01-01"
        )
    )
    caller, callee = await connected(exchange)
    leg_id = replacing(exchange, caller, is_party=False, domain="mine")
    await exchange.until_gone(caller)
    assert live(exchange, callee).companions() == [live(exchange, leg_id)]


async def test_a_conference_goes_on_without_who_has_left(exchange: Exchange) -> None:
    first = await exchange.answered_call_in(ROOM)
    second = await exchange.answered_call_in(ROOM)
    await is_up(exchange, first)
    ask(exchange, first)
    target = await answers(exchange, 1)
    await exchange.until_gone(first)
    assert live(exchange, second).companions() == [live(exchange, target)]


def replacing(exchange: Exchange, replaced: str, *, is_party: bool = True, domain: str = "") -> str:
    """A call comes in for the place of a leg."""
    leg_id = exchange.ids.uuid()
    exchange.line.up.add(leg_id)
    exchange.calls.incoming(
        Arrival(
            leg_id=leg_id,
            called="anybody",
            caller=CALLER,
            headers={},
            replaces=replaced,
            is_party=is_party,
            domain=domain,
        )
    )
    return leg_id
