"""Conversations, members, events and users over HTTP, in the shapes of their versions."""

import base64
import re
from typing import Any

import pytest
from yarl import URL

from tests.support.api import NEIGHBOUR, PUBLIC_URL, Api, path_of

pytestmark = pytest.mark.contract

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


async def _conversation(api: Api, **fields: object) -> str:
    body = await api.expect(201, "POST", "/v1/conversations", fields)
    return str(body["id"])


async def _user(api: Api, name: str) -> str:
    return str((await api.expect(201, "POST", "/v1/users", {"name": name}))["id"])


async def _member(api: Api, conversation: str, user: str) -> str:
    body = {"state": "joined", "user": {"id": user}, "channel": {"type": "app"}}
    created = await api.expect(201, "POST", f"/v1/conversations/{conversation}/members", body)
    return str(created["id"])


async def test_v1_answers_an_empty_creation_as_the_published_service(api: Api) -> None:
    body = await api.expect(201, "POST", "/v1/conversations", {})
    assert re.fullmatch(f"CON-{UUID}", body["id"])
    assert re.fullmatch(f"NAM-{UUID}", body["name"])
    assert body["state"] == "ACTIVE"
    assert body["timestamp"] == {"created": "2020-09-13T12:26:40.000Z"}
    assert body["_links"] == {"self": {"href": f"{PUBLIC_URL}/v1/conversations/{body['id']}"}}
    assert body.keys() <= {"id", "name", "state", "sequence_number", "timestamp", "properties", "_links"}
    assert await api.expect(200, "GET", path_of(body["_links"]["self"]["href"])) == body


async def test_beta_answers_a_creation_with_id_and_href_and_reads_with_uuid_and_members(api: Api) -> None:
    created = await api.expect(
        201, "POST", "/beta/conversations", {"name": "lobby", "originating_session": "S"}
    )
    assert created == {"id": created["id"], "href": f"{PUBLIC_URL}/beta/conversations/{created['id']}"}
    member = await _member(api, created["id"], await _user(api, "alice"))
    body = await api.expect(200, "GET", path_of(created["href"]))
    assert (body["uuid"], body["name"], body["display_name"]) == (created["id"], "lobby", "lobby")
    assert "id" not in body
    (shown,) = body["members"]
    assert (shown["member_id"], shown["name"], shown["state"]) == (member, "alice", "JOINED")
    assert shown["timestamp"].keys() == {"joined"}


async def test_v0_1_creates_with_200(api: Api) -> None:
    await api.expect(200, "POST", "/v0.1/conversations", {})
    await api.expect(200, "POST", "/v0.1/users", {})


async def test_a_taken_name_is_a_conflict(api: Api) -> None:
    await _conversation(api, name="lobby")
    body = await api.expect(409, "POST", "/v1/conversations", {"name": "lobby"})
    assert body["code"] == "conversation:error:duplicate-name"
    assert body["detail"].endswith("Please provide a unique conversation name and try again.")
    await _user(api, "alice")
    body = await api.expect(409, "POST", "/v1/users", {"name": "alice"})
    assert body["code"] == "user:error:duplicate-name"
    assert body["detail"].endswith("Please provide a unique user name and try again.")


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_who_follows_links_gets_each_row_once_while_rows_are_added(api: Api, order: str) -> None:
    ids = [await _conversation(api) for _ in range(5)]
    expected = ids if order == "asc" else ids[::-1]
    path = f"/beta/conversations?page_size=2&order={order}"
    found, pages = [], []
    while path:
        body = await api.expect(200, "GET", path)
        pages.append([row["uuid"] for row in body["_embedded"]["conversations"]])
        found += pages[-1]
        if order == "desc":
            await _conversation(api)
            assert body["count"] == 5
        links = body["_links"]
        again = await api.expect(200, "GET", path_of(links["self"]["href"]))
        if "cursor" in links["self"]["href"]:
            assert [row["uuid"] for row in again["_embedded"]["conversations"]] == pages[-1]
        path = path_of(links["next"]["href"]) if "next" in links else ""
    assert found == expected
    back = await api.expect(200, "GET", path_of(links["prev"]["href"]))
    assert [row["uuid"] for row in back["_embedded"]["conversations"]] == pages[-2]
    assert back["record_index"] == 2


async def test_a_cursor_that_skips_backwards_is_none(api: Api) -> None:
    skipping = base64.urlsafe_b64encode(b'["1",false,-1]').decode().rstrip("=")
    await api.expect(400, "GET", f"/beta/conversations?cursor={skipping}")


