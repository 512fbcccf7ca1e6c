"""Conversations, members and users from creation to deletion, the same in every version's own words."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.store.records import Batch
from tests.support import records
from tests.support.api import APPLICATION, PUBLIC_URL, Api, path_of

pytestmark = pytest.mark.contract

APP = {"type": "app"}


@dataclass(frozen=True, kw_only=True)
class Words:
    """How one version asks and answers, as published."""

    prefix: str
    created: int = 201
    """Status of the creation of a conversation."""
    user_created: int = 201
    deleted: tuple[int, Any] = (204, None)
    reference: bool = False
    """Creations and changes are answered with id and href alone."""
    join: dict[str, Any] = field(default_factory=lambda: {"state": "joined"})
    invite: dict[str, Any] = field(default_factory=lambda: {"state": "invited"})
    leave: dict[str, Any] = field(default_factory=lambda: {"state": "left"})

    def user(self, user_id: str) -> dict[str, Any]:
        """How a member's user is named."""
        return {"user_id": user_id} if self.reference else {"user": {"id": user_id}}


OLD: dict[str, Any] = {
    "user_created": 200,
    "deleted": (200, {}),
    "reference": True,
    "join": {"action": "join"},
    "invite": {"action": "invite"},
    "leave": {"action": "leave"},
}
FULL = (
    Words(prefix="/beta", **OLD),
    Words(prefix="/v0.1", created=200, **OLD),
    Words(prefix="/v0.3"),
    Words(prefix="/v1"),
)
every_version = pytest.mark.parametrize("words", FULL, ids=lambda words: words.prefix)
either_verb = pytest.mark.parametrize("verb", ["PUT", "PATCH"])


def endpoints(method: str, path: str) -> pytest.MarkDecorator:
    """The mark of a test that proves an endpoint in every full version."""
    return pytest.mark.endpoint(*(f"{method} {words.prefix}{path}" for words in FULL))


async def conversation(api: Api, **fields: object) -> str:
    return str((await api.expect(201, "POST", "/v1/conversations", fields))["id"])


async def user(api: Api, name: str, **fields: object) -> str:
    return str((await api.expect(201, "POST", "/v1/users", {"name": name, **fields}))["id"])


def shown(words: Words, path: str, id_: str, whole: dict[str, Any]) -> dict[str, Any]:
    """What a version answers to a creation or change."""
    return {"id": id_, "href": f"{PUBLIC_URL}{words.prefix}{path}/{id_}"} if words.reference else whole


@every_version
@endpoints("POST", "/conversations")
@endpoints("GET", "/conversations/{conversation_id}")
async def test_a_conversation_is_created(api: Api, words: Words) -> None:
    wanted = {
        "name": "lobby",
        "display_name": None,
        "image_url": "https://shop.example/lobby.png",
        "properties": {"ttl": 60, "type": "chat", "custom_sort_key": "b", "custom_data": {"k": "v"}},
        "originating_session": "SES-1",
    }
    answer = await api.expect(words.created, "POST", f"{words.prefix}/conversations", wanted)
    whole = await api.expect(200, "GET", f"{words.prefix}/conversations/{answer['id']}")
    assert answer == shown(words, "/conversations", answer["id"], whole)
    assert whole["properties"] == wanted["properties"]
    assert whole["sequence_number"] == ("0" if words.reference else 0)
    assert whole["_links"]["self"]["href"].endswith(f"{words.prefix}/conversations/{answer['id']}")


@every_version
@either_verb
@endpoints("PUT", "/conversations/{conversation_id}")
@endpoints("PATCH", "/conversations/{conversation_id}")
async def test_a_conversation_changes_where_it_is_said_and_nowhere_else(
    api: Api, words: Words, verb: str
) -> None:
    id_ = await conversation(api, name="lobby", display_name="Lobby", properties={"ttl": 9})
    await conversation(api, name="taken")
    path = f"{words.prefix}/conversations/{id_}"
    api.clock.advance(60)
    answer = await api.expect(200, verb, path, {"display_name": "Hall", "properties": {"type": "chat"}})
    now = await api.expect(200, "GET", f"/v1/conversations/{id_}")
    if words.reference:
        assert answer == {"id": id_, "href": f"{PUBLIC_URL}{path}"}
    else:
        assert {**answer, "_links": 0} == {**now, "_links": 0}
    assert (now["name"], now["display_name"], now["properties"]) == ("lobby", "Hall", {"type": "chat"})
    assert now["timestamp"] == {
        "created": "2020-09-13T12:26:40.000Z",
        "updated": "2020-09-13T12:27:40.000Z",
    }
    await api.expect(200, verb, path, {"display_name": None, "properties": None})
    now = await api.expect(200, "GET", f"/v1/conversations/{id_}")
    assert "display_name" not in now
    assert now["properties"] == {}
    refused = await api.expect(409, verb, path, {"name": "taken"})
    assert refused["code"] == "conversation:error:duplicate-name"
    refused = await api.expect(400, verb, path, {"name": None})
    assert refused["invalid_parameters"] == [{"name": "name", "reason": '"name" must be a string'}]
    await api.expect(404, verb, f"{words.prefix}/conversations/CON-nobody", {"name": "x"})
    events = await api.expect(200, "GET", f"/beta/conversations/{id_}/events")
    assert [event["type"] for event in events] == ["conversation:updated"] * 2


