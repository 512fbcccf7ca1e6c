"""What tokens of users may see and do: their own conversations, in the name of their own members."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.api import Api

pytestmark = pytest.mark.contract

APP = {"type": "app"}
PREFIXES = ("/v0.3", "/v1")
each_prefix = pytest.mark.parametrize("prefix", PREFIXES)


@dataclass
class Party:
    """Alice has joined a room, bob is invited, carol is neither; dave has left."""

    api: Api
    room: str
    users: dict[str, str]
    members: dict[str, str]

    def token(self, name: str) -> str:
        """The user's token, with an access list that allows everything."""
        return self.api.token(sub=name, acl={"paths": {"/**": {}}})

    async def send(self, name: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and body of what the user asks for."""
        path = path.format(
            room=self.room, **{f"{who}_": id_ for who, id_ in self.members.items()}, **self.users
        )
        return await self.api.send(method, path, body, token=self.token(name))

    async def refused(self, status: int, name: str, method: str, path: str, body: object = None) -> str:
        """The code of an error that must have this status."""
        answer = await self.send(name, method, path, body)
        assert answer[0] == status, answer
        return str(answer[1]["code"])


@pytest.fixture
async def party(api: Api) -> Party:
    room = (await api.expect(201, "POST", "/v1/conversations", {"callback": {"url": "https://a.example"}}))[
        "id"
    ]
    users, members = {}, {}
    for name in ("alice", "bob", "carol", "dave"):
        users[name] = (await api.expect(201, "POST", "/v1/users", {"name": name}))["id"]
    for name, state in (("alice", "joined"), ("bob", "invited"), ("dave", "joined")):
        body = {"state": state, "user": {"name": name}, "channel": APP}
        members[name] = (await api.expect(201, "POST", f"/v1/conversations/{room}/members", body))["id"]
    await api.expect(204, "DELETE", f"/v1/conversations/{room}/members/{members['dave']}")
    return Party(api, room, users, members)


NOT_FOUND = "conversation:error:not-found"
DENIED = "system:error:permission"
ROOM = "/v1/conversations/{room}"


async def test_who_is_a_member_sees_the_conversation_and_its_members(party: Party) -> None:
    for name in ("alice", "bob"):
        for below in ("", "/members", "/members/{alice_}", "/events", "/events/1"):
            status, _ = await party.send(name, "GET", ROOM + below)
            assert status == 200, (name, below)
        status, body = await party.send(name, "GET", ROOM)
        assert body["_embedded"]["member"]["id"] == party.members[name]
        assert "callback" not in body
        _, me = await party.send(name, "GET", f"{ROOM}/members/me")
        assert me["id"] == party.members[name]


@pytest.mark.parametrize("name", ["carol", "dave", "nobody"])
async def test_for_who_is_not_a_member_it_is_not_there(party: Party, name: str) -> None:
    requests = [
        ("GET", "", None),
        ("PUT", "", {"name": "mine"}),
        ("DELETE", "", None),
        ("GET", "/members", None),
        ("GET", "/members/me", None),
        ("GET", "/members/{alice_}", None),
        ("PUT", "/members/{alice_}", {"state": "left"}),
        ("DELETE", "/members/{alice_}", None),
        ("GET", "/events", None),
        ("GET", "/events/1", None),
    ]
    for method, below, body in requests:
        assert await party.refused(404, name, method, ROOM + below, body) == NOT_FOUND, (method, below)
    invitation = {"state": "invited", "user": {"name": "carol"}, "channel": APP}
    assert await party.refused(404, name, "POST", f"{ROOM}/members", invitation) == NOT_FOUND


@each_prefix
async def test_lists_of_all_are_for_admins(party: Party, prefix: str) -> None:
    for path in ("/conversations", "/users"):
        assert await party.refused(403, "alice", "GET", prefix + path) == DENIED
    for method, path in (("POST", "/users"), ("PUT", "/users/{bob}"), ("DELETE", "/users/{alice}")):
        assert await party.refused(403, "alice", method, prefix + path, {}) == DENIED


@each_prefix
async def test_a_user_sees_where_they_are_and_not_where_others_are(party: Party, prefix: str) -> None:
    for user in ("{alice}", "alice", "me"):
        status, page = await party.send("alice", "GET", f"{prefix}/users/{user}/conversations")
        assert (status, [row["id"] for row in page["_embedded"]["conversations"]]) == (200, [party.room])
    for below in ("conversations", "sessions"):
        assert await party.refused(403, "alice", "GET", f"{prefix}/users/{{bob}}/{below}") == DENIED
    status, me = await party.send("bob", "GET", f"{prefix}/users/me")
    assert (status, me["id"]) == (200, party.users["bob"])
    assert await party.refused(404, "nobody", "GET", f"{prefix}/users/me") == "user:error:not-found"


async def test_the_channels_of_others_are_not_shown(party: Party) -> None:
    channels = {"pstn": [{"number": 447700900000}]}
    await party.api.expect(200, "PATCH", f"/v1/users/{party.users['bob']}", {"channels": channels})
    _, own = await party.send("bob", "GET", "/v1/users/bob")
    assert own["channels"] == channels
    status, shown = await party.send("alice", "GET", "/v1/users/bob")
    assert (status, shown["name"]) == (200, "bob")
    assert "channels" not in shown


@each_prefix
async def test_a_user_makes_a_conversation_and_joins_it(party: Party, prefix: str) -> None:
    status, made = await party.send("carol", "POST", f"{prefix}/conversations", {"name": "carols"})
    assert status == 201
    body = {"state": "joined", "user": {"name": "carol"}, "channel": APP}
    status, joined = await party.send("carol", "POST", f"{prefix}/conversations/{made['id']}/members", body)
    assert (status, joined["state"]) == (201, "JOINED")
    assert joined["initiator"]["joined"] == {
        "is_system": False,
        "user_id": party.users["carol"],
        "member_id": joined["id"],
    }


async def test_a_user_joins_as_nobody_else(party: Party) -> None:
    for user in ({"name": "bob"}, {"id": party.users["bob"]}, {"id": party.users["carol"], "name": "bob"}):
        body = {"state": "joined", "user": user, "channel": APP}
        assert await party.refused(403, "carol", "POST", f"{ROOM}/members", body) == DENIED
    body = {"state": "joined", "user": {"name": "carol"}, "channel": APP, "from": party.members["bob"]}
    assert await party.refused(403, "carol", "POST", f"{ROOM}/members", body) == DENIED


@pytest.mark.parametrize("name", ["bob", None], ids=["user", "admin"])
@pytest.mark.parametrize("old", [False, True])
async def test_the_invited_member_that_is_named_joins(party: Party, name: str | None, old: bool) -> None:
    member = party.members["bob"]
    if old:
        path = f"/beta/conversations/{party.room}/members"
        body = {"action": "join", "user_id": party.users["bob"], "member_id": member, "channel": APP}
    else:
        path = f"/v0.3/conversations/{party.room}/members"
        body = {"state": "joined", "user": {"name": "bob"}, "channel": APP, "from": member}
    token = party.token(name) if name else None
    joined = await party.api.expect(201, "POST", path, body, token=token)
    assert (joined["id"], joined["state"]) == (member, "JOINED")
    assert joined["timestamp"].keys() == {"invited", "joined"}


async def test_who_has_joined_invites_and_is_told_as_the_one_who_did(party: Party) -> None:
    body = {"state": "invited", "user": {"name": "carol"}, "channel": APP}
    status, invited = await party.send("alice", "POST", f"{ROOM}/members", body)
    assert (status, invited["invited_by"]) == (201, party.members["alice"])
    assert invited["initiator"]["invited"] == {
        "is_system": False,
        "user_id": party.users["alice"],
        "member_id": party.members["alice"],
    }
    assert await party.refused(403, "bob", "POST", f"{ROOM}/members", body) == DENIED
    named = {**body, "from": party.members["bob"]}
    assert await party.refused(403, "alice", "POST", f"{ROOM}/members", named) == DENIED


async def test_who_is_invited_declines_and_may_do_no_more(party: Party) -> None:
    changes = [
        ("PUT", "", {"name": "mine"}),
        ("DELETE", "", None),
        ("DELETE", "/members/{alice_}", None),
        ("PATCH", "/members/{alice_}", {"state": "left"}),
        ("DELETE", "/members/{bob_}?from={alice_}", None),
    ]
    for method, below, body in changes:
        assert await party.refused(403, "bob", method, ROOM + below, body) == DENIED, (method, below)
    status, _ = await party.send("bob", "DELETE", f"{ROOM}/members/me?reason_text=no")
    assert status == 204
    assert await party.refused(404, "bob", "GET", ROOM) == NOT_FOUND


async def test_who_has_joined_changes_throws_out_and_deletes(party: Party) -> None:
    assert (await party.send("alice", "PATCH", ROOM, {"display_name": "Hall"}))[0] == 200
    assert (
        await party.refused(403, "alice", "PATCH", f"{ROOM}/members/{{bob_}}", {"state": "joined"}) == DENIED
    )
    kick = {"state": "left", "reason": {"text": "noise"}}
    status, gone = await party.send("alice", "PATCH", f"{ROOM}/members/{{bob_}}", kick)
    assert (status, gone["state"]) == (200, "LEFT")
    assert gone["initiator"]["left"]["member_id"] == party.members["alice"]
    assert (await party.send("alice", "DELETE", ROOM))[0] == 204


async def test_who_is_deleted_and_comes_again_under_the_same_name_is_somebody_else(party: Party) -> None:
    assert (await party.api.send("DELETE", f"/v1/users/{party.users['alice']}"))[0] == 204
    await party.api.expect(201, "POST", "/v1/users", {"name": "alice"})
    assert await party.refused(404, "alice", "GET", ROOM) == NOT_FOUND
