"""The bodies of what happens in a call, and of what is posted into it, beside the published ones."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.api.validation import convert
from gateway.calls.studio import LiveStudio
from gateway.conversation.client_events import body_type
from gateway.errors import NotFound
from gateway.legs.sip_codes import end_of
from gateway.ports import NewConversation, NewEvent
from gateway.resources.events import EventResource
from gateway.resources.live_audio import LiveAudio
from gateway.store.records import EventRecord, Json
from media.control import SendDtmf
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import ANSWER, ncco
from tests.support.published import Comparison, Published

pytestmark = pytest.mark.contract

PUBLISHED = Published.load("events").answers
CONNECT = {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900003"}]}
URL = "http://shop.example/tune.wav"


class Call:
    """A call of two legs, and events that one of them posts."""

    def __init__(self, exchange: Exchange, caller: str, callee: str, conversation_id: str) -> None:
        self.exchange = exchange
        self.caller, self.callee = caller, callee
        self.conversation_id = conversation_id
        self.mine, self.theirs = (
            exchange.switchboard.leg(conversation_id, leg).member_id for leg in (caller, callee)
        )
        studio = LiveStudio(exchange.equipment)
        self._events = EventResource(
            exchange.store, exchange.switchboard, LiveAudio(exchange.switchboard, studio, exchange.calls)
        )

    async def post(
        self, kind: str, body: Json, *, to: str | None = None, by: str | None = None
    ) -> EventRecord:
        """Post an event, the caller's if nobody else's."""
        read = convert(body, body_type(kind), text=True)
        new = NewEvent(type=kind, body=read, from_=by or self.mine, to=to)
        return await self._events.post_event(self.exchange.application.id, self.conversation_id, new)

    async def facts(self) -> list[EventRecord]:
        """What has happened."""
        return await self.exchange.store.log(self.conversation_id)

    async def delete(self, fact: EventRecord) -> None:
        """Delete an event."""
        assert fact.id is not None
        application_id = self.exchange.application.id
        await self._events.delete_event(application_id, self.conversation_id, fact.id, self.mine)

    async def hang_up(self) -> None:
        """The caller goes, and with it the callee."""
        self.exchange.peer_ends(self.caller)
        await self.exchange.until_gone(self.caller)
        await self.exchange.until_gone(self.callee)


@pytest.fixture
async def call(tmp_path: Path) -> AsyncIterator[Call]:
    async with open_exchange(tmp_path) as exchange:
        exchange.files[URL] = b"RIFF"
        exchange.outbox.hosts[ANSWER] = ncco(CONNECT)
        caller = exchange.call_in()
        callee = await exchange.dialled()
        exchange.calls.ringing(callee)
        exchange.calls.answered(callee, None)
        await exchange.until_told(caller, "answered")
        yield Call(exchange, caller, callee, (await exchange.leg(caller)).conversation_id)


def deviations(facts: list[EventRecord]) -> dict[str, set[str]]:
    """How far bodies are from the published ones, by type."""
    compared: dict[str, Comparison] = {}
    for fact in facts:
        if fact.type in PUBLISHED and fact.deleted is None:
            comparison = compared.setdefault(fact.type, Comparison(fact.type))
            comparison.add(PUBLISHED[fact.type], 200, fact.body)
    return {kind: each.differences for kind, each in compared.items() if each.differences}


async def test_what_a_call_writes_is_as_published(call: Call) -> None:
    call.exchange.calls.digit(call.caller, "5", 80)
    await call.hang_up()
    facts = await call.facts()
    assert deviations(facts) == {}
    calls = {f"sip:{what}" for what in ("ringing", "answered", "hangup", "status")}
    members = {f"member:{what}" for what in ("joined", "media", "left")}
    assert {fact.type for fact in facts} >= {*calls, *members, "leg:status:update", "audio:dtmf"}


async def test_a_call_that_is_refused_has_all_its_figures(call: Call) -> None:
    exchange = call.exchange
    await call.hang_up()
    caller = exchange.call_in()
    callee = await exchange.dialled(2)
    exchange.peer_ends(callee, end_of(486))
    await exchange.until_gone(callee)
    facts = await exchange.store.log((await exchange.leg(callee)).conversation_id)
    assert deviations(facts) == {}
    exchange.peer_ends(caller)


async def test_a_transfer_is_as_published(call: Call) -> None:
    exchange = call.exchange
    room = await exchange.switchboard.open(exchange.application, NewConversation())
    leg = await exchange.leg(call.caller)
    await exchange.switchboard.move(exchange.application, leg, room.id)
    facts = await exchange.store.log(room.id)
    assert deviations(facts) == {}
    numbered = [fact.type for fact in facts if fact.id is not None]
    assert numbered == ["rtc:transfer", "member:joined", "member:media"]
    await exchange.switchboard.move(
        exchange.application, await exchange.leg(call.caller), call.conversation_id
    )
    await call.hang_up()


async def test_what_is_posted_into_a_call_is_as_published(call: Call) -> None:
    text = await call.post("text", {"text": "hi"})
    assert text.id is not None
    await call.post("text:seen", {"event_id": text.id}, by=call.theirs)
    await call.post("text:delivered", {"event_id": text.id}, by=call.theirs)
    await call.delete(await call.post("text", {"text": "never mind"}))
    say = await call.post("audio:say", {"text": "hi", "queue": True, "voice_name": "Amy", "ssml": False})
    # What sounds for everybody is of no channel, where the published bodies always have one.
    play = await call.post("audio:play", {"stream_url": [URL], "queue": False}, to=call.theirs)
    record = await call.post("audio:record", {"validity": 60, "streamed": True}, to=call.theirs)
    await call.post("audio:dtmf", {"digit": "12#"}, to=call.theirs)
    for switch in ("mute", "earmuff"):
        for state in ("on", "off"):
            await call.post(f"audio:{switch}:{state}", {"rtc_id": call.callee})
    await call.post("audio:say:stop", {"say_id": say.body["say_id"]})
    await call.post("audio:play:stop", {"play_id": play.body["play_id"]})
    await call.post("audio:record:stop", {"record_id": record.body["recording_id"]})
    await call.hang_up()
    await call.exchange.recordings.close()
    facts = await call.facts()
    assert deviations(facts) == {}
    done = {f"audio:{what}:{how}" for what in ("say", "play", "record") for how in ("stop", "done")}
    assert {fact.type for fact in facts} >= {*done, "audio:mute:on", "event:delete", "text:seen"}
    assert (say.body["queue"], say.body["voice_name"], say.body["ssml"]) == (True, "Amy", False)
    assert (record.body["validity"], record.body["streamed"]) == (60, True)


async def test_what_is_posted_is_done_to_the_legs(call: Call) -> None:
    media = call.exchange.media
    muted = await call.post("audio:mute:on", {}, to=call.theirs)
    assert (muted.from_, muted.body) == (call.theirs, {"rtc_id": call.callee})
    assert (await call.exchange.leg(call.callee)).muted
    await call.post("audio:dtmf", {"digit": "12#", "channel": {"type": "app", "id": call.caller}})
    assert [each for each in media.sent if isinstance(each, SendDtmf)] == [
        SendDtmf(leg=call.callee, digits="12#")
    ]
    say = await call.post("audio:say", {"text": "only you"}, to=call.theirs)
    await call.exchange.playing("only you")
    await call.post("audio:say:stop", {"say_id": say.body["say_id"]})
    with pytest.raises(NotFound):
        await call.post("audio:play:stop", {"play_id": say.body["say_id"]})
    await call.hang_up()
