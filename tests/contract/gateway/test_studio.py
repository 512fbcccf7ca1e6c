"""The studio: what REST lets sound, has recorded and dials, on real calls whose media is played."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.calls.studio import LiveStudio
from gateway.errors import GatewayError, Invalid, NotFound, Unavailable
from gateway.ncco.actions.talk import Talk
from gateway.ports import Audience, Everybody, NewRecording, OneLeg, Sound, Speech
from gateway.store.queries import LegFilter, Window
from gateway.store.records import Delivery, EventRecord, LegRecord
from media.control import Command, Join, SendDtmf
from tests.support.exchange import Exchange, open_exchange, webhook
from tests.support.played import ANSWER, ncco
from tests.support.waiting import until

pytestmark = pytest.mark.contract

ROOM = {"action": "conversation", "name": "lobby"}
MENU = {"action": "talk", "text": "menu"}
HELLO = Speech(text="hello")
RECORDED = "http://shop.example/recorded"


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        yield opened


class Studio:
    """The studio, with what tests want to see."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.live = LiveStudio(exchange.calls._equipment)
        self.app = exchange.application.id

    async def leg(self, **options: object) -> LegRecord:
        """Somebody who has called into the lobby."""
        leg_id = await self.exchange.answered_call_in({**ROOM, **options})
        # A leg joins the others where it is answered, and then in the lobby.
        await until(lambda: [each for each in self.exchange.media.sent if _joins(each, leg_id)][1:])
        return await self.exchange.leg(leg_id)

    async def say(self, audience: Audience, speech: Speech = HELLO) -> str:
        """Speak, until it is heard: the say_id."""
        fact = await self.live.say(self.app, audience, speech)
        say_id: str = fact.body["say_id"]
        await until(lambda: say_id in self.exchange.media.playing, "the speech")
        return say_id

    async def record(self, audience: Audience, **options: object) -> str:
        """Record: the recording_id."""
        fact = await self.live.record(self.app, audience, NewRecording(**options))  # type: ignore[arg-type]
        return str(fact.body["recording_id"])

    async def ends(self, conversation_id: str, kind: str) -> list[EventRecord]:
        """The facts of a kind, once there is one."""
        found: list[EventRecord] = []
        log = self.exchange.store.log
        while not found:
            found = [fact for fact in await log(conversation_id) if fact.type == kind]
        return found


@pytest.fixture
def studio(exchange: Exchange) -> Studio:
    return Studio(exchange)


def _joins(command: Command, leg_id: str) -> bool:
    return isinstance(command, Join) and command.leg == leg_id


def everybody(leg: LegRecord) -> Everybody:
    return Everybody(conversation_id=leg.conversation_id)


async def test_a_leg_is_spoken_to(studio: Studio, exchange: Exchange) -> None:
    leg = await studio.leg()
    fact = await studio.live.say(studio.app, OneLeg(leg_id=leg.id), HELLO)
    assert (fact.type, fact.from_, fact.to) == ("audio:say", None, leg.member_id)
    await exchange.playing("hello")
    exchange.media.end_plays()
    (done,) = await studio.ends(leg.conversation_id, "audio:say:done")
    assert (done.body["say_id"], done.body["outcome"]) == (fact.body["say_id"], "played")
    assert done.body["channel"]["id"] == leg.id


async def test_everybody_is_spoken_to_by_a_member(studio: Studio, exchange: Exchange) -> None:
    leg = await studio.leg()
    fact = await studio.live.say(studio.app, everybody(leg), HELLO, by=leg.member_id)
    assert (fact.from_, fact.to) == (leg.member_id, None)
    await exchange.playing("hello")
    exchange.media.end_plays()
    (done,) = await studio.ends(leg.conversation_id, "audio:say:done")
    assert "channel" not in done.body
    with pytest.raises(NotFound):
        await studio.live.say(studio.app, everybody(leg), HELLO, by="MEM-nobody")


