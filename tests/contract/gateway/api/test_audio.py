"""Acts on live audio over HTTP: what is asked of the studio, what is answered, what is refused."""

from typing import Any

import msgspec
import pytest

from gateway.ncco.texts import MAX_TEXT
from gateway.ports import Everybody, NewRecording, OneLeg, Sound, Speech
from gateway.store.records import Batch, Transcription, Webhook
from tests.support import records
from tests.support.api import APPLICATION, NEIGHBOUR, Api

pytestmark = pytest.mark.contract

LEG, ROOM = "leg-1", "CON-1"
TEXT, URL = {"text": "hello"}, {"stream_url": ["https://files.example.test/a.mp3"]}
SAID, PLAYED = Speech(text="hello"), Sound(url=URL["stream_url"][0])
TO_LEG, TO_ROOM = OneLeg(leg_id=LEG), Everybody(conversation_id=ROOM)
OLD, NEW = ("/beta", "/v0.1"), ("/v0.3", "/v1")
TALK, DTMF, RECORD = (f"/v1/calls/{LEG}/talk", f"/v1/calls/{LEG}/dtmf", f"/v1/conversations/{ROOM}/record")
RECORDING = f"/v0.3/legs/{LEG}/recording"


@pytest.fixture
async def studio(api: Api) -> Api:
    """The interface with an answered leg in a conversation."""
    leg = records.leg(LEG, "answered", application_id=APPLICATION)
    conversation = records.conversation(ROOM, application_id=APPLICATION)
    await api.store.commit(Batch(legs=[leg], conversations=[conversation]))
    return api


@pytest.mark.parametrize(
    ("method", "name", "body", "message", "noted"),
    [
        ("PUT", "talk", TEXT, "Talk started", ("audio:say", APPLICATION, TO_LEG, SAID, None)),
        ("DELETE", "talk", None, "Talk stopped", ("hush", APPLICATION, TO_LEG, "say", None)),
        ("PUT", "stream", URL, "Stream started", ("audio:play", APPLICATION, TO_LEG, PLAYED, None)),
        ("DELETE", "stream", None, "Stream stopped", ("hush", APPLICATION, TO_LEG, "play", None)),
        ("PUT", "dtmf", {"digits": "12#p"}, "DTMF sent", ("audio:dtmf", APPLICATION, LEG, "12#p", None)),
    ],
)
async def test_calls(
    studio: Api, method: str, name: str, body: object, message: str, noted: tuple[object, ...]
) -> None:
    answer = await studio.expect(200, method, f"/v1/calls/{LEG}/{name}", body)
    assert answer == {"message": message, "uuid": LEG}
    assert studio.studio.done == [noted]


def in_versions(*endpoints: str) -> pytest.MarkDecorator:
    """The parameter `version`, and that the test proves these endpoints in each."""
    return pytest.mark.parametrize(
        "version",
        [
            pytest.param(
                version,
                marks=pytest.mark.endpoint(*(each.replace(" ", f" {version}") for each in endpoints)),
            )
            for version in (*OLD, *NEW)
        ],
    )


@in_versions(
    *(f"{method} /legs/{{id}}/{name}" for method in ("POST", "PUT") for name in ("talk", "stream", "dtmf")),
    *(f"{method} /legs/{{id}}/recording" for method in ("POST", "PUT")),
    *(f"DELETE /legs/{{id}}/{name}" for name in ("talk", "stream", "recording")),
)
async def test_legs(studio: Api, version: str) -> None:
    first_id = "uuid" if version in OLD else "id"
    begun = (
        ("talk", TEXT, "Talk started"),
        ("stream", URL, "Stream started"),
        ("dtmf", {"digits": "1aD#pP"}, "DTMF sent"),
    )
    for method in ("POST", "PUT"):
        for name, body, message in begun:
            answer = await studio.expect(200, method, f"{version}/legs/{LEG}/{name}", body)
            assert answer == {"message": message, first_id: LEG}
        answer = await studio.expect(200, method, f"{version}/legs/{LEG}/recording", {"split": True})
        assert answer == {"message": "Recording started", first_id: f"sound-{len(studio.studio.done)}"}
    for name, what in (("talk", "Talk"), ("stream", "Stream"), ("recording", "Recording")):
        ended = await studio.send("DELETE", f"{version}/legs/{LEG}/{name}")
        told = {"message": f"{what} stopped", "uuid": LEG}
        assert ended == ((200, told) if version in OLD else (204, None))
    assert studio.studio.done[4:] == [
        ("audio:say", APPLICATION, TO_LEG, SAID, None),
        ("audio:play", APPLICATION, TO_LEG, PLAYED, None),
        ("audio:dtmf", APPLICATION, LEG, "1aD#pP", None),
        ("audio:record", APPLICATION, TO_LEG, NewRecording(channels=2), None),
        ("hush", APPLICATION, TO_LEG, "say", None),
        ("hush", APPLICATION, TO_LEG, "play", None),
        ("stop_recording", APPLICATION, TO_LEG, None),
    ]


