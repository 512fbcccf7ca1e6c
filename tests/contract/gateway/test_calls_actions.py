"""What an action's options become: timers of the dialled leg, ears and mouths, words and their sound."""

from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from gateway.ncco.actions.connect import Connect
from gateway.ncco.actions.talk import Talk
from gateway.ports import NewCall
from gateway.routing.endpoints import PhoneEndpoint
from gateway.store.records import Json
from media.control import Join, Play, SetAudio
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import ANSWER, ncco
from tests.support.waiting import until

pytestmark = pytest.mark.contract

PHONE = PhoneEndpoint(number="447700900003")
TALK = {"action": "talk", "text": "welcome"}
ROOM = {"action": "conversation", "name": "lobby"}
CONNECT: Json = {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900003"}]}


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        yield opened


async def connected_by(exchange: Exchange, connect: Connect) -> str:
    """An answered call whose NCCO dials a second leg, and speaks when that is over; the second leg.

    The actions are made here, not read, so that their seconds may be 0: nobody waits.
    """
    script = (connect, Talk(text="welcome"))
    first = await exchange.calls.create(exchange.application, NewCall(to=PHONE, ncco=script))
    await exchange.dialled()
    exchange.calls.answered(first.id, None)
    return await exchange.dialled(2)


async def test_a_dialled_leg_rings_for_the_timeout_of_its_connect(exchange: Exchange) -> None:
    callee = await connected_by(exchange, Connect(endpoint=[PHONE], timeout=0))
    await exchange.playing("welcome")
    assert exchange.outbox.statuses(callee) == ["started", "timeout", "completed"]


async def test_a_dialled_leg_lasts_for_the_limit_of_its_connect(exchange: Exchange) -> None:
    callee = await connected_by(exchange, Connect(endpoint=[PHONE], limit=0))
    exchange.calls.answered(callee, None)
    await exchange.playing("welcome")
    assert exchange.outbox.statuses(callee) == ["started", "answered", "completed"]
    assert exchange.outbox.payloads(callee)[-1]["disconnected_by"] == "platform"


async def test_the_seconds_of_a_connect_that_was_read(exchange: Exchange) -> None:
    exchange.outbox.hosts[ANSWER] = ncco({**CONNECT, "timeout": 7, "limit": 11})
    exchange.call_in()
    callee = exchange.calls.find(await exchange.dialled())
    assert callee is not None
    assert (callee.plan.ringing_s, callee.plan.length_s) == (7, 11)


@pytest.mark.parametrize("mute", [False, True])
async def test_a_conversation_is_entered_muted(exchange: Exchange, mute: bool) -> None:
    leg_id = await exchange.answered_call_in({**ROOM, "mute": mute})
    await until(lambda: sum(isinstance(command, Join) for command in exchange.media.sent) == 2)
    assert exchange.media.sent[-1] == SetAudio(leg=leg_id, muted=mute, earmuffed=False)
    leg = await exchange.leg(leg_id)
    assert leg.muted is mute
    member = await exchange.store.member(leg.conversation_id, leg.member_id)
    assert member is not None
    assert member.media["audio_settings"]["muted"] is mute


async def test_a_talk_is_spoken_and_played_as_it_says(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak, play = AsyncMock(wraps=exchange.media.speak), AsyncMock(wraps=exchange.media.play)
    monkeypatch.setattr(exchange.media, "speak", speak)
    monkeypatch.setattr(exchange.media, "play", play)
    leg_id = await exchange.answered_call_in(
        {**TALK, "language": "nb-NO", "style": 2, "level": -0.5, "loop": 3}
    )
    await exchange.playing("welcome")
    speak.assert_awaited_once_with("welcome", "nb-NO", 2, "")
    (command,) = play.call_args.args
    path = "/speech/welcome.wav"
    assert command == Play(play=command.play, path=path, leg=leg_id, loop=3, level=-0.5)


@pytest.mark.parametrize(
    ("by_phone", "who"), [(True, "user"), (False, "platform")], ids=["the phone", "the interface"]
)
@pytest.mark.parametrize("direction", ["inbound", "outbound"])
async def test_the_webhook_says_who_hung_up(
    exchange: Exchange, direction: str, by_phone: bool, who: str
) -> None:
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT)
    caller = exchange.call_in()
    callee = await exchange.dialled()
    exchange.calls.answered(callee, None)
    await exchange.until_told(caller, "answered")
    first, other = (caller, callee) if direction == "inbound" else (callee, caller)
    if by_phone:
        exchange.peer_ends(first)
    else:
        await exchange.calls.hang_up(exchange.application.id, first)
    await exchange.until_gone(first)
    await exchange.until_gone(other)
    told = [exchange.outbox.payloads(leg_id)[-1] for leg_id in (first, other)]
    assert [(each["status"], each["disconnected_by"]) for each in told] == [
        ("completed", who),
        ("completed", "platform"),
    ]