@every_version
@endpoints("DELETE", "/conversations/{conversation_id}")
async def test_a_deleted_conversation_is_gone_with_everybody_in_it(api: Api, words: Words) -> None:
    id_ = await conversation(api, name="lobby")
    alice = await user(api, "alice")
    member = {"state": "joined", "user": {"id": alice}, "channel": APP}
    await api.expect(201, "POST", f"/v1/conversations/{id_}/members", member)
    path = f"{words.prefix}/conversations/{id_}"
    assert await api.send("DELETE", path) == words.deleted
    assert ("clear", id_, None) in api.calls.done
    for method, below in (("GET", ""), ("DELETE", ""), ("GET", "/members"), ("GET", "/events")):
        gone = await api.expect(404, method, f"{path}{below}")
        assert gone["code"] == "conversation:error:not-found"
    again = await api.expect(404, "POST", f"/v1/conversations/{id_}/members", member)
    assert again["code"] == "conversation:error:not-found"
    listed = await api.expect(200, "GET", "/v1/conversations")
    assert listed["_embedded"]["conversations"] == []
    page = await api.expect(200, "GET", f"/v1/users/{alice}/conversations")
    assert page["_embedded"]["conversations"] == []
    assert await conversation(api, name="lobby") != id_


@every_version
@either_verb
@endpoints("POST", "/conversations/{conversation_id}/members")
@endpoints("GET", "/conversations/{conversation_id}/members/{member_id}")
@endpoints("PUT", "/conversations/{conversation_id}/members/{member_id}")
@endpoints("PATCH", "/conversations/{conversation_id}/members/{member_id}")
async def test_a_member_is_invited_joins_and_leaves(api: Api, words: Words, verb: str) -> None:
    id_ = await conversation(api)
    alice = await user(api, "alice")
    path = f"{words.prefix}/conversations/{id_}/members"
    wanted = {**words.invite, **words.user(alice), "channel": APP, "originating_session": "SES-1"}
    invited = await api.expect(201, "POST", path, wanted)
    assert invited["state"] == "INVITED"
    assert invited["timestamp"].keys() == {"invited"}
    one = f"{path}/{invited['id']}"
    assert await api.expect(200, "GET", one) == invited
    answer = await api.expect(200, verb, one, {**words.join, "channel": {"type": "phone"}})
    joined = await api.expect(200, "GET", one)
    assert answer == shown(words, f"/conversations/{id_}/members", invited["id"], joined)
    assert (joined["state"], joined["channel"]) == ("JOINED", {"type": "phone"})
    twice = await api.expect(400, verb, one, words.join)
    assert twice["code"] == "conversation:error:member-already-joined"
    reason = {"code": "7", "text": "enough"}
    await api.expect(200, verb, one, {**words.leave, "reason": reason, "from": invited["id"]})
    left = await api.expect(200, "GET", f"/v1/conversations/{id_}/members/{invited['id']}")
    assert (left["state"], left["reason"]) == ("LEFT", reason)
    assert left["timestamp"].keys() == {"invited", "joined", "left"}
    assert left["initiator"]["left"] == {
        "is_system": False,
        "user_id": alice,
        "member_id": invited["id"],
    }
    for change in (words.join, words.leave):
        ended = await api.expect(400, verb, one, change)
        assert (ended["title"], ended["code"]) == ("Conflict.", "conversation:error:invalid-member-state")
    again = await api.expect(201, "POST", path, {**wanted, **words.join})
    assert again["id"] != invited["id"]
    await api.expect(404, verb, f"{path}/MEM-nobody", words.leave)


@pytest.mark.parametrize(
    "words", [*FULL, Words(prefix="/v0.2"), Words(prefix="/beta2")], ids=lambda w: w.prefix
)
@endpoints("DELETE", "/conversations/{conversation_id}/members/{member_id}")
@pytest.mark.endpoint("DELETE /v0.2/conversations/{conversation_id}/members/{member_id}")
async def test_a_member_that_is_deleted_has_left_and_stays_listed(api: Api, words: Words) -> None:
    id_ = await conversation(api)
    alice = await user(api, "alice")
    new = {"state": "joined", "user": {"id": alice}, "channel": APP}
    member = (await api.expect(201, "POST", f"/v1/conversations/{id_}/members", new))["id"]
    path = f"{words.prefix}/conversations/{id_}/members/{member}"
    query = f"?from={member}&reason_code=REMOTE_REJECT&reason_text=not%20now"
    assert await api.send("DELETE", path + query) == words.deleted
    assert ("clear", id_, member) in api.calls.done
    (row,) = await api.expect(200, "GET", f"/beta/conversations/{id_}/members")
    assert (row["name"], row["state"]) == (member, "LEFT")
    left = await api.expect(200, "GET", f"/v1/conversations/{id_}/members/{member}")
    assert left["reason"] == {"code": "REMOTE_REJECT", "text": "not now"}
    ended = await api.expect(400, "DELETE", path)
    assert ended["code"] == "conversation:error:invalid-member-state"