@in_versions("GET /legs", "GET /legs/{id}", "PUT /legs/{id}", "DELETE /legs/{id}")
async def test_a_leg_is_read_steered_and_removed(studio: Api, version: str) -> None:
    leg = await studio.expect(200, "GET", f"{version}/legs/{LEG}")
    assert (leg["uuid"], leg["status"]) == (LEG, "answered")
    assert (await studio.expect(200, "GET", f"{version}/legs"))["_embedded"]["legs"] == [leg]
    old = version in OLD
    await studio.expect(200 if old else 204, "PUT", f"{version}/legs/{LEG}", {"action": "mute"})
    await studio.expect(200 if old else 204, "DELETE", f"{version}/legs/{LEG}")
    assert studio.calls.done == [("set_audio", LEG, True, None), ("remove", APPLICATION, LEG)]


@in_versions(
    "PUT /conversations/{id}/record",
    *(
        f"{method} /conversations/{{id}}/{name}"
        for method in ("PUT", "DELETE")
        for name in ("talk", "stream")
    ),
)
async def test_conversations(studio: Api, version: str) -> None:
    path = f"{version}/conversations/{ROOM}"
    for method, name, body, message in (
        ("PUT", "talk", TEXT, "Talk started"),
        ("PUT", "stream", URL, "Stream started"),
        ("DELETE", "talk", None, "Talk stopped"),
        ("DELETE", "stream", None, "Stream stopped"),
    ):
        answer = await studio.expect(200, method, f"{path}/{name}", body)
        assert answer == {"message": message, "uuid": ROOM}
    await studio.expect(204, "PUT", f"{path}/record", {"action": "start"})
    await studio.expect(204, "PUT", f"{path}/record", {"action": "stop"})
    assert studio.studio.done == [
        ("audio:say", APPLICATION, TO_ROOM, SAID, None),
        ("audio:play", APPLICATION, TO_ROOM, PLAYED, None),
        ("hush", APPLICATION, TO_ROOM, "say", None),
        ("hush", APPLICATION, TO_ROOM, "play", None),
        ("audio:record", APPLICATION, TO_ROOM, NewRecording(), None),
        ("stop_recording", APPLICATION, TO_ROOM, None),
    ]