async def test_conversations_are_listed_by_when_they_began(api: Api) -> None:
    ids = []
    for _ in range(3):
        ids.append(await _conversation(api))
        api.clock.advance(60)
    for version in ("/v0.1", "/v1"):
        for query, expected in (
            ("date_start=2020-09-13T12:27:40Z", ids[1:]),
            ("date_end=2020-09-13T12:27:40Z", ids[:2]),
            ("date_start=2020-09-13T12:27:00Z&date_end=2020-09-13T12:28:00Z", ids[1:2]),
        ):
            body = await api.expect(200, "GET", f"{version}/conversations?{query}")
            rows = body["_embedded"]["conversations"]
            assert [row.get("uuid") or row["id"] for row in rows] == expected, (version, query)


@pytest.mark.parametrize("version", ["/beta", "/v0.1"])
@pytest.mark.endpoint("GET /beta/conversations", "GET /v0.1/conversations")
async def test_the_first_generation_lists_conversations_by_record_index(api: Api, version: str) -> None:
    ids = [await _conversation(api) for _ in range(5)]
    body = await api.expect(200, "GET", f"{version}/conversations?page_size=2&record_index=2&order=desc")
    assert (body["count"], body["page_size"], body["record_index"]) == (5, 2, 2)
    assert [row["uuid"] for row in body["_embedded"]["conversations"]] == [ids[2], ids[1]]
    links = {name: URL(link["href"]).query["record_index"] for name, link in body["_links"].items()}
    assert links == {"self": "2", "first": "0", "last": "4", "prev": "0", "next": "4"}
    assert all("order=desc" in link["href"] for link in body["_links"].values())


def _conversations(version: str, page: dict[str, Any]) -> list[str]:
    embedded = page["_embedded"]
    rows = embedded["data"] if version in ("/v0.2", "/beta2") else embedded
    return [row["id"] for row in rows["conversations"]]


@pytest.mark.parametrize("version", ["/v1", "/v0.3", "/v0.2", "/beta2"])
@pytest.mark.parametrize("order", ["asc", "DESC"])
async def test_cursors_visit_every_row_once_while_rows_are_added(api: Api, version: str, order: str) -> None:
    ids = [await _conversation(api) for _ in range(7)]
    seen: list[str] = []
    added: list[str] = []
    path: str | None = f"{version}/conversations?order={order}&page_size=3&date_start=2020-01-01"
    while path is not None:
        page = await api.expect(200, "GET", path)
        seen += _conversations(version, page)
        if len(added) < 2:
            added.append(await _conversation(api))
        following = page["_links"].get("next")
        path = path_of(following["href"]) if following else None
        assert path is None or ("&cursor=" in path and "date_start=" in path)
    assert seen == (ids + added if order == "asc" else ids[::-1])


async def test_prev_leads_back_the_way_that_next_came(api: Api) -> None:
    ids = [await _conversation(api) for _ in range(5)]
    path = "/v1/conversations?page_size=2"
    there, links = [], {}
    for _ in range(3):
        body = await api.expect(200, "GET", path)
        there.append([row["id"] for row in body["_embedded"]["conversations"]])
        links = body["_links"]
        path = path_of(links.get("next", links["self"])["href"])
    assert there == [ids[:2], ids[2:4], ids[4:]]
    assert links.keys() == {"first", "self", "prev"}
    back = []
    while "prev" in links:
        body = await api.expect(200, "GET", path_of(links["prev"]["href"]))
        back.append([row["id"] for row in body["_embedded"]["conversations"]])
        links = body["_links"]
    assert back == [ids[2:4], ids[:2]]
    assert links.keys() == {"first", "self", "next"}


@pytest.mark.parametrize(
    ("query", "name", "reason"),
    [
        ("page_size=many", "page_size", '"page_size" must be a number'),
        ("page_size=0", "page_size", '"page_size" must be greater than or equal to 1'),
        ("page_size=101", "page_size", '"page_size" must be less than or equal to 100'),
        ("order=up", "order", '"order" must be one of [ASC, DESC, asc, desc]'),
        ("date_start=soon", "date_start", '"date_start" must be a valid ISO 8601 date'),
        ("date_start=0001-01-01T00:00%2B14:00", "date_start", '"date_start" must be a valid ISO 8601 date'),
        ("cursor=nonsense", "cursor", '"cursor" must be a cursor from a link'),
        ("cursor=WyJhIl0", "cursor", "must come from a link of an earlier page"),
    ],
)
async def test_wrong_list_parameters_are_named(api: Api, query: str, name: str, reason: str) -> None:
    body = await api.expect(400, "GET", f"/v1/conversations?{query}")
    assert body["code"] == "http:error:validation-fail"
    assert body["invalid_parameters"] == [{"name": name, "reason": reason}]