@every_version
@endpoints("POST", "/users")
@endpoints("GET", "/users/{user_id}")
async def test_a_user_is_created_and_found_by_id_and_by_name(api: Api, words: Words) -> None:
    wanted = {"name": "alice", "display_name": "Alice", "image_url": "https://shop.example/a.png"}
    answer = await api.expect(words.user_created, "POST", f"{words.prefix}/users", wanted)
    whole = await api.expect(200, "GET", f"{words.prefix}/users/{answer['id']}")
    assert answer == shown(words, "/users", answer["id"], whole)
    assert wanted.items() <= whole.items()
    assert await api.expect(200, "GET", f"{words.prefix}/users/alice") == whole
    nameless = await api.expect(words.user_created, "POST", f"{words.prefix}/users", {"name": None})
    named = await api.expect(200, "GET", f"{words.prefix}/users/{nameless['id']}")
    assert named["name"].startswith("NAM-")
    missing = await api.expect(404, "GET", f"{words.prefix}/users/nobody")
    assert missing["code"] == "user:error:not-found"


@every_version
@either_verb
@endpoints("PUT", "/users/{user_id}")
@endpoints("PATCH", "/users/{user_id}")
async def test_a_user_changes_and_members_keep_the_name_that_they_came_with(
    api: Api, words: Words, verb: str
) -> None:
    id_ = await conversation(api)
    alice = await user(api, "alice", display_name="Alice", properties={"ttl": 1})
    await user(api, "bob")
    new = {"state": "joined", "user": {"id": alice}, "channel": APP}
    member = await api.expect(201, "POST", f"/v1/conversations/{id_}/members", new)
    path = f"{words.prefix}/users/{alice}"
    answer = await api.expect(200, verb, path, {"name": "alicia", "display_name": None})
    now = await api.expect(200, "GET", f"/v1/users/{alice}")
    if words.reference:
        assert answer == {"id": alice, "href": f"{PUBLIC_URL}{path}"}
    else:
        assert {**answer, "_links": 0} == {**now, "_links": 0}
    assert (now["name"], now["properties"]) == ("alicia", {"ttl": 1})
    assert "display_name" not in now
    assert now["timestamp"].keys() == {"created", "updated"}
    assert await api.expect(200, "GET", path_of(member["_links"]["href"])) == member
    taken = await api.expect(409, verb, path, {"name": "bob"})
    assert taken["code"] == "user:error:duplicate-name"
    await api.expect(404, verb, f"{words.prefix}/users/nobody", {"name": "x"})


@every_version
@endpoints("DELETE", "/users/{user_id}")
async def test_a_deleted_user_has_left_everywhere_and_the_name_is_free(api: Api, words: Words) -> None:
    rooms = [await conversation(api) for _ in range(3)]
    alice = await user(api, "alice")
    members = [
        (await api.expect(201, "POST", f"/v1/conversations/{room}/members", new))["id"]
        for room in rooms
        for new in (
            {"state": "joined", "user": {"id": alice}, "channel": APP},
            {"state": "invited", "user": {"id": alice}, "channel": {"type": "phone"}},
        )
    ]
    assert await api.send("DELETE", f"{words.prefix}/users/{alice}") == words.deleted
    await api.expect(404, "GET", f"{words.prefix}/users/{alice}")
    await api.expect(404, "DELETE", f"{words.prefix}/users/{alice}")
    rows = [
        row for room in rooms for row in await api.expect(200, "GET", f"/beta/conversations/{room}/members")
    ]
    assert [(row["name"], row["state"], row["user_name"]) for row in rows] == [
        (member, "LEFT", "alice") for member in members
    ]
    left = await api.expect(200, "GET", f"/v1/conversations/{rooms[0]}/members/{members[0]}")
    assert left["reason"]["code"] == "user-deleted"
    assert await user(api, "alice") != alice


async def test_who_comes_in_while_the_user_is_deleted_leaves_too(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, alice = await conversation(api), await user(api, "alice")
    body = {"state": "joined", "user": {"id": alice}, "channel": APP}
    came = []
    delete = api.store.delete_user

    async def joins_first(application_id: str, user_id: str) -> None:
        came.append(await api.expect(201, "POST", f"/v1/conversations/{room}/members", body))
        await delete(application_id, user_id)

    monkeypatch.setattr(api.store, "delete_user", joins_first)
    await api.expect(204, "DELETE", f"/v1/users/{alice}")
    left = await api.expect(200, "GET", f"/v1/conversations/{room}/members/{came[0]['id']}")
    assert left["state"] == "LEFT"


async def test_all_members_stand_where_their_conversation_is_shown(api: Api) -> None:
    room = await conversation(api)
    many = [
        replace(records.member(f"MEM-{number:04}", room, f"USR-{number}"), application_id=APPLICATION)
        for number in range(250)
    ]
    await api.store.commit(Batch(members=many))
    shown_there = await api.expect(200, "GET", f"/beta/conversations/{room}")
    assert [each["member_id"] for each in shown_there["members"]] == [each.id for each in many]
