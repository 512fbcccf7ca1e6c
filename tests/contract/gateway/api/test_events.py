"""Events over HTTP: posted, seen, told, deleted, filtered."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from gateway.store.records import Json
from tests.support.api import PUBLIC_URL, Api, path_of
from tests.support.event_room import Room, open_room

pytestmark = pytest.mark.contract

VERSIONS = ["/beta", "/v0.1", "/v0.3", "/v1"]
NOW = "2020-09-13T12:26:40.000Z"
URL = "https://example.com/a.mp3"
ACL: Json = {"paths": {"/*/conversations/**": {}}}


def endpoints(*methods: str, versions: Sequence[str] = VERSIONS, rest: str = "") -> pytest.MarkDecorator:
    """That a test proves these of every version."""
    path = f"/conversations/{{conversation_id}}/events{rest}"
    return pytest.mark.endpoint(*(f"{method} {version}{path}" for method in methods for version in versions))


@pytest.fixture
async def room(api: Api) -> Room:
    return await open_room(api)


@endpoints("POST")
@endpoints("GET", rest="/{event_id}")
@pytest.mark.parametrize("version", VERSIONS)
async def test_every_version_answers_a_post_with_the_event(room: Room, version: str) -> None:
    sent = {"type": "text", "from": room.alice, "to": room.bob, "body": {"text": "hi"}}
    posted = await room.api.expect(201, "POST", room.path(version), {**sent, "cid": room.id})
    assert posted == await room.read(posted["id"], version)
    href = f"{PUBLIC_URL}{version}/conversations/{room.id}/events/3"
    sender = {
        "from_user": {
            "id": posted["_embedded"]["from_user"]["id"],
            "name": "alice",
            "display_name": "Alice",
            "image_url": "https://example.com/alice.png",
            "custom_data": {"of": "alice"},
        },
        "from_member": {"id": room.alice},
    }
    envelope = {"id": 3, "timestamp": NOW, "_embedded": sender, "_links": {"self": {"href": href}}}
    older = {} if version == "/v1" else {"href": href, "state": {}}
    assert posted == {**sent, **envelope, **older}


async def test_an_event_of_nobody_in_particular(room: Room) -> None:
    new = await room.post("custom:note", {"a": None})
    assert new.keys() == {"id", "type", "body", "timestamp", "_links"}
    old = await room.read(new["id"], "/v0.3")
    assert (old["from"], old["to"]) == ("", "")
    assert "_embedded" not in old


@pytest.mark.parametrize(
    ("kind", "body", "wrong"),
    [
        ("member:left", {}, "type"),
        ("rtc:terminate", {}, "type"),
        ("text", {}, "body.text"),
        ("audio:say", {"text": "hi", "level": 2}, "body.level"),
        ("message", {"message_type": "image", "image": {"url": "x"}}, "body.image.url"),
    ],
)
async def test_what_is_refused_names_the_member_and_leaves_no_gap(
    room: Room, kind: str, body: object, wrong: str
) -> None:
    refused = await room.post(kind, body, status=400)
    assert [each["name"] for each in refused["invalid_parameters"]] == [wrong]
    assert refused["code"] == "http:error:validation-fail"
    assert await room.say() == 3


@pytest.mark.parametrize("who", ["by", "to"])
@pytest.mark.parametrize("kind", ["text", "ephemeral", "audio:say"])
async def test_members_must_be_there(room: Room, who: str, kind: str) -> None:
    body = await room.post(kind, {"text": "hi"}, status=404, **{who: "MEM-none"})
    assert body["code"] == "conversation:error:member-not-found"
    assert room.api.studio.done == []


# Seen and delivered


@pytest.mark.parametrize(
    ("posted", "body", "said", "state"),
    [
        ("text", {"text": "hi"}, "text:seen", "seen_by"),
        ("text", {"text": "hi"}, "text:delivered", "delivered_to"),
        ("image", {"representations": {}}, "image:seen", "seen_by"),
        ("message", {"message_type": "random"}, "message:delivered", "delivered_to"),
        ("message", {"message_type": "random"}, "message:submitted", "submitted_to"),
        ("message", {"message_type": "random"}, "message:rejected", "rejected_by"),
        ("message", {"message_type": "random"}, "message:undeliverable", "undeliverable_to"),
        ("custom:note", {}, "event:seen", "seen_by"),
    ],
)
async def test_what_has_become_of_an_event_stands_in_its_state(
    room: Room, posted: str, body: object, said: str, state: str
) -> None:
    event = await room.post(posted, body, by=room.alice)
    fact = await room.post(said, {"event_id": event["id"]}, by=room.bob)
    assert (fact["type"], fact["body"], fact["from"]) == (said, {"event_id": event["id"]}, room.bob)
    for version in VERSIONS:
        assert (await room.read(event["id"], version))["state"] == {state: {room.bob: NOW}}
    assert {**event, "state": {state: {room.bob: NOW}}} == await room.read(event["id"])


async def test_everybody_who_sees_an_event_is_counted(room: Room) -> None:
    event = await room.post("custom:note", {})
    for member in (room.alice, room.bob):
        await room.post("event:delivered", {"event_id": event["id"]}, by=member)
        await room.post("event:seen", {"event_id": event["id"]}, by=member)
    both = {room.alice: NOW, room.bob: NOW}
    assert (await room.read(event["id"]))["state"] == {"delivered_to": both, "seen_by": both}


async def test_a_state_is_said_once_of_what_others_posted(room: Room) -> None:
    event = await room.say()
    seen, bob, alice = {"event_id": event}, room.bob, room.alice
    await room.post("text:seen", seen, by=bob)
    refusals = {
        "system:error:invalid-event": await room.post("text:seen", seen, 400, by=bob),
        "event:error:permission-denied": await room.post("text:delivered", seen, 400, by=alice),
        "event:error:unknown-event": await room.post("image:seen", seen, 400, by=bob),
        "event:error:not-found": await room.post("text:seen", {"event_id": 99}, 404, by=bob),
        "http:error:validation-fail": await room.post("text:seen", seen, 400),
    }
    assert {code: body["code"] for code, body in refusals.items()} == {code: code for code in refusals}
    joined = await room.post("event:seen", {"event_id": 1}, 400, by=bob)
    assert joined["code"] == "event:error:unknown-event"
    assert (await room.read(event))["state"] == {"seen_by": {room.bob: NOW}}
    assert await room.say() == event + 2


async def test_clients_report_their_own_messages_as_delivered(room: Room) -> None:
    event = await room.post("message", {"message_type": "random"}, by=room.alice)
    own = {"event_id": event["id"]}
    await room.post("message:delivered", own, by=room.alice)
    await room.post("message:seen", own, 400, by=room.alice)


# Deleted


@endpoints("DELETE", versions=[*VERSIONS, "/beta2", "/v0.2"], rest="/{event_id}")
@pytest.mark.parametrize(
    ("version", "status", "answer"),
    [
        ("/beta", 200, {}),
        ("/v0.1", 200, {}),
        ("/beta2", 204, None),
        ("/v0.2", 204, None),
        ("/v0.3", 204, None),
        ("/v1", 204, None),
    ],
)
async def test_a_deleted_event_stays_without_what_it_said(
    room: Room, version: str, status: int, answer: object
) -> None:
    event = await room.say()
    path = room.path(version, f"/{event}?from={room.alice}")
    assert await room.api.expect(status, "DELETE", path) == answer
    shown = await room.read(event)
    assert (shown["id"], shown["type"], shown["from"]) == (event, "text", room.alice)
    assert shown["body"] == {"text": "", "timestamp": {"deleted": NOW}}
    last = (await room.events())[-1]
    assert (last["type"], last["body"], last["from"]) == ("event:delete", {"event_id": event}, room.alice)
    assert await room.api.expect(status, "DELETE", path) == answer
    assert (await room.events())[-1] == last


@pytest.mark.parametrize(
    ("kind", "body", "left"),
    [
        ("image", {"representations": {"original": {"url": URL}}}, {"representations": {}}),
        ("message", {"message_type": "text", "text": "hi"}, {}),
        ("custom:note", {"text": "hi"}, {}),
    ],
)
async def test_what_stays_of_a_body(room: Room, kind: str, body: object, left: dict[str, object]) -> None:
    event = await room.post(kind, body)
    await room.api.expect(204, "DELETE", room.path(rest=f"/{event['id']}"))
    assert (await room.read(event["id"]))["body"] == {**left, "timestamp": {"deleted": NOW}}


async def test_deleted_events_can_be_left_out_of_lists(room: Room) -> None:
    first, second = await room.say("one"), await room.say("two")
    await room.api.expect(204, "DELETE", room.path(rest=f"/{first}"))
    ids = [event["id"] for event in await room.events("&exclude_deleted_events=true")]
    assert ids == [1, 2, second, second + 1]
    assert len(await room.events("&exclude_deleted_events=false")) == 5


async def test_only_what_members_post_can_be_deleted(room: Room) -> None:
    body = await room.api.expect(403, "DELETE", room.path(rest="/1"))
    assert body["code"] == "event:error:permission-denied"
    assert "member:joined" in body["detail"]
    await room.api.expect(404, "DELETE", room.path(rest="/99"))
    await room.api.expect(404, "DELETE", room.path(rest=f"/{await room.say()}?from=MEM-none"))
    assert await room.types("&event_type=event:delete") == []


async def test_a_user_deletes_only_their_own(room: Room) -> None:
    mine, theirs = await room.say(by=room.alice), await room.say(by=room.bob)
    token = room.api.token(sub="alice", acl=ACL)
    await room.api.expect(403, "DELETE", room.path(rest=f"/{theirs}"), token=token)
    await room.api.expect(403, "DELETE", room.path(rest=f"/{mine}?from={room.bob}"), token=token)
    await room.api.expect(204, "DELETE", room.path(rest=f"/{mine}"), token=token)
    assert (await room.events())[-1]["from"] == room.alice


# Told and forgotten


@asynccontextmanager
async def _followed(room: Room) -> AsyncIterator[AsyncIterator[Json]]:
    headers = {"Authorization": f"Bearer {room.api.token()}", "Accept": "text/event-stream"}
    async with room.api.client.get(room.path(), headers=headers) as response:

        async def told() -> AsyncIterator[Json]:
            async for line in response.content:
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))

        yield told()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("ephemeral", {"a": [1, None]}),
        ("text:typing:on", {"activity": 1}),
        ("text:typing:off", {"activity": 0}),
    ],
)
async def test_ephemeral_events_are_told_and_kept_nowhere(
    room: Room, kind: str, body: object, version: str
) -> None:
    async with _followed(room) as told:
        posted = await room.post(kind, body, version=version, by=room.alice)
        event = await anext(told)
    assert (event["type"], event["from"], event["body"]) == (kind, room.alice, body)
    assert "id" not in posted
    assert "id" not in event
    assert posted["timestamp"] == NOW
    assert posted.get("href") in (None, f"{PUBLIC_URL}{room.path(version)}")
    assert await room.types() == ["member:joined", "member:joined"]
    assert [fact.type for fact in await room.api.store.log(room.id)].count(kind) == 0
    assert await room.say() == 3


# Filters


@endpoints("GET", versions=["/v1"])
async def test_events_are_filtered_by_several_types(room: Room) -> None:
    await room.say()
    await room.post("custom:note", {})
    await room.post("message", {"message_type": "random"})
    assert await room.types("&event_type=text") == ["text"]
    assert await room.types("&event_type=member:*") == ["member:joined"] * 2
    assert await room.types("&event_type=text,%20custom:*") == ["text", "custom:note"]
    chat = ["member:joined", "member:joined", "custom:note", "message"]
    assert await room.types("&filter_group_type=ChatEvents&filter_group_version=3") == chat
    assert await room.types("&filter_group_type=ChatEvents&event_type=text,message") == ["message"]
    assert await room.types("&filter_group_type=Others&event_type=text") == ["text"]
    assert await room.types("&event_type=text,message,custom:*&start_id=4&end_id=4") == ["custom:note"]
    refused = await room.api.expect(400, "GET", room.path(rest="?event_type=a,b,c,d,e,f"))
    assert [each["name"] for each in refused["invalid_parameters"]] == ["event_type"]


async def test_what_is_addressed_to_one_is_hidden_from_no_member_and_from_everybody_else(room: Room) -> None:
    posted = await room.post("text", {"text": "hi"}, by=room.alice, to=room.alice)
    await room.api.expect(201, "POST", "/v1/users", {"name": "carol"})
    bob, carol = (room.api.token(sub=name, acl=ACL) for name in ("bob", "carol"))
    page = await room.api.expect(200, "GET", room.path(rest="?event_type=text"), token=bob)
    assert page["_embedded"] == [posted]
    for rest in ("", f"/{posted['id']}"):
        body = await room.api.expect(404, "GET", room.path(rest=rest), token=carol)
        assert body["code"] == "conversation:error:not-found"


async def test_filters_follow_the_links(room: Room) -> None:
    wanted = [await room.say() for _ in range(3)]
    found, path = [], room.path(rest="?page_size=1&event_type=text,custom:*&order=desc")
    while path:
        page = await room.api.expect(200, "GET", path)
        found += [event["id"] for event in page["_embedded"]]
        path = path_of(page["_links"]["next"]["href"]) if "next" in page["_links"] else ""
    assert found == wanted[::-1]


async def test_ringing_and_video_switches_are_written(room: Room) -> None:
    for kind in ("audio:ringing:start", "audio:ringing:stop", "video:mute:on", "video:mute:off"):
        answer = await room.post(kind, {}, by=room.alice)
        assert (await room.events())[-1] == answer
        assert (answer["type"], answer["from"]) == (kind, room.alice)