@pytest.mark.parametrize(
    ("path", "body", "wanted"),
    [
        (TALK, {**TEXT, "level": "-0.5", "loop": 0}, Speech(text="hello", level=-0.5, loop=0)),
        (TALK, {**TEXT, "level": 1, "language": "es-ES"}, Speech(text="hello", level=1.0, language="es-ES")),
        (TALK, {**TEXT, "voice_name": "Kimberly", "style": 2}, Speech(text="hello", style=2)),
        (
            RECORD,
            {
                "action": "start",
                "event_url": ["https://app.example.test/recorded"],
                "event_method": "GET",
                "split": "conversation",
                "format": "vorbis",
                "timeout": 60,
                "retention_ttl": 7,
            },
            NewRecording(
                format="ogg",
                channels=2,
                limit_s=60,
                keep_days=7,
                event=Webhook(address="https://app.example.test/recorded", http_method="GET"),
            ),
        ),
        (
            RECORD,
            {
                "action": "start",
                "transcription": {
                    "language": "en-GB",
                    "event_url": ["https://app.example.test/text"],
                    "sentiment_analysis": True,
                },
            },
            NewRecording(
                transcription=Transcription(
                    language="en-GB",
                    webhook=Webhook(address="https://app.example.test/text"),
                    sentiment=True,
                )
            ),
        ),
        (RECORDING, {"transcription": {}}, NewRecording(transcription=Transcription())),
        (
            RECORDING,
            {"beep": True, "streamed": True, "validity_time": 720, "format": "wav"},
            NewRecording(format="wav", beep_start=True, beep_stop=True, keep_days=0.5),
        ),
    ],
)
async def test_options(studio: Api, path: str, body: object, wanted: object) -> None:
    await studio.send("PUT", path, body)
    (noted,) = studio.studio.done
    assert noted[3] == wanted


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        (TALK, {}, "text"),
        (TALK, {"text": ""}, "text"),
        (TALK, {"text": "<speak>" + "a" * (MAX_TEXT + 1) + "</speak>"}, "text"),
        (TALK, {"text": "<b>a</b>" * (MAX_TEXT // 8 + 1)}, "text"),
        (TALK, {**TEXT, "level": 1.1}, "level"),
        (TALK, {**TEXT, "level": "loud"}, "level"),
        (TALK, {**TEXT, "level": "nan"}, "level"),
        (TALK, {**TEXT, "loop": -1}, "loop"),
        (TALK, {**TEXT, "style": "nice"}, "style"),
        (f"/v1/calls/{LEG}/stream", {}, "stream_url"),
        (f"/v1/calls/{LEG}/stream", {"stream_url": []}, "stream_url"),
        (f"/v1/calls/{LEG}/stream", {"stream_url": ["file:///etc/passwd"]}, "stream_url"),
        (DTMF, {}, "digits"),
        (DTMF, {"digits": ""}, "digits"),
        (DTMF, {"digits": "12x"}, "digits"),
        (DTMF, {"digits": "12A"}, "digits"),
        (DTMF, {"digits": "P"}, "digits"),
        (DTMF, {"digits": "1" * 46}, "digits"),
        (RECORD, {}, "action"),
        (RECORD, {"action": "pause"}, "action"),
        (RECORD, {"action": "start", "timeout": 2}, "timeout"),
        (RECORD, {"action": "start", "format": "flac"}, "format"),
        (RECORD, {"action": "start", "split": "person"}, "split"),
        (RECORD, {"action": "start", "transcription": {"language": "English"}}, "transcription.language"),
        (RECORD, {"action": "start", "transcription": {"event_url": "https://a.example"}}, "event_url"),
        (RECORDING, {"public": True}, "public"),
        (RECORDING, {"destination_url": ["https://app.example.test/"]}, "destination_url"),
        (RECORDING, {"validity_time": 0}, "validity_time"),
    ],
)
async def test_what_is_wrong_is_named(studio: Api, path: str, body: object, name: str) -> None:
    answer = await studio.expect(400, "PUT", path, body)
    assert name in _names(answer["invalid_parameters"])
    assert not studio.studio.done


def _names(parameters: Any) -> str:  # noqa: ANN401 - JSON
    """The Voice API has an object, the others a list."""
    found = parameters if isinstance(parameters, dict) else [each["name"] for each in parameters]
    return " ".join(found)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/calls/{leg}/talk", TEXT),
        ("DELETE", "/v1/calls/{leg}/stream", None),
        ("PUT", "/v1/calls/{leg}/dtmf", {"digits": "1"}),
        ("PUT", "/v1/calls/{leg}/input/dtmf", {"event_url": ["https://app.example.test/"]}),
        ("POST", "/v0.3/legs/{leg}/stream", URL),
        ("DELETE", "/v0.3/legs/{leg}/talk", None),
        ("POST", "/v0.3/legs/{leg}/recording", {}),
        ("PUT", "/v0.3/legs/{leg}", {"action": "hangup"}),
        ("DELETE", "/v0.3/legs/{leg}", None),
        ("PUT", "/v1/conversations/{room}/record", {"action": "start"}),
        ("PUT", "/v1/conversations/{room}/talk", TEXT),
        ("DELETE", "/v1/conversations/{room}/stream", None),
    ],
)
async def test_what_is_absent_and_what_is_foreign_look_alike(
    studio: Api, method: str, path: str, body: object
) -> None:
    absent = await studio.expect(404, method, path.format(leg="leg-2", room="CON-2"), body)
    token = studio.token(NEIGHBOUR)
    foreign = await studio.expect(404, method, path.format(leg=LEG, room=ROOM), body, token=token)
    assert {**absent, "instance": ""} == {**foreign, "instance": ""}
    assert not studio.studio.done
    assert not studio.calls.done