@pytest.mark.parametrize(
    ("body", "name", "reason"),
    [
        ({"name": 7}, "name", '"name" must be a string'),
        (
            {"name": "x" * 101},
            "name",
            '"name" length must be less than or equal to 100 characters long',
        ),
        ({"properties": []}, "properties", '"properties" must be an object'),
        ({"properties": {"ttl": "1"}}, "properties.ttl", '"properties.ttl" must be a number'),
        ({"image_url": "file:///etc"}, "image_url", '"image_url" must be an http(s) URL'),
        ([], "body", '"body" must be an object'),
    ],
)
async def test_wrong_bodies_are_named(api: Api, body: object, name: str, reason: str) -> None:
    answer = await api.expect(400, "POST", "/v1/conversations", body)
    assert answer["title"] == "Bad request."
    assert answer["detail"] == "Input validation failure."
    assert answer["invalid_parameters"] == [{"name": name, "reason": reason}]


async def test_members_join_by_state_in_v1_and_by_action_in_beta(api: Api) -> None:
    conversation = await _conversation(api)
    alice, bob = await _user(api, "alice"), await _user(api, "bob")
    body = {
        "state": "invited",
        "user": {"name": "alice"},
        "channel": {"type": "app", "from": {"type": "app"}},
    }
    invited = await api.expect(201, "POST", f"/v1/conversations/{conversation}/members", body)
    href = f"{PUBLIC_URL}/v1/conversations/{conversation}/members/{invited['id']}"
    assert invited["state"] == "INVITED"
    assert invited["_links"] == {"href": href}
    assert invited["_embedded"]["user"]["id"] == alice
    assert "is_system" in invited["initiator"]["invited"]
    assert await api.expect(200, "GET", path_of(href)) == invited
    flat = {"action": "join", "user_id": bob, "channel": {"type": "app"}}
    joined = await api.expect(201, "POST", f"/beta/conversations/{conversation}/members", flat)
    assert (joined["user_id"], joined["name"], joined["state"]) == (bob, "bob", "JOINED")
    rows = await api.expect(200, "GET", f"/beta/conversations/{conversation}/members")
    assert [(row["name"], row["user_name"]) for row in rows] == [
        (invited["id"], "alice"),
        (joined["id"], "bob"),
    ]
    page = await api.expect(200, "GET", f"/v1/conversations/{conversation}/members")
    assert [row["id"] for row in page["_embedded"]["members"]] == [invited["id"], joined["id"]]


async def test_me_is_the_joined_member_of_the_tokens_user(api: Api) -> None:
    conversation = await _conversation(api)
    member = await _member(api, conversation, await _user(api, "alice"))
    token = api.token(sub="alice", acl={"paths": {"/*/conversations/**": {}}})
    me = await api.expect(200, "GET", f"/v0.3/conversations/{conversation}/members/me", token=token)
    assert me["id"] == member
    nobody = await api.expect(404, "GET", f"/v0.3/conversations/{conversation}/members/me")
    assert nobody["code"] == "conversation:error:member-not-found"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "left"}, '"state" must be one of [invited, joined]'),
        ({"user": {}}, '"user" must contain at least one of [id, name]'),
        ({"channel": {}}, '"channel.type" is required'),
        ({"user": None}, '"user" must be an object'),
    ],
)
async def test_wrong_members_are_refused(api: Api, change: dict[str, object], reason: str) -> None:
    conversation = await _conversation(api)
    body = {"state": "joined", "user": {"name": "alice"}, "channel": {"type": "app"}, **change}
    answer = await api.expect(400, "POST", f"/v1/conversations/{conversation}/members", body)
    assert [each["reason"] for each in answer["invalid_parameters"]] == [reason]


async def test_a_member_of_nobody_is_a_user_that_is_not_found(api: Api) -> None:
    conversation = await _conversation(api)
    body = {"state": "joined", "user": {"name": "nobody"}, "channel": {"type": "app"}}
    answer = await api.expect(404, "POST", f"/v1/conversations/{conversation}/members", body)
    assert answer["code"] == "user:error:not-found"


async def test_events_are_posted_and_read_in_both_generations(api: Api) -> None:
    conversation = await _conversation(api)
    member = await _member(api, conversation, await _user(api, "alice"))
    message = {"type": "message", "from": member, "body": {"message_type": "text", "text": "hi"}}
    posted = await api.expect(201, "POST", f"/v1/conversations/{conversation}/events", message)
    assert posted["body"] == message["body"]
    assert posted["_embedded"]["from_user"]["name"] == "alice"
    assert posted["_embedded"]["from_member"] == {"id": member}
    href = f"{PUBLIC_URL}/v1/conversations/{conversation}/events/{posted['id']}"
    assert posted["_links"] == {"self": {"href": href}}
    assert await api.expect(200, "GET", path_of(href)) == posted
    page = await api.expect(200, "GET", f"/v1/conversations/{conversation}/events?event_type=message")
    assert page["_embedded"] == [posted]
    old = await api.expect(200, "GET", f"/beta/conversations/{conversation}/events")
    assert [event["id"] for event in old] == list(range(1, len(old) + 1))
    assert old[-1]["type"] == "message"
    assert old[-1]["href"] == f"{PUBLIC_URL}/beta/conversations/{conversation}/events/{posted['id']}"
    data = await api.expect(200, "GET", f"/beta2/conversations/{conversation}/events?start_id={posted['id']}")
    assert [event["id"] for event in data["_embedded"]["data"]["events"]] == [posted["id"]]


