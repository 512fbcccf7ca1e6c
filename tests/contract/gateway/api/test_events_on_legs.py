"""Events that act on what sounds: speech, files, recordings, digits and switches of legs."""

from dataclasses import dataclass

import msgspec
import pytest

from gateway.conversation.commands import AnswerLeg, SetAudio, StartLeg
from gateway.errors import NotFound
from gateway.ports import Everybody, NewRecording, OneLeg, Sound, Speech
from gateway.resources import live_audio
from gateway.store.records import Transcription
from tests.support import records
from tests.support.api import APPLICATION, Api
from tests.support.event_room import Room, open_room

pytestmark = pytest.mark.contract

URL = "https://example.com/a.mp3"


@pytest.fixture
async def room(api: Api) -> Room:
    return await open_room(api)


@dataclass
class Stage:
    """A room with two answered legs; what the studio did for it."""

    room: Room
    legs: tuple[str, str]
    members: tuple[str, str]

    def done(self) -> tuple[object, ...]:
        (last,) = self.room.api.studio.done
        return last


@pytest.fixture
async def stage(room: Room) -> Stage:
    api = room.api
    application = await api.store.application(APPLICATION)
    assert application is not None
    for name in ("one", "two"):
        user = records.user(f"USR-{name}", name, APPLICATION)
        leg = msgspec.structs.replace(
            records.leg(f"leg-{name}", application_id=APPLICATION),
            conversation_id=room.id,
            member_id=f"MEM-{name}",
            user_id=user.id,
            user_name=user.name,
        )
        start, answer = StartLeg(leg=leg, user=user), AnswerLeg(leg_id=leg.id)
        await api.switchboard.do(application, room.id, start, answer, users=[user])
    return Stage(room, ("leg-one", "leg-two"), ("MEM-one", "MEM-two"))


async def test_a_text_is_spoken_to_everybody_or_to_one(stage: Stage) -> None:
    say = {"text": "hi", "level": 0.5, "loop": 0, "language": "en-GB", "style": 2, "queue": True}
    answer = await stage.room.post("audio:say", say)
    speech = Speech(text="hi", language="en-GB", style=2, level=0.5, loop=0, also={"queue": True})
    everybody = Everybody(conversation_id=stage.room.id)
    assert stage.done() == ("audio:say", APPLICATION, everybody, speech, None)
    assert answer["body"] == {"say_id": "sound-1"}
    stage.room.api.studio.done.clear()
    one, two = stage.members
    await stage.room.post("audio:say", {"text": "hi"}, to=two, by=one)
    assert stage.done() == ("audio:say", APPLICATION, OneLeg(leg_id="leg-two"), Speech(text="hi"), one)


async def test_a_file_is_played(stage: Stage) -> None:
    answer = await stage.room.post("audio:play", {"stream_url": [URL], "level": -1, "loop": 3})
    everybody = Everybody(conversation_id=stage.room.id)
    assert stage.done() == ("audio:play", APPLICATION, everybody, Sound(url=URL, level=-1, loop=3), None)
    assert answer["body"] == {"play_id": "sound-1"}


async def test_a_recording_is_started(stage: Stage) -> None:
    body = {"format": "vorbis", "validity": 2880, "channels": 2, "beep_start": True}
    answer = await stage.room.post("audio:record", body, to="MEM-one")
    also = {"validity": 2880}
    new = NewRecording(format="ogg", channels=2, beep_start=True, keep_days=2.0, also=also)
    assert stage.done() == ("audio:record", APPLICATION, OneLeg(leg_id="leg-one"), new, None)
    assert answer["body"] == {"recording_id": "sound-1"}


async def test_a_recording_is_to_be_transcribed(stage: Stage) -> None:
    wish = {"language": "en-GB", "sentiment_analysis": True}
    await stage.room.post("audio:record", {"transcription": wish}, to="MEM-one")
    new = stage.done()[3]
    assert isinstance(new, NewRecording)
    assert new.transcription == Transcription(language="en-GB", sentiment=True)
    assert new.also == {"transcription": wish}


@pytest.mark.parametrize(
    ("kind", "body", "done"),
    [
        ("audio:say:stop", {"say_id": "s-1"}, ("hush", "say", "s-1")),
        ("audio:play:stop", {"play_id": "p-1"}, ("hush", "play", "p-1")),
        ("audio:record:stop", {"record_id": "r-1"}, ("stop_recording", "r-1")),
        ("audio:record:stop", {"recording_id": "r-1"}, ("stop_recording", "r-1")),
    ],
)
async def test_a_stop_is_a_fact_of_its_own(
    stage: Stage, kind: str, body: object, done: tuple[object, ...]
) -> None:
    answer = await stage.room.post(kind, body, to="MEM-two", by="MEM-one")
    name, *rest = done
    assert stage.done() == (name, APPLICATION, OneLeg(leg_id="leg-two"), *rest)
    assert (answer["type"], answer["body"], answer["to"]) == (kind, body, "MEM-two")
    assert (await stage.room.events())[-1] == answer


