"""The gateway is killed at each fact of a leg that goes elsewhere: it never stays alone without a script."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from gateway.calls.going_on import Memo, remembered
from gateway.calls.messages import Given, Transfer
from gateway.calls.recovery import Recovery
from gateway.legs.line import Referral
from gateway.legs.sip import SipLine
from gateway.media_plane import MediaPlane
from gateway.ncco.schema import Ncco, read_ncco, write_ncco
from gateway.ports import NewCall
from gateway.routing.endpoints import PhoneEndpoint
from gateway.store.records import Batch, Json, Webhook
from media.control import Join, Remember
from tests.support.exchange import Exchange, webhook
from tests.support.played import ANSWER, NUMBER, PlayedLine, ncco
from tests.support.records import number
from tests.support.switchboard import Board, open_board
from tests.support.waiting import until

pytestmark = pytest.mark.contract

INPUT: Json = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 2, "timeOut": 10}}
ROOM: Json = {"action": "conversation", "name": "one"}
ELSEWHERE = "http://shop.example/elsewhere"
MOMENTS = [half / 2 for half in range(2, 11)]
"""After how many writes the gateway dies: there are no more in what is done here."""


class Kept(PlayedLine):
    """Its legs outlive their gateway."""

    def keep(self, _leg_id: str) -> Json | None:
        return {}

    def has(self, _leg_id: str) -> bool:
        return True


class Runs:
    """Two runs of the gateway on one store; the first dies among its writes."""

    def __init__(self, board: Board, directory: Path) -> None:
        self._board, self._directory = board, directory
        self._write = board.store.commit
        self._left = 0.0
        self.dead = False
        self.first = self._exchange()

    def die(self, moment: float) -> None:
        """After so many more writes: at once, or with a half more just before the next."""
        self._left = moment
        self._board.store.commit = self._commit  # type: ignore[method-assign]

    async def _commit(self, batch: Batch) -> None:
        if self._left >= 1:
            self._left -= 1
            await self._write(batch)
            if self._left:
                return
        self._die()

    def _die(self) -> None:
        if not self.dead:
            self.dead = True
            self.memos = {each.leg: each.what for each in self.first.media.sent if isinstance(each, Remember)}
        raise asyncio.CancelledError

    async def go_on(self, room: str) -> Exchange:
        """The second run, where all is taken up. The first one dies as all are in the room, if not before."""
        await until(lambda: self.dead or all(at == room for at in places(self.first)), "the death")
        with suppress(asyncio.CancelledError):
            self._die()
        legs = list(self.first.calls._legs.values())
        tasks = [task for leg in legs for task in (leg.task, *leg.pending.tasks) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._board.store.commit = self._write  # type: ignore[method-assign]
        second = self._exchange()
        second.line.up.update(self.memos)
        media = SimpleNamespace(remembered=lambda: self.memos, recorded=dict, give_up=lambda *_: None)
        sip = SimpleNamespace(end=lambda *_: None, hang_up=second.line.hang_up)
        recovery = Recovery(
            second.store, second.switchboard, second.recordings, second.calls, cast("SipLine", sip)
        )
        await recovery.recover(cast("MediaPlane", media))
        return second

    def _exchange(self) -> Exchange:
        exchange = Exchange(self._board, self._directory)
        exchange.line = Kept()
        exchange.calls._lines = dict.fromkeys(("phone", "sip", "websocket"), exchange.line)
        exchange.calls._planner._lines = exchange.calls._lines
        for url in (ANSWER, ELSEWHERE):
            exchange.outbox.hosts[url] = ncco(ROOM)
        return exchange


def places(exchange: Exchange) -> list[str]:
    """The conversation of each leg that lives."""
    return [leg.record.conversation_id for leg in exchange.calls._legs.values()]


def does(exchange: Exchange, leg_id: str) -> str:
    """The action of the leg's script."""
    leg = exchange.calls.find(leg_id)
    assert leg is not None, "the leg is gone"
    actions = leg.script.kept.actions
    return str(write_ncco(actions)[0]["action"]) if actions else ""


async def is_in(exchange: Exchange, leg_id: str, room: str) -> None:
    """Wait until the leg is mixed there."""
    mixed = Join(leg=leg_id, room=room)
    await until(lambda: mixed in exchange.media.sent and set(places(exchange)) == {room}, "the leg's place")


@pytest.fixture
async def runs(tmp_path: Path) -> AsyncIterator[Runs]:
    async with open_board(tmp_path) as board:
        runs = Runs(board, tmp_path)
        await board.store.save_application(runs.first.application)
        await board.store.rent_number(number(NUMBER, app_id=board.application.id))
        yield runs


