"""Whatever lines, customers and REST do in whatever order, every call ends once and leaves nothing behind."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import GatewayError
from gateway.legs.line import End
from gateway.legs.sip_codes import end_of
from gateway.ncco.schema import read_ncco
from gateway.ports import NewCall
from gateway.routing.endpoints import PhoneEndpoint
from gateway.store.records import Json
from tests.support.exchange import ANSWER, EVENT, Exchange, ncco, open_exchange, webhook

pytestmark = pytest.mark.contract

TALK = {"action": "talk", "text": "welcome", "bargeIn": True}
CONNECT = {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900003"}]}
MUSIC = "http://shop.example/music.mp3"
TOLD = {"type": "phone", "number": "447700900003", "onAnswer": {"url": ANSWER}}
ROOM = {"action": "conversation", "name": "lobby", "record": True}
SCRIPTS: list[list[Json]] = [
    [],
    [TALK, {"action": "input", "dtmf": {"maxDigits": 1, "timeOut": 0}}, CONNECT],
    [CONNECT, {**TALK, "bargeIn": False}],
    [ROOM],
    [{**ROOM, "endOnExit": True}],
    [{"action": "record", "endOnKey": "1"}, TALK, CONNECT],
    [{"action": "record"}, {"action": "input", "dtmf": {"maxDigits": 1}}, ROOM],
    [{**ROOM, "startOnEnter": False, "musicOnHoldUrl": MUSIC}],
    [{**CONNECT, "eventType": "synchronous"}, {"action": "wait", "timeout": 0.1}, TALK],
    [{"action": "input", "mode": "asynchronous"}, {**CONNECT, "endpoint": [TOLD], "ringbackTone": MUSIC}],
    [{"action": "dance"}],
]
ENDS = [
    End(status="completed", reason="ok", sip_code=200, by_peer=True),
    End(status="cancelled", reason="request_terminated", sip_code=487, by_peer=True),
    end_of(486),
    end_of(603),
    End(status="failed", reason="timeout", sip_code=408),
]
STEPS = st.one_of(
    st.tuples(st.sampled_from(["call in", "call out"]), st.integers(0, len(SCRIPTS) - 1)),
    st.tuples(
        st.sampled_from(["ring", "early", "answer", "digit", "hang up", "mute", "fetch"]), st.integers(0, 5)
    ),
    st.tuples(st.sampled_from(["end"]), st.integers(0, 29)),
    st.tuples(st.sampled_from(["transfer"]), st.integers(0, 29)),
    st.tuples(st.sampled_from(["played", "media lost"]), st.just(0)),
)
PAUSES_S = st.sampled_from([0, 0, 0.002, 0.02])
Step = tuple[tuple[str, int], float]


class Walk:
    """What can be done to an exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._answered: set[str] = set()

    async def take(self, step: Step) -> None:
        """One step; one that is refused changes nothing."""
        (what, number), pause_s = step
        await asyncio.sleep(pause_s)
        exchange = self._exchange
        match what:
            case "call in":
                exchange.outbox.hosts = {ANSWER: ncco(*SCRIPTS[number]), EVENT: ncco(*SCRIPTS[-number])}
                exchange.call_in()
            case "call out":
                await self._call_out(number)
            case "played":
                exchange.media.end_plays()
            case "media lost":
                exchange.calls.media_lost()
            case _:
                legs = sorted(exchange.line.up)
                if legs:
                    await self._to(legs[number % len(legs)], what, number)

    async def _call_out(self, number: int) -> None:
        script = SCRIPTS[number] if number < len(SCRIPTS) - 1 else []
        ringing_timer_s = 0 if number % 4 == 0 else 60
        to = PhoneEndpoint(number="447700900003")
        new = NewCall(to=to, ncco=read_ncco(script), ringing_timer_s=ringing_timer_s)
        await self._exchange.calls.create(self._exchange.application, new)

    async def _to(self, leg_id: str, what: str, number: int) -> None:
        exchange = self._exchange
        calls, mine = exchange.calls, exchange.application.id
        dialled = {summons.leg_id for summons in exchange.line.dialled}
        try:
            match what:
                case "ring" | "early" if leg_id in dialled - self._answered:
                    calls.ringing(leg_id, early_media=what == "early")
                case "answer" if leg_id in dialled - self._answered:
                    self._answered.add(leg_id)
                    calls.answered(leg_id, {"call_id": leg_id})
                case "digit":
                    calls.digit(leg_id, "1", 100)
                case "end":
                    exchange.peer_ends(leg_id, ENDS[number % len(ENDS)])
                case "hang up":
                    await calls.hang_up(mine, leg_id)
                case "mute":
                    await calls.set_audio(mine, leg_id, muted=True)
                case "transfer":
                    script = SCRIPTS[number % (len(SCRIPTS) - 1)]
                    await calls.transfer(exchange.application, leg_id, ncco=read_ncco(script))
                case "fetch":
                    await calls.transfer(exchange.application, leg_id, answer=webhook(ANSWER))
        except GatewayError:
            return


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(STEPS, PAUSES_S), min_size=5, max_size=40))
def test_any_walk(tmp_path_factory: pytest.TempPathFactory, steps: list[Step]) -> None:
    async def walk(directory: Path) -> None:
        async with open_exchange(directory) as exchange:
            exchange.files[MUSIC] = b"music"
            it = Walk(exchange)
            for step in [(("call in", 6), 0.0), *steps]:
                await it.take(step)

    asyncio.run(walk(tmp_path_factory.mktemp("walk")))