async def test_a_users_token_speaks_for_its_own_members_only(api: Api) -> None:
    conversation = await _conversation(api)
    mine = await _member(api, conversation, await _user(api, "alice"))
    theirs = await _member(api, conversation, await _user(api, "bob"))
    token = api.token(sub="alice", acl={"paths": {"/*/conversations/**": {}}})
    path = f"/beta/conversations/{conversation}/events"
    event = {"type": "text", "body": {"text": "hi"}}
    await api.expect(201, "POST", path, {**event, "from": mine}, token=token)
    await api.expect(403, "POST", path, {**event, "from": theirs}, token=token)
    posted = await api.expect(201, "POST", path, event, token=token)
    assert posted["from"] == mine
    await _user(api, "carol")
    stranger = api.token(sub="carol", acl={"paths": {"/*/conversations/**": {}}})
    body = await api.expect(404, "POST", path, event, token=stranger)
    assert body["code"] == "conversation:error:not-found"


@pytest.mark.parametrize("event_id", ["0", "99", "-1", "x", "٣", "9" * 30])
async def test_an_event_that_is_not_there_is_not_found(api: Api, event_id: str) -> None:
    conversation = await _conversation(api)
    body = await api.expect(404, "GET", f"/v1/conversations/{conversation}/events/{event_id}")
    assert body["code"] == "event:error:not-found"


async def test_users_are_created_listed_and_read(api: Api) -> None:
    wanted = {
        "name": "alice",
        "display_name": "Alice",
        "properties": {"custom_data": {"k": "v"}},
        "channels": {"pstn": [{"number": 447700900000}]},
    }
    created = await api.expect(201, "POST", "/v1/users", wanted)
    assert re.fullmatch(f"USR-{UUID}", created["id"])
    assert {name: created[name] for name in wanted} == wanted
    assert await api.expect(200, "GET", f"/v1/users/{created['id']}") == created
    await _user(api, "bob")
    page = await api.expect(200, "GET", "/v1/users?name=alice")
    assert [row["name"] for row in page["_embedded"]["users"]] == ["alice"]
    assert page["_links"].keys() >= {"first", "self"}
    rows = await api.expect(200, "GET", "/beta/users")
    assert rows[0] == {
        "id": created["id"],
        "name": "alice",
        "href": f"{PUBLIC_URL}/beta/users/{created['id']}",
    }


async def test_lists_of_everything_need_an_admin_token(api: Api) -> None:
    await _user(api, "alice")
    token = api.token(sub="alice", acl={"paths": {"/**": {}}})
    for path in ("/v1/users", "/v1/conversations"):
        body = await api.expect(403, "GET", path, token=token)
        assert body["code"] == "system:error:permission"
    await api.expect(403, "POST", "/v1/users", {"name": "eve"}, token=token)


async def test_what_is_foreign_answers_exactly_as_what_is_absent(api: Api) -> None:
    conversation = await _conversation(api)
    user = await _user(api, "alice")
    member = await _member(api, conversation, user)
    absent = "CON-00000000-0000-4000-8000-000000000000"
    pairs = [
        (f"/users/{user}", "/users/USR-00000000-0000-4000-8000-000000000000"),
        (f"/conversations/{conversation}", f"/conversations/{absent}"),
        (f"/conversations/{conversation}/events", f"/conversations/{absent}/events"),
        (f"/conversations/{conversation}/events/1", f"/conversations/{absent}/events/1"),
        (f"/conversations/{conversation}/members", f"/conversations/{absent}/members"),
        (f"/conversations/{conversation}/members/{member}", f"/conversations/{absent}/members/{member}"),
    ]
    for version in ("/v1", "/beta"):
        for foreign, missing in pairs:
            answers = [
                await api.send("GET", version + path, token=api.token(NEIGHBOUR))
                for path in (foreign, missing)
            ]
            for _, body in answers:
                body.pop("instance")
            assert answers[0] == answers[1], foreign
            assert answers[0][0] == 404
    event = {"type": "text", "body": {"text": "hi"}}
    await api.expect(
        404, "POST", f"/v1/conversations/{conversation}/events", event, token=api.token(NEIGHBOUR)
    )
    listed = await api.expect(200, "GET", "/v1/conversations", token=api.token(NEIGHBOUR))
    assert listed["_embedded"]["conversations"] == []