async def test_digits_are_followed_and_no_more(studio: Api) -> None:
    path, url = f"/v1/calls/{LEG}/input/dtmf", "https://app.example.test/digits"
    await studio.expect(204, "PUT", path, {"event_url": [url]})
    await studio.expect(204, "DELETE", path)
    followed = Webhook(address=url)
    assert studio.calls.done == [
        ("follow_digits", APPLICATION, LEG, followed),
        ("follow_digits", APPLICATION, LEG, None),
    ]
    answer = await studio.expect(400, "PUT", path, {})
    assert "event_url" in _names(answer["invalid_parameters"])


@pytest.mark.parametrize(
    ("action", "done"),
    [
        ("hangup", ("hang_up", APPLICATION, LEG)),
        ("mute", ("set_audio", LEG, True, None)),
        ("unmute", ("set_audio", LEG, False, None)),
        ("earmuff", ("set_audio", LEG, None, True)),
        ("unearmuff", ("set_audio", LEG, None, False)),
    ],
)
async def test_legs_are_steered(studio: Api, action: str, done: tuple[object, ...]) -> None:
    await studio.expect(204, "PUT", f"/v0.3/legs/{LEG}", {"action": action})
    leg = await studio.expect(200, "PUT", f"/v0.1/legs/{LEG}", {"action": action, "uuid": LEG})
    assert leg["uuid"] == LEG
    assert studio.calls.done == [done] * 2
    await studio.expect(400, "PUT", f"/v0.3/legs/{LEG}", {"action": "answer"})


async def test_legs_are_removed(studio: Api) -> None:
    assert await studio.send("DELETE", f"/v0.1/legs/{LEG}") == (200, {})
    assert await studio.send("DELETE", f"/v0.3/legs/{LEG}") == (204, None)
    assert studio.calls.done == [("remove", APPLICATION, LEG)] * 2


async def test_a_removed_leg_is_in_no_list(studio: Api) -> None:
    await studio.store.remove_leg(NEIGHBOUR, LEG)
    await studio.expect(200, "GET", f"/v0.3/legs/{LEG}")
    await studio.store.remove_leg(APPLICATION, LEG)
    for path in (f"/v0.3/legs/{LEG}", f"/v1/calls/{LEG}"):
        await studio.expect(404, "GET", path)
    for path, name in (("/v0.1/legs", "legs"), ("/v0.3/legs", "legs"), ("/v1/calls", "calls")):
        assert (await studio.expect(200, "GET", path))["_embedded"][name] == []
    # It may still live: what becomes of it is written, and the mark stays.
    ended = msgspec.structs.replace(records.leg(LEG, "completed", application_id=APPLICATION))
    await studio.store.commit(Batch(legs=[ended]))
    await studio.expect(404, "GET", f"/v0.3/legs/{LEG}")
    assert await studio.store.open_legs() == []


async def test_legs_are_paged_in_the_style_of_their_version(studio: Api) -> None:
    more = [records.leg(f"leg-{number}", application_id=APPLICATION) for number in (2, 3)]
    await studio.store.commit(Batch(legs=more))
    old = await studio.expect(200, "GET", "/v0.1/legs?page_size=2&conversation_uuid=CON-1")
    assert (old["count"], old["record_index"], len(old["_embedded"]["legs"])) == (3, 0, 2)
    new = await studio.expect(200, "GET", "/v0.3/legs?page_size=2")
    assert set(new) == {"page_size", "_embedded", "_links"}
    following = new["_links"]["next"]["href"].removeprefix(studio.services.public_url)
    rest = await studio.expect(200, "GET", following)
    assert [leg["id"] for leg in rest["_embedded"]["legs"]] == ["leg-3"]
    either = await studio.expect(200, "GET", "/v0.3/legs?record_index=1")
    assert (either["count"], [leg["id"] for leg in either["_embedded"]["legs"]]) == (3, ["leg-2", "leg-3"])