async def test_what_is_stopped_by_its_id_is_looked_for_everywhere(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    found_at: list[object] = [OneLeg(leg_id="leg-two")]

    async def hush(_application: str, audience: object, *_what: object) -> None:
        asked.append(audience)
        if audience not in found_at:
            raise NotFound("not there", code="audio:error:not-found")

    monkeypatch.setattr(stage.room.api.studio, "hush", hush)
    await stage.room.post("audio:say:stop", {"say_id": "s-1"})
    assert asked == [Everybody(conversation_id=stage.room.id), *(OneLeg(leg_id=leg) for leg in stage.legs)]
    found_at.clear()
    before = await stage.room.types()
    body = await stage.room.post("audio:say:stop", {"say_id": "s-1"}, 404)
    assert body["code"] == "audio:error:not-found"
    assert await stage.room.types() == before


def _digits(*legs: str, by: str | None = None) -> list[tuple[object, ...]]:
    return [("audio:dtmf", APPLICATION, leg, "12#", by) for leg in legs]


async def test_digits_go_to_who_is_meant(stage: Stage) -> None:
    one, _two = stage.members
    studio = stage.room.api.studio
    answer = await stage.room.post("audio:dtmf", {"digits": "12#"}, to="MEM-two")
    assert answer["body"] == {"dtmf_id": "sound-1"}
    assert studio.done == _digits("leg-two")
    studio.done.clear()
    await stage.room.post("audio:dtmf", {"digit": "12#", "channel": {"type": "app", "id": "leg-two"}})
    assert studio.done == _digits("leg-two")
    studio.done.clear()
    own = {"digit": "12#", "channel": {"type": "app", "id": "leg-one"}}
    await stage.room.post("audio:dtmf", own, by=one)
    assert studio.done == _digits("leg-two", by=one)
    studio.done.clear()
    await stage.room.post("audio:dtmf", {"digits": "12#"})
    assert studio.done == _digits("leg-one", "leg-two")


@pytest.fixture
def switches(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Calls whose legs throw their switches, and which were thrown."""
    thrown: list[tuple[object, ...]] = []
    api = stage.room.api

    async def set_audio(
        application_id: str, leg_id: str, *, muted: bool | None = None, earmuffed: bool | None = None
    ) -> None:
        thrown.append((leg_id, muted, earmuffed))
        application = await api.store.application(application_id)
        assert application is not None
        command = SetAudio(leg_id=leg_id, muted=muted, earmuffed=earmuffed)
        await api.switchboard.do(application, stage.room.id, command)

    monkeypatch.setattr(api.calls, "set_audio", set_audio)
    return thrown


@pytest.mark.parametrize(
    ("kind", "thrown"),
    [
        ("audio:mute:on", (True, None)),
        ("audio:mute:off", (False, None)),
        ("audio:earmuff:on", (None, True)),
        ("audio:earmuff:off", (None, False)),
    ],
)
@pytest.mark.parametrize(
    "fields",
    [
        {"body": {"rtc_id": "leg-two"}},
        {"body": {"rtc_id": "leg-two"}, "from": "MEM-two", "to": "MEM-two"},
        {"to": "MEM-two"},
        {"from": "MEM-two", "body": {}},
        {"to": "MEM-two", "body": {"rtc_id": None}},
    ],
)
async def test_a_leg_is_switched(
    stage: Stage,
    switches: list[tuple[object, ...]],
    kind: str,
    thrown: tuple[object, ...],
    fields: dict[str, object],
) -> None:
    answer = await stage.room.api.expect(201, "POST", stage.room.path(), {"type": kind, **fields})
    assert switches == [("leg-two", *thrown)]
    assert (answer["type"], answer["from"], answer["body"]) == (kind, "MEM-two", {"rtc_id": "leg-two"})
    assert (await stage.room.events())[-1] == answer


async def test_a_leg_that_does_not_get_round_to_it_is_not_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_audio, "SWITCH_DEADLINE_S", 0.0)
    answer = await stage.room.post("audio:mute:on", {"rtc_id": "leg-one"}, 503)
    assert "busy" in answer["detail"]
    assert not stage.room.api.switchboard._followers._all


@pytest.mark.parametrize(
    ("kind", "body", "to_alice"),
    [
        ("audio:mute:on", {}, True),
        ("audio:mute:on", {}, False),
        ("audio:mute:on", {"rtc_id": "leg-none"}, False),
        ("audio:dtmf", {"digits": "1"}, True),
        ("audio:dtmf", {"digits": "1", "channel": {"id": "leg-none"}}, False),
        ("audio:say", {"text": "hi"}, True),
        ("audio:record:stop", {"record_id": "r-1"}, True),
    ],
)
async def test_a_leg_that_is_not_there_is_not_found(
    stage: Stage, kind: str, body: object, to_alice: bool
) -> None:
    to = stage.room.alice if to_alice else None
    answer = await stage.room.post(kind, body, 404, to=to)
    assert answer["code"] == "leg:error:not-found"
    assert stage.room.api.studio.done == []


async def test_a_leg_of_another_conversation_is_not_found(stage: Stage) -> None:
    other = await stage.room.api.expect(201, "POST", "/v1/conversations", {})
    event = {"type": "audio:mute:on", "body": {"rtc_id": "leg-one"}}
    path = f"/v1/conversations/{other['id']}/events"
    assert (await stage.room.api.expect(404, "POST", path, event))["code"] == "leg:error:not-found"