async def test_the_next_replaces_the_last_of_its_kind_in_its_place(
    studio: Studio, exchange: Exchange
) -> None:
    leg = await exchange.leg(await exchange.answered_call_in(MENU))
    await exchange.playing("menu")
    (menu,) = exchange.media.playing
    first = await studio.say(OneLeg(leg_id=leg.id))
    for_all = await studio.say(everybody(leg))
    second = await studio.say(OneLeg(leg_id=leg.id), Speech(text="again"))
    (done,) = await studio.ends(leg.conversation_id, "audio:say:done")
    assert (done.body["say_id"], done.body["outcome"]) == (first, "stopped")
    assert set(exchange.media.playing) == {menu, for_all, second}


async def test_hushing_stops_what_rest_lets_sound_there_and_nothing_else(
    studio: Studio, exchange: Exchange
) -> None:
    leg = await exchange.leg(await exchange.answered_call_in(MENU))
    await exchange.playing("menu")
    (menu,) = exchange.media.playing
    place = OneLeg(leg_id=leg.id)
    said, for_all = await studio.say(place), await studio.say(everybody(leg))
    with pytest.raises(NotFound):
        await studio.live.hush(studio.app, place, "say", for_all)
    await studio.live.hush(studio.app, place, "play")
    assert set(exchange.media.playing) == {menu, said, for_all}
    await studio.live.hush(studio.app, place, "say", said)
    await until(lambda: set(exchange.media.playing) == {menu, for_all})
    await studio.live.hush(studio.app, everybody(leg), "say")
    await until(lambda: set(exchange.media.playing) == {menu})
    await studio.live.hush(studio.app, place, "say")
    exchange.media.end_plays()
    await exchange.until_gone(leg.id)


async def test_what_is_hushed_at_once_has_an_end_too(studio: Studio) -> None:
    leg = await studio.leg()
    fact = await studio.live.say(studio.app, OneLeg(leg_id=leg.id), HELLO)
    await studio.live.hush(studio.app, OneLeg(leg_id=leg.id), "say")
    (done,) = await studio.ends(leg.conversation_id, "audio:say:done")
    assert (done.body["say_id"], done.body["outcome"]) == (fact.body["say_id"], "stopped")


async def test_what_cannot_be_said_is_told(studio: Studio, exchange: Exchange) -> None:
    leg = await studio.leg()
    exchange.media.mute_about = "no voice for xx"
    for place in (OneLeg(leg_id=leg.id), everybody(leg)):
        await studio.live.say(studio.app, place, HELLO)
    reason = "talk cannot be played: no voice for xx"
    told = exchange.outbox.payloads
    await until(lambda: [each.get("reason") for each in told()].count(reason) == 2)
    for done in await studio.ends(leg.conversation_id, "audio:say:done"):
        assert (done.body["outcome"], done.body["error"]) == ("failed", "no voice for xx")


async def test_a_file_is_fetched_while_it_plays(studio: Studio, exchange: Exchange, tmp_path: Path) -> None:
    leg = await studio.leg()
    exchange.files["http://shop.example/a.wav"] = b"RIFF"
    fact = await studio.live.play(studio.app, everybody(leg), Sound(url="http://shop.example/a.wav", loop=0))
    assert fact.body["stream_url"] == ["http://shop.example/a.wav"]
    await until(lambda: exchange.media.playing)
    (path,) = list((tmp_path / "downloads").iterdir())
    assert path.read_bytes() == b"RIFF"
    await studio.live.hush(studio.app, everybody(leg), "play")
    await studio.ends(leg.conversation_id, "audio:play:done")
    assert not path.exists()


async def test_what_sounds_for_a_leg_ends_with_it(studio: Studio, exchange: Exchange) -> None:
    one, two = await studio.leg(), await studio.leg()
    to_one, to_all = await studio.say(OneLeg(leg_id=one.id)), await studio.say(everybody(one))
    exchange.peer_ends(one.id)
    await exchange.until_gone(one.id)
    assert to_one not in exchange.media.playing
    assert to_all in exchange.media.playing
    exchange.peer_ends(two.id)
    await exchange.until_gone(two.id)
    await until(lambda: not exchange.media.playing)