async def room_one(runs: Runs) -> str:
    exchange = runs.first
    return (await exchange.switchboard.named(exchange.application, "one")).id


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("how", ["ncco", "answer"])
async def test_a_transfer_that_rest_was_told_of_is_carried_out(runs: Runs, moment: float, how: str) -> None:
    room = await room_one(runs)
    leg = await runs.first.answered_call_in(INPUT)
    await runs.first.listening(leg)
    ncco: Ncco | None = read_ncco([ROOM]) if how == "ncco" else None
    answer: Webhook | None = webhook(ELSEWHERE) if how == "answer" else None
    runs.die(moment)
    acknowledged = False
    with suppress(asyncio.CancelledError):
        await runs.first.calls.transfer(runs.first.application, leg, ncco=ncco, answer=answer)
        acknowledged = True
    second = await runs.go_on(room)
    if acknowledged:
        await is_in(second, leg, room)
        assert does(second, leg) == "conversation"
    else:
        await second.listening(leg)
        assert does(second, leg) == "input"
    await second.calls.close()


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_called_leg_that_was_answered_does_what_it_was_called_for(runs: Runs, moment: float) -> None:
    room = await room_one(runs)
    to = PhoneEndpoint(number="447700900003")
    record = await runs.first.calls.create(runs.first.application, NewCall(to=to, ncco=read_ncco([ROOM])))
    await runs.first.dialled()
    runs.die(moment)
    runs.first.calls.answered(record.id, None)
    second = await runs.go_on(room)
    if (await second.leg(record.id)).status == "answered":
        await is_in(second, record.id, room)
        assert does(second, record.id) == "conversation"
    await second.calls.close()


@pytest.mark.parametrize("moment", MOMENTS)
async def test_who_goes_elsewhere_takes_everybody_along(runs: Runs, moment: float) -> None:
    """The transfer of a script: two legs in one conversation, and the NCCO of one of them moves both."""
    room = await room_one(runs)
    legs = [await runs.first.answered_call_in({**ROOM, "name": "two"}) for _ in range(2)]
    away: Json = {"action": "transfer", "conversationId": room}
    two = (await runs.first.switchboard.named(runs.first.application, "two")).id
    await until(lambda: places(runs.first) == [two, two], "both in one conversation")
    leader = runs.first.calls.find(legs[0])
    assert leader is not None
    runs.die(moment)
    leader.tell(Given(ncco=read_ncco([away])))
    second = await runs.go_on(room)
    for leg in legs:
        await is_in(second, leg, room)
    assert does(second, legs[0]) == "transfer"
    await second.calls.close()


async def test_who_takes_a_legs_place_has_its_script(runs: Runs) -> None:
    """After a transfer by a phone nothing more has to happen for it to be kept."""
    connect: Json = {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900003"}]}
    exchange = runs.first
    exchange.outbox.hosts[ANSWER] = ncco(connect)
    caller, callee = exchange.call_in(), await exchange.dialled()
    exchange.calls.answered(callee, None)
    await exchange.until_told(caller, "answered")
    target = PhoneEndpoint(number="447700900004")
    exchange.calls.referred(caller, Referral(endpoint=target, leg_id="", report=lambda _: None))
    successor = await exchange.dialled(2)
    exchange.calls.answered(successor, None)
    await exchange.until_gone(caller)

    def memo(leg_id: str) -> Memo:
        memos = {each.leg: each.what for each in exchange.media.sent if isinstance(each, Remember)}
        return remembered(memos)[leg_id]

    await until(lambda: memo(callee).parent == successor, "the new caller")
    (action,) = memo(successor).actions or []
    assert action["action"] == "connect"
    await exchange.calls.close()


async def test_what_a_leg_is_told_before_it_goes_on_outlives_another_death(runs: Runs) -> None:
    room = await room_one(runs)
    leg_id = await runs.first.answered_call_in(INPUT)
    await runs.first.listening(leg_id)
    runs.die(1.0)
    with suppress(asyncio.CancelledError):
        await runs.first.calls.transfer(runs.first.application, leg_id)
    second = await runs.go_on(room)
    leg = second.calls.find(leg_id)
    assert leg is not None
    leg.tell(Transfer(conversation_id=room))
    (said,) = [each for each in second.media.sent if isinstance(each, Remember)]
    (memo,) = remembered({leg_id: said.what}).values()
    assert [each.conversation_id for each in memo.transfers] == [room]
    await is_in(second, leg_id, room)
    await second.calls.close()
