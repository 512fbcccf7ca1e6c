"""Who speaks: asked of media where a conversation wants to know, and told once for each change."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.api.conversation_bodies import CreateConversation
from gateway.api.validation import convert
from gateway.errors import Invalid
from gateway.ncco.schema import read_ncco
from gateway.ports import ConversationChange, NewConversation
from gateway.resources.conversations import ConversationResource
from gateway.store.records import EventRecord
from media.control import SetAudio
from tests.support.exchange import Exchange, open_exchange
from tests.support.waiting import until

pytestmark = pytest.mark.contract

ROOM = {"action": "conversation", "name": "lobby"}
WAITS = {"action": "input", "dtmf": {"timeOut": 10}}
LEVEL = 45


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        new = NewConversation(name="lobby", properties={"speaking_detection_level": LEVEL})
        await opened.switchboard.open(opened.application, new)
        yield opened


def asked(exchange: Exchange, leg_id: str) -> list[int]:
    """The levels that media was asked to tell of the leg's voice at, newest last."""
    told = [each for each in exchange.media.sent if isinstance(each, SetAudio) and each.leg == leg_id]
    return [each.voice_level for each in told]


async def has_been_told(exchange: Exchange, leg_id: str) -> None:
    """Wait until the leg has taken in what it was told."""
    await exchange.calls.set_audio(exchange.application.id, leg_id, earmuffed=True)
    await until(
        lambda: any(isinstance(each, SetAudio) and each.earmuffed for each in exchange.media.sent[-1:])
    )


async def spoken(exchange: Exchange, conversation_id: str) -> list[EventRecord]:
    """The events of speaking."""
    log = await exchange.store.log(conversation_id)
    return [fact for fact in log if fact.type.startswith("audio:speaking")]


async def test_speaking_is_published_once_for_each_change(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(ROOM)
    await until(lambda: asked(exchange, leg_id)[-1:] == [LEVEL])
    for speaks, level_dbov in ((False, -90), (True, -15), (True, -12), (False, -70), (False, -80)):
        exchange.calls.speaking(leg_id, speaks=speaks, level_dbov=level_dbov)
    exchange.calls.speaking("leg-none", speaks=True, level_dbov=-15)
    await has_been_told(exchange, leg_id)
    leg = await exchange.leg(leg_id)
    began, ended = await spoken(exchange, leg.conversation_id)
    assert (began.type, ended.type) == ("audio:speaking:on", "audio:speaking:off")
    assert (began.body["level_dbov"], ended.body["level_dbov"]) == (-15, -70)
    for event in (began, ended):
        assert event.from_ == leg.member_id
        assert event.id is not None
        assert event.body["channel"]["id"] == leg_id


async def test_where_nobody_wants_to_know_media_is_not_asked(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in({"action": "conversation", "name": "another"})
    await until(lambda: len(asked(exchange, leg_id)) > 1)
    assert set(asked(exchange, leg_id)) == {0}


async def test_who_changes_the_conversation_changes_what_is_asked(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(ROOM)
    await until(lambda: asked(exchange, leg_id)[-1:] == [LEVEL])
    conversations = ConversationResource(exchange.store, exchange.switchboard, exchange.calls)
    here = (await exchange.leg(leg_id)).conversation_id
    before = len(asked(exchange, leg_id))
    await conversations.update_conversation(
        exchange.application.id, here, ConversationChange(display_name="Lobby")
    )
    for properties, level in (({"speaking_detection_level": 30}, 30), ({}, 0)):
        change = ConversationChange(properties=properties)
        await conversations.update_conversation(exchange.application.id, here, change)
        await until(lambda level=level: asked(exchange, leg_id)[-1:] == [level])  # type: ignore[misc]
    assert asked(exchange, leg_id)[before:] == [30, 0], "a new name changes nothing"


async def test_who_goes_elsewhere_has_not_spoken_there(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(ROOM)
    await until(lambda: asked(exchange, leg_id)[-1:] == [LEVEL])
    lobby = (await exchange.leg(leg_id)).conversation_id
    exchange.calls.speaking(leg_id, speaks=True, level_dbov=-15)
    await exchange.calls.transfer(exchange.application, leg_id, ncco=read_ncco([WAITS]))
    await until(lambda: asked(exchange, leg_id)[-1:] == [0])
    exchange.calls.speaking(leg_id, speaks=False, level_dbov=-70)
    await has_been_told(exchange, leg_id)
    assert [event.type for event in await spoken(exchange, lobby)] == ["audio:speaking:on"]
    assert await spoken(exchange, (await exchange.leg(leg_id)).conversation_id) == []


@pytest.mark.parametrize("level", [-1, 128, "loud", 4.5])
def test_a_level_that_is_none_is_refused(level: object) -> None:
    with pytest.raises(Invalid) as refused:
        convert({"properties": {"speaking_detection_level": level}}, CreateConversation)
    assert list(refused.value.parameters) == ["properties.speaking_detection_level"]


def test_a_level_is_kept_as_it_was_said() -> None:
    body: CreateConversation = convert({"properties": {"speaking_detection_level": 50}}, CreateConversation)
    assert msgspec.to_builtins(body.new().properties) == {"speaking_detection_level": 50}