async def test_what_sounds_for_a_leg_goes_where_it_goes(studio: Studio, exchange: Exchange) -> None:
    leg = await studio.leg()
    said = await studio.say(OneLeg(leg_id=leg.id))
    await exchange.calls.transfer(exchange.application, leg.id, ncco=(Talk(text="menu"),))
    await exchange.playing("menu")
    assert said in exchange.media.playing
    await studio.live.hush(studio.app, OneLeg(leg_id=leg.id), "say")
    (done,) = await studio.ends(leg.conversation_id, "audio:say:done")
    assert (done.body["say_id"], done.to) == (said, leg.member_id)


async def test_a_leg_that_goes_elsewhere_meanwhile_is_found_there(
    studio: Studio, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg = await studio.leg()
    await exchange.calls.transfer(exchange.application, leg.id, ncco=(Talk(text="menu"),))
    await exchange.playing("menu")
    answers = iter([leg])
    read = exchange.store.leg

    async def late(application_id: str, leg_id: str) -> LegRecord | None:
        return next(answers, None) or await read(application_id, leg_id)

    monkeypatch.setattr(exchange.store, "leg", late)
    fact = await studio.live.say(studio.app, OneLeg(leg_id=leg.id), HELLO)
    assert fact.conversation_id == (await exchange.leg(leg.id)).conversation_id != leg.conversation_id


async def test_digits_are_dialled(studio: Studio, exchange: Exchange) -> None:
    leg = await studio.leg()
    fact = await studio.live.dial_digits(studio.app, leg.id, "1p#", by=leg.member_id)
    assert (fact.type, fact.from_, fact.to) == ("audio:dtmf", leg.member_id, leg.member_id)
    assert (fact.body["digits"], fact.body["channel"]["id"]) == ("1p#", leg.id)
    assert exchange.media.sent[-1] == SendDtmf(leg=leg.id, digits="1p#")


async def test_recordings_run_beside_each_other(studio: Studio, exchange: Exchange) -> None:
    leg = await studio.leg(record=True)
    await until(lambda: len(exchange.media.recording) == 1)
    (of_script,) = exchange.media.recording
    place = OneLeg(leg_id=leg.id)
    first = await studio.record(everybody(leg), format="wav", event=webhook(RECORDED))
    second = await studio.record(everybody(leg))
    of_leg = await studio.record(place, channels=2, keep_days=2.0)
    command = exchange.media.recording[of_leg]
    assert (command.leg, command.channels, command.room) == (leg.id, 2, leg.conversation_id)
    with pytest.raises(NotFound):
        await studio.live.stop_recording(studio.app, place, first)
    await studio.live.stop_recording(studio.app, everybody(leg), first)
    (done,) = await studio.ends(leg.conversation_id, "audio:record:done")
    (begun,) = (
        fact
        for fact in await studio.ends(leg.conversation_id, "audio:record")
        if fact.body["recording_id"] == first
    )
    assert (done.body["recording_id"], done.body["event_id"]) == (first, begun.id)

    def told() -> list[Delivery]:
        return [each for each in exchange.outbox.submitted if "recording_url" in each.payload]

    await until(told, "the webhook, which goes out after the fact")
    assert [each.webhook.address for each in told()] == [RECORDED]
    assert set(exchange.media.recording) == {of_script, second, of_leg}
    await studio.live.stop_recording(studio.app, everybody(leg))
    await studio.live.stop_recording(studio.app, everybody(leg))
    await until(lambda: set(exchange.media.recording) == {of_script, of_leg})
    record = await exchange.store.recording(studio.app, of_leg)
    assert record is not None
    assert record.keep_days == 2.0


async def test_recordings_of_one_place_are_bounded(
    studio: Studio, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.calls.studio.MAX_RECORDINGS", 1)
    leg = await studio.leg()
    await studio.record(everybody(leg))
    with pytest.raises(Unavailable):
        await studio.record(everybody(leg))
    await studio.record(OneLeg(leg_id=leg.id))
    assert len(exchange.media.recording) == 2


async def test_a_legs_recording_ends_where_the_leg_goes(studio: Studio, exchange: Exchange) -> None:
    one, two = await studio.leg(), await studio.leg()
    of_one = await studio.record(OneLeg(leg_id=one.id))
    of_two = await studio.record(OneLeg(leg_id=two.id))
    of_all = await studio.record(everybody(one))
    await exchange.calls.transfer(exchange.application, one.id, ncco=())
    await until(lambda: of_one not in exchange.media.recording)
    assert set(exchange.media.recording) == {of_two, of_all}
    (done,) = await studio.ends(two.conversation_id, "audio:record:done")
    assert done.body["channel"]["id"] == one.id
    exchange.peer_ends(two.id)
    await until(lambda: not exchange.media.recording)


async def test_a_recording_ends_at_its_limit_and_beeps(
    studio: Studio, exchange: Exchange, tmp_path: Path
) -> None:
    leg = await studio.leg()
    await studio.record(everybody(leg), limit_s=0.01, beep_start=True, beep_stop=True)
    await studio.ends(leg.conversation_id, "audio:record:done")
    assert not exchange.media.recording
    assert len(exchange.media.playing) == 2
    assert (tmp_path / "beep.wav").read_bytes().startswith(b"RIFF")
    exchange.media.end_plays()


WANTED = ("say", "play", "hush", "record", "stop_recording", "dial_digits")


async def _want(studio: Studio, what: str, place: Audience, app: str) -> None:
    live = studio.live
    match what, place:
        case "say", _:
            await live.say(app, place, HELLO)
        case "play", _:
            await live.play(app, place, Sound(url="http://shop.example/a.wav"))
        case "hush", _:
            await live.hush(app, place, "say")
        case "record", _:
            await live.record(app, place, NewRecording())
        case "stop_recording", _:
            await live.stop_recording(app, place)
        case "dial_digits", OneLeg(leg_id=leg_id):
            await live.dial_digits(app, leg_id, "1")
        case _:
            raise NotFound("only legs are dialled")


async def test_what_is_absent_over_foreign_or_empty_is_not_found(studio: Studio, exchange: Exchange) -> None:
    past, live = await studio.leg(), await studio.leg()
    await exchange.calls.transfer(exchange.application, past.id, ncco=())
    await exchange.until_gone(past.id)
    past = await exchange.leg(past.id)
    for what in WANTED:
        for place in (OneLeg(leg_id="nobody"), OneLeg(leg_id=past.id), Everybody(conversation_id="CON-no")):
            with pytest.raises(NotFound):
                await _want(studio, what, place, studio.app)
        for place in (OneLeg(leg_id=live.id), everybody(live)):
            with pytest.raises(NotFound):
                await _want(studio, what, place, "another application")
    for what in ("say", "play", "record"):
        with pytest.raises(NotFound, match="Nobody"):
            await _want(studio, what, everybody(past), studio.app)
    for what in ("hush", "stop_recording"):
        await _want(studio, what, everybody(past), studio.app)
    assert not exchange.media.playing
    assert not exchange.media.recording


async def test_a_leg_that_rings_hears_nothing_yet(studio: Studio, exchange: Exchange) -> None:
    exchange.outbox.hosts[ANSWER] = ncco({"action": "connect", "endpoint": [_PHONE]})
    exchange.call_in()
    callee = await exchange.dialled()
    for what in ("say", "play", "record", "dial_digits"):
        with pytest.raises(Invalid) as refused:
            await _want(studio, what, OneLeg(leg_id=callee), studio.app)
        assert refused.value.code == "leg:error:not-answered"


_PHONE = {"type": "phone", "number": "447700900003"}


async def test_a_removed_leg_is_hung_up_and_gone_from_lists(studio: Studio, exchange: Exchange) -> None:
    leg = await studio.leg()
    with pytest.raises(NotFound):
        await exchange.calls.remove("another application", leg.id)
    await exchange.calls.remove(studio.app, leg.id)
    await exchange.until_gone(leg.id)
    assert exchange.outbox.statuses(leg.id)[-1] == "completed"
    shown = await exchange.store.legs(studio.app, Window(), LegFilter(shown_only=True))
    assert (shown.rows, shown.total) == ([], 0)
    for unseen in (exchange.calls.remove, exchange.calls.hang_up):
        with pytest.raises(GatewayError) as gone:
            await unseen(studio.app, leg.id)
        assert isinstance(gone.value, NotFound)
    (kept,) = await exchange.all_legs()
    assert msgspec.structs.asdict(kept)["status"] == "completed"
