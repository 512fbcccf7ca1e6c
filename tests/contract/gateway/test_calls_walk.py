"""Whatever lines, customers and REST do in whatever order, every call ends once and leaves nothing behind."""

import asyncio
from collections import Counter
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
from tests.support.exchange import Exchange, open_exchange, webhook
from tests.support.played import ANSWER, EVENT, Everything, ncco

pytestmark = pytest.mark.contract

TALK = {"action": "talk", "text": "welcome", "bargeIn": True}
CONNECT = {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900003"}]}
MUSIC = "http://shop.example/music.mp3"
TOLD = {"type": "phone", "number": "447700900003", "onAnswer": {"url": ANSWER}}
ROOM = {"action": "conversation", "name": "lobby", "record": True}
DANCE = {"action": "dance"}
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
    [DANCE],
]
BOOLEANS = st.booleans()


def actions(name: str, **options: st.SearchStrategy[object]) -> st.SearchStrategy[Json]:
    """An action with these options, each of which may be left out."""
    return st.fixed_dictionaries({"action": st.just(name)}, optional=options)


ENDPOINTS = st.sampled_from(
    [
        [{"type": "phone", "number": "447700900003"}],
        [TOLD],
        [{"type": "sip", "uri": "sip:ann@pbx.example"}],
        [{"type": "websocket", "uri": "wss://bot.example/", "content-type": "audio/l16;rate=16000"}],
    ]
)
PROMPT = {"bargeIn": BOOLEANS, "loop": st.sampled_from([0, 1, 2])}
URLS = st.just([EVENT])
NCCOS = st.lists(
    st.one_of(
        actions("talk", **PROMPT).map(lambda each: {**each, "text": "welcome"}),
        actions("stream", **PROMPT).map(lambda each: {**each, "streamUrl": [MUSIC]}),
        actions(
            "input",
            dtmf=st.fixed_dictionaries({"maxDigits": st.integers(1, 3), "timeOut": st.sampled_from([0, 10])}),
            eventUrl=URLS,
        ),
        actions("input", mode=st.just("asynchronous"), eventUrl=URLS),
        actions(
            "connect",
            eventType=st.just("synchronous"),
            ringbackTone=st.just(MUSIC),
            eventUrl=URLS,
        ).flatmap(lambda each: ENDPOINTS.map(lambda to: {**each, "endpoint": to})),
        actions(
            "conversation",
            startOnEnter=BOOLEANS,
            endOnExit=BOOLEANS,
            record=BOOLEANS,
            musicOnHoldUrl=st.just(MUSIC),
        ).map(lambda each: {**each, "name": "lobby"}),
        actions("record", endOnKey=st.just("1"), endOnSilence=st.just(3), beepStart=BOOLEANS, eventUrl=URLS),
        actions("notify").map(lambda each: {**each, "payload": {"a": 1}, "eventUrl": [EVENT]}),
        actions("wait", timeout=st.sampled_from([0.1, 7200])),
        st.just({"action": "transfer", "conversationId": "CON-4ba41933-04f3-4c78-9da3-0d2ca1a1eb0b"}),
    ),
    max_size=4,
)
"""What an application may ask for, in any order."""

ENDS = [
    End(status="completed", reason="ok", sip_code=200, by_peer=True),
    End(status="cancelled", reason="request_terminated", sip_code=487, by_peer=True),
    end_of(486),
    end_of(603),
    End(status="failed", reason="timeout", sip_code=408),
]
STEPS = st.one_of(
    st.tuples(st.sampled_from(["call in", "call out"]), st.integers(0, 29)),
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
    """What can be done to an exchange, with these scripts."""

    def __init__(self, exchange: Exchange, scripts: list[list[Json]]) -> None:
        self._exchange = exchange
        self._scripts = scripts
        self._answered: set[str] = set()

    async def take(self, step: Step) -> None:
        """One step; one that is refused changes nothing."""
        (what, number), pause_s = step
        await asyncio.sleep(pause_s)
        exchange = self._exchange
        match what:
            case "call in":
                exchange.outbox.hosts = {
                    ANSWER: ncco(*self._script(number)),
                    EVENT: ncco(*self._script(-number)),
                }
                exchange.call_in()
            case "call out":
                await self._call_out(number)
            case "played":
                exchange.media.end_plays()
            case "media lost":
                exchange.calls.media_lost(Everything())
            case _:
                legs = sorted(exchange.line.up)
                if legs:
                    await self._to(legs[number % len(legs)], what, number)

    def _script(self, number: int) -> list[Json]:
        return self._scripts[number % len(self._scripts)]

    def _good_script(self, number: int) -> list[Json]:
        """One that REST does not refuse."""
        script = self._script(number)
        return [] if DANCE in script else script

    async def _call_out(self, number: int) -> None:
        script = self._good_script(number)
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
                    script = read_ncco(self._good_script(number))
                    await calls.transfer(exchange.application, leg_id, ncco=script)
                case "fetch":
                    await calls.transfer(exchange.application, leg_id, answer=webhook(ANSWER))
        except GatewayError:
            return


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(STEPS, PAUSES_S), min_size=5, max_size=40), st.lists(NCCOS, max_size=8))
def test_any_walk(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step], scripts: list[list[Json]]
) -> None:
    async def walk(directory: Path) -> None:
        async with open_exchange(directory) as exchange:
            exchange.files[MUSIC] = b"music"
            it = Walk(exchange, [*SCRIPTS, *scripts])
            for step in [(("call in", 6), 0.0), *steps]:
                await it.take(step)

    before = open_files()
    asyncio.run(walk(tmp_path_factory.mktemp("walk")))
    assert not open_files() - before, "no file, socket or pipe is left open"


def open_files() -> Counter[str]:
    """What this process holds open: files, and by a number of their own sockets and pipes."""
    return Counter(filter(None, map(_target, Path("/proc/self/fd").iterdir())))


def _target(handle: Path) -> str:
    try:
        return str(handle.readlink())
    except OSError:
        return ""
