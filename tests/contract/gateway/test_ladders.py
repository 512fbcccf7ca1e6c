"""The ladders of legs: claimed by Call-ID, written when the calls are over, gone with their legs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.clock import SystemClock
from gateway.legs.sip_sight import SipSight
from gateway.sight import ladders as module
from gateway.sight.ladder import MAX_TEXT
from gateway.sight.ladders import MAX_OF_STRANGER, MAX_STRANGERS, Ladders
from gateway.store.records import Batch, LegTraceRecord, SipMessage
from gateway.store.sqlite import SqliteStore
from signalling.sip.calls import CallHandle, Flow
from tests.support import records
from tests.support.sip_traces import message
from tests.support.waiting import until

pytestmark = pytest.mark.contract

LEG = records.leg("leg-1")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.open(tmp_path / "store.db", synchronous="NORMAL")
    await opened.commit(Batch(legs=[LEG]))
    yield opened
    await opened.close()


async def of(ladders: Ladders, leg_id: str = LEG.id) -> tuple[SipMessage, ...]:
    return (await ladders.of(leg_id)).messages


async def test_what_came_before_the_leg_was_known_belongs_to_it(store: SqliteStore) -> None:
    ladders = Ladders(store)
    before, after, foreign = message(), message("SIP/2.0 200 OK", "out"), message(call_id="call-2")
    for each in (before, foreign):
        ladders.add(each)
    ladders.follow(LEG.id, "call-1")
    ladders.add(after)
    assert await of(ladders) == (before, after)


async def test_every_place_that_a_leg_is_called_at_is_on_its_ladder(store: SqliteStore) -> None:
    ladders = Ladders(store)
    tried = [message(call_id=f"call-{number}", direction="out") for number in range(3)]
    for each in tried:
        ladders.add(each)
        ladders.follow(LEG.id, each.call_id)
        ladders.over(LEG.id, each.call_id)
    assert await of(ladders) == tuple(tried)


async def test_a_call_of_the_gateway_to_itself_is_on_both_ladders(store: SqliteStore) -> None:
    ladders = Ladders(store)
    for leg_id in ("leg-1", "leg-2"):
        ladders.follow(leg_id, "call-1")
    ladders.add(message())
    assert await of(ladders, "leg-1") == await of(ladders, "leg-2") == (message(),)


async def test_it_is_written_when_the_last_call_is_over_and_read_afterwards(store: SqliteStore) -> None:
    ladders = Ladders(store, linger_s=0)
    ladders.follow(LEG.id, "call-1")
    ladders.add(message())
    ladders.over(LEG.id, "call-1")

    assert await of(ladders) == (message(),)
    await until(lambda: len(ladders) == 0, "the trace")
    assert await of(ladders) == await of(Ladders(store)) == (message(),)


async def test_what_is_written_early_is_not_written_again(store: SqliteStore) -> None:
    wrong: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
    ladders = Ladders(store, linger_s=0.2)
    ladders.follow(LEG.id, "call-1")
    ladders.over(LEG.id, "call-1")
    await ladders.close()
    assert len(ladders) == 0
    await asyncio.sleep(0.3)
    assert wrong == []


async def test_what_follows_the_end_is_still_on_it(store: SqliteStore) -> None:
    ladders = Ladders(store)
    ladders.follow(LEG.id, "call-1")
    ladders.add(message("BYE sip:us SIP/2.0"))
    ladders.over(LEG.id, "call-1")
    ladders.add(message("SIP/2.0 200 OK", "out"))
    assert len(await of(ladders)) == 2
    await ladders.close()
    assert len(await of(Ladders(store))) == 2


async def test_it_goes_with_its_leg(store: SqliteStore) -> None:
    async def kept() -> bool:
        ladders = Ladders(store)
        ladders.follow(LEG.id, "call-1")
        await ladders.close()
        return await store.leg_trace(LEG.id) is not None

    assert await kept()
    await store.remove_leg("another application", LEG.id)
    assert await store.leg_trace(LEG.id) is not None
    await store.remove_leg(LEG.application_id, LEG.id)
    assert await store.leg_trace(LEG.id) is None
    assert not await kept(), "it was written for a leg that is removed"


async def test_it_goes_when_its_leg_is_old(store: SqliteStore) -> None:
    old = msgspec.structs.replace(
        records.leg("leg-2"), status="completed", end_time="2020-01-01T00:00:00.000Z"
    )
    await store.commit(Batch(legs=[old]))
    for leg_id in (LEG.id, old.id):
        await store.keep_leg_trace(LegTraceRecord(leg_id=leg_id, messages=(message(),)))
    assert await store.forget_legs(old.application_id, "2021-01-01T00:00:00.000Z", 10) == 1
    assert await store.leg_trace(old.id) is None
    assert await store.leg_trace(LEG.id) is not None


async def test_what_is_forgotten_while_it_is_written_stays_so(store: SqliteStore) -> None:
    ladders = Ladders(store, linger_s=0)
    ladders.follow(LEG.id, "call-1")
    ladders.add(message())
    closing = asyncio.create_task(ladders.close())
    await asyncio.sleep(0)
    await ladders.forget(LEG.id)
    await closing
    assert await of(ladders) == ()


async def test_what_is_forgotten_stays_so(store: SqliteStore) -> None:
    ladders = Ladders(store)
    ladders.follow(LEG.id, "call-1")
    ladders.add(message())
    await ladders.forget(LEG.id)
    ladders.add(message("SIP/2.0 200 OK", "out"))
    await ladders.close()
    assert await of(ladders) == await of(Ladders(store)) == ()


async def test_calls_of_nobody_fill_no_memory(store: SqliteStore) -> None:
    ladders = Ladders(store)
    ladders.add(message(call_id="first"))
    for number in range(MAX_STRANGERS):
        ladders.add(message(call_id=f"call-{number}"))
    for _ in range(MAX_OF_STRANGER + 3):
        ladders.add(message(call_id="call-7"))
    ladders.follow("pushed out", "first")
    ladders.follow("talkative", "call-7")
    assert len(await of(ladders, "pushed out")) == 0
    assert len(await of(ladders, "talkative")) == MAX_OF_STRANGER


async def test_legs_that_never_end_fill_no_memory(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_LADDERS", 2)
    ladders = Ladders(store)
    for number in range(3):
        ladders.add(message(call_id=f"call-{number}"))
        ladders.follow(f"leg-{number + 1}", f"call-{number}")
    await until(lambda: len(ladders) == 2, "room")
    assert await store.leg_trace("leg-1") is not None, "the oldest is written early"


async def test_the_wire_is_shown_without_secrets_and_in_bounds(store: SqliteStore) -> None:
    ladders = Ladders(store)
    sight = SipSight(ladders, SystemClock())
    call, flow = CallHandle("handle"), Flow("tls", ("198.51.100.7", 5061), ("192.0.2.1", 5061))
    sight.tap("in", flow, b"\r\n\r\n")
    sight.tap("in", flow, b"INVITE sip:a SIP/2.0\r\nCall-ID: one\r\nAuthorization: Digest abc\r\n\r\n")
    sight.follow(LEG.id, call, "one")
    sight.tap("out", flow, b"SIP/2.0 200 OK\r\nCall-ID: one\r\n\r\n" + b"v" * MAX_TEXT)
    sight.over(call)
    sight.over(call)
    invite, ok = await of(ladders)
    assert "Digest" not in invite.text
    assert "abc" not in invite.text
    assert (invite.direction, invite.transport, str(invite.remote)) == ("in", "tls", "198.51.100.7:5061")
    assert (len(ok.text), ok.is_cut, invite.is_cut) == (MAX_TEXT, True, False)
    await ladders.close()
