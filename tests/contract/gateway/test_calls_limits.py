"""How often calls may be started, and what is told of those that are placed and ended at once."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.clock import ManualClock
from gateway.config import LimitSettings
from gateway.legs.sip_codes import end_of
from gateway.limits import RateLimit
from gateway.ncco.schema import read_ncco
from gateway.ports import NewCall
from gateway.routing.endpoints import PhoneEndpoint
from gateway.store.records import Json
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import ANSWER, EVENT, empty, ncco
from tests.support.waiting import until

pytestmark = pytest.mark.contract

CONNECT: Json = {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900003"}]}
STAY: Json = {"action": "conversation", "name": "lobby"}
CALL = NewCall(to=PhoneEndpoint(number="447700900003"), ncco=read_ncco([STAY]))


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        opened.outbox.hosts[EVENT] = empty
        yield opened


def errors(exchange: Exchange) -> list[str]:
    return [each["reason"] for each in exchange.outbox.payloads() if "reason" in each]


async def test_a_connect_counts_as_a_call_and_one_too_many_is_told(exchange: Exchange) -> None:
    clock = exchange.equipment.clock = ManualClock()
    account = exchange.application.account
    for _ in range(LimitSettings().calls_per_second - 1):
        exchange.equipment.call_limit.take(account, clock.monotonic())
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT, STAY)
    exchange.call_in()
    await exchange.dialled()
    await exchange.answered_call_in(CONNECT, STAY)
    assert errors(exchange) == ["connect: At most 3 requests a second."]
    clock.advance(1)
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT, STAY)
    exchange.call_in()
    await exchange.dialled(2)


async def test_a_conversation_dials_as_many_legs_a_minute_as_it_may(exchange: Exchange) -> None:
    exchange.equipment.clock = ManualClock()
    exchange.equipment.call_limit = RateLimit(1000)
    exchange.equipment.dial_limit = RateLimit(1, window_s=60)
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT, CONNECT, STAY)
    exchange.call_in()
    exchange.calls.ended(await exchange.dialled(), end_of(486))
    await until(lambda: bool(errors(exchange)), "the second connect")
    assert errors(exchange) == ["connect: At most 1 requests in 60 seconds."]


async def test_a_call_may_be_ended_as_soon_as_it_is_created(exchange: Exchange) -> None:
    leg = await exchange.calls.create(exchange.application, CALL)
    await exchange.calls.hang_up(exchange.application.id, leg.id)
    await exchange.until_gone(leg.id)
    assert exchange.outbox.statuses(leg.id) == ["started", "cancelled", "completed"]


@pytest.mark.row(
    *(
        f"webhook call placed.{field}"
        for field in (
            *("from", "to", "uuid", "conversation_uuid"),
            *("client_ref", "status", "direction", "timestamp"),
        )
    )
)
async def test_a_placed_call_is_told_with_its_reference(exchange: Exchange) -> None:
    placed = msgspec.structs.replace(CALL, client_ref="order 7")
    leg = await exchange.calls.create(exchange.application, placed)
    await until(lambda: exchange.outbox.payloads(leg.id))
    first = exchange.outbox.payloads(leg.id)[0]
    assert first == {
        "from": "Unknown",
        "to": "447700900003",
        "uuid": leg.id,
        "conversation_uuid": leg.conversation_id,
        "client_ref": "order 7",
        "status": "started",
        "direction": "outbound",
        "timestamp": first["timestamp"],
    }


async def test_an_extension_without_a_system_is_told(exchange: Exchange) -> None:
    vbc = {**CONNECT, "endpoint": [{"type": "vbc", "extension": "123"}]}
    await exchange.answered_call_in(vbc, STAY)
    (reason,) = errors(exchange)
    assert "[vbc] trunk" in reason
