"""What tokens of users may see and do: their own conversations, in the name of their own members."""

import re
from typing import Any

import pytest

from gateway.api.app import ENDPOINTS
from gateway.api.rights import Right
from gateway.api.routes import OwnerRoute, TenantRoute, VersionedRoute
from gateway.api.versions import VERSIONS, Version
from tests.support.api import NEIGHBOUR
from tests.support.party import APP, Party

pytestmark = pytest.mark.contract

PREFIXES = ("/v0.3", "/v1")
each_prefix = pytest.mark.parametrize("prefix", PREFIXES)


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


@pytest.mark.parametrize("name", ["carol", "dave"])
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
        ("POST", "/events", {"type": "custom:note", "body": {}}),
        ("PUT", "/record", {"action": "start"}),
        ("PUT", "/talk", {"text": "hi"}),
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


async def test_an_invitation_is_taken_by_whom_it_is_for(party: Party) -> None:
    path = f"/v1/conversations/{party.room}/members"
    invitation = {"state": "invited", "user": {"name": "carol"}, "channel": APP}
    carols = await party.api.expect(201, "POST", path, invitation)
    twice = await party.api.expect(400, "POST", path, invitation)
    assert twice["code"] == "conversation:error:already-member"
    joined = await party.api.expect(400, "POST", path, {**invitation, "user": {"name": "alice"}})
    assert joined["code"] == "conversation:error:member-already-joined"
    # An admin lets somebody else in through it.
    joins = {"state": "joined", "user": {"name": "dave"}, "channel": APP, "from": carols["id"]}
    daves = await party.api.expect(201, "POST", path, joins)
    assert (daves["id"] != carols["id"], daves["_embedded"]["user"]["name"]) == (True, "dave")
    still = await party.api.expect(200, "GET", f"{path}/{carols['id']}")
    assert (still["state"], still["_embedded"]["user"]["name"]) == ("INVITED", "carol")
    # Nobody has to say which it is.
    body = {"state": "joined", "user": {"name": "carol"}, "channel": APP}
    status, taken = await party.send("carol", "POST", f"{ROOM}/members", body)
    assert (status, taken["id"], taken["state"]) == (201, carols["id"], "JOINED")


async def test_an_admin_names_a_member_that_is_here(party: Party) -> None:
    api = party.api
    room = (await api.expect(201, "POST", "/v1/conversations", {}, token=api.token(NEIGHBOUR)))["id"]
    await api.expect(201, "POST", "/v1/users", {"name": "eve"}, token=api.token(NEIGHBOUR))
    invitation = {"state": "invited", "user": {"name": "eve"}, "channel": APP}
    theirs = await api.expect(
        201, "POST", f"/v1/conversations/{room}/members", invitation, token=api.token(NEIGHBOUR)
    )
    joins = {"state": "joined", "user": {"name": "dave"}, "channel": APP}
    refusals = [
        await api.expect(404, "POST", f"/v1/conversations/{where}/members", {**joins, "from": named})
        for where, named in (
            (party.room, theirs["id"]),
            (party.room, "MEM-nobody"),
            (room, theirs["id"]),
            (room, "MEM-nobody"),
        )
    ]
    codes = [refusal["code"] for refusal in refusals]
    assert codes == ["conversation:error:member-not-found"] * 2 + [NOT_FOUND] * 2


@pytest.mark.parametrize("state", ["joined", "invited"])
async def test_one_user_by_id_and_another_by_name_are_two(party: Party, state: str) -> None:
    path = f"/v1/conversations/{party.room}/members"
    wrong = {"state": state, "user": {"id": party.users["carol"], "name": "dave"}, "channel": APP}
    refused = await party.api.expect(400, "POST", path, wrong)
    assert refused["invalid_parameters"][0]["name"] == "user"
    right = {**wrong, "user": {"id": party.users["carol"], "name": "carol"}}
    await party.api.expect(201, "POST", path, right)


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


# Who is a user at all


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.prefix)
async def test_a_token_of_a_user_who_does_not_exist_is_good_for_nothing(
    party: Party, version: Version
) -> None:
    requests: list[tuple[str, str, Any]] = [
        ("POST", "/conversations", {}),
        ("GET", f"/conversations/{party.room}", None),
        ("GET", "/users/me", None),
        ("GET", "/legs", None),
        ("GET", "/conversations", None),
    ]
    for method, path, body in requests[-1:] if version.lists_only else requests:
        code = await party.refused(401, "nobody", method, version.prefix + path, body)
        assert code == "user:error:invalid-user", path
    for path in ("/v1/calls", "/v1/files/rec-1", "/v3/media"):
        status, _ = await party.send("nobody", "GET", path)
        assert status == 401, path


async def test_the_user_of_a_neighbour_is_no_user_here(party: Party) -> None:
    await party.api.expect(201, "POST", "/v1/users", {"name": "eve"}, token=party.api.token(NEIGHBOUR))
    assert await party.refused(401, "eve", "GET", ROOM) == "user:error:invalid-user"


@pytest.mark.parametrize(("name", "status"), [("alice", 200), ("bob", 403), ("carol", 404)])
async def test_who_has_joined_speaks_to_everybody(party: Party, name: str, status: int) -> None:
    assert (await party.send(name, "PUT", f"{ROOM}/talk", {"text": "hi"}))[0] == status
    assert len(party.api.studio.done) == (status == 200)


# Whose


async def test_a_user_with_another_name_is_the_same_user(party: Party) -> None:
    path, note = f"{ROOM}/events", {"type": "custom:note", "body": {}}
    _, posted = await party.send("alice", "POST", path, note)
    await party.api.expect(200, "PATCH", f"/v1/users/{party.users['alice']}", {"name": "alicia"})
    assert await party.refused(401, "alice", "POST", path, note) == "user:error:invalid-user"
    status, _ = await party.send("alicia", "POST", path, {**note, "from": party.members["alice"]})
    assert status == 201
    assert (await party.send("alicia", "DELETE", f"{path}/{posted['id']}"))[0] == 204


async def test_who_takes_over_a_name_takes_over_nothing_else(party: Party) -> None:
    path, note = f"{ROOM}/events", {"type": "custom:note", "body": {}}
    _, posted = await party.send("alice", "POST", path, note)
    await party.api.expect(200, "PATCH", f"/v1/users/{party.users['alice']}", {"name": "alicia"})
    await party.api.expect(201, "POST", "/v1/users", {"name": "alice"})
    body = {"state": "joined", "user": {"name": "alice"}, "channel": APP}
    await party.api.expect(201, "POST", f"/v1/conversations/{party.room}/members", body)
    named = {**note, "from": party.members["alice"]}
    assert await party.refused(403, "alice", "POST", path, named) == "event:error:permission-denied"
    code = await party.refused(403, "alice", "DELETE", f"{path}/{posted['id']}")
    assert code == "event:error:permission-denied"


@pytest.mark.parametrize(
    "fields",
    [
        {"callback": {"url": "https://evil.example"}},
        {"callback": None},
        {"numbers": [{"type": "phone", "number": "447700900009"}]},
        {"numbers": []},
        {"numbers": None},
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_where_webhooks_and_calls_go_is_for_admins(
    party: Party, method: str, fields: dict[str, Any]
) -> None:
    before = await party.api.expect(200, "GET", f"/v1/conversations/{party.room}")
    assert await party.refused(403, "alice", method, ROOM, {"display_name": "Hall", **fields}) == DENIED
    assert await party.api.expect(200, "GET", f"/v1/conversations/{party.room}") == before
    await party.api.expect(200, method, f"/v1/conversations/{party.room}", fields)


async def test_a_user_makes_no_conversation_that_calls_back(party: Party) -> None:
    callback = {"callback": {"url": "https://evil.example"}}
    assert await party.refused(403, "alice", "POST", "/v1/conversations", callback) == DENIED


# Posting


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text", {"text": "hi"}),
        ("message", {"message_type": "text", "text": "hi"}),
        ("custom:note", {}),
        ("ephemeral", {}),
        ("text:typing:on", {}),
        ("text:seen", {"event_id": "{text}"}),
        ("audio:say", {"text": "hi"}),
        ("audio:mute:on", {}),
    ],
)
async def test_who_has_not_joined_posts_nothing(party: Party, kind: str, body: dict[str, Any]) -> None:
    text = {"type": "text", "from": party.members["alice"], "body": {"text": "hi"}}
    path = f"/v1/conversations/{party.room}/events"
    said = (await party.api.expect(201, "POST", path, text))["id"]
    event = {"type": kind, "body": {**body, **({"event_id": said} if "event_id" in body else {})}}
    assert await party.refused(403, "bob", "POST", path, event) == "event:error:not-joined"
    for member in (party.members["bob"], party.members["dave"]):
        refused = await party.api.expect(403, "POST", path, {**event, "from": member})
        assert refused["code"] == "event:error:not-joined"
    assert party.api.studio.done == []


async def test_who_is_invited_says_what_was_delivered(party: Party) -> None:
    text = {"type": "text", "from": party.members["alice"], "body": {"text": "hi"}}
    path = f"/v1/conversations/{party.room}/events"
    said = (await party.api.expect(201, "POST", path, text))["id"]
    status, _ = await party.send("bob", "POST", path, {"type": "text:delivered", "body": {"event_id": said}})
    assert status == 201


@pytest.mark.parametrize("state", ["joined", "left"])
@pytest.mark.parametrize("named", [True, False])
async def test_who_has_left_is_told_so(party: Party, state: str, named: bool) -> None:
    path = f"/v1/conversations/{party.room}/members/{party.members['dave']}"
    change: dict[str, Any] = {"state": state, **({"from": party.members["dave"]} if named else {})}
    if state == "joined":
        change["channel"] = APP
    ended = "conversation:error:invalid-member-state"
    assert (await party.api.expect(400, "PATCH", path, change))["code"] == ended
    assert await party.refused(400, "dave", "PATCH", path, change) == ended
    assert await party.refused(404, "carol", "PATCH", path, change) == NOT_FOUND


# Every route


NEEDS = [
    (endpoint.route.needs, endpoint.method, endpoint.path)
    for endpoint in ENDPOINTS
    if isinstance(endpoint.route, TenantRoute | VersionedRoute)
    or (isinstance(endpoint.route, OwnerRoute) and not endpoint.route.or_anybody)
]
"""What takes tokens, and of whom."""
RIGHTS = [
    (Right.ADMIN, 403),
    (Right.SELF, 404),
    (Right.MEMBER, 404),
    (Right.JOINED, 404),
    (Right.OWN_OR_JOINED, 404),
    (Right.LEG, 404),
    (Right.RECORDING, 404),
]
"""What each right comes to for a user of the application where the path names nothing that there is."""


@pytest.mark.parametrize(("right", "status"), RIGHTS)
async def test_every_route_asks_for_its_right(party: Party, right: Right, status: int) -> None:
    routes = [(method, path) for needs, method, path in NEEDS if needs is right]
    assert routes
    for method, path in routes:
        target = re.sub(r"{\w+}", "x", path)
        assert (await party.send("alice", method, target))[0] == status, (method, path)
        assert (await party.send("nobody", method, target))[0] == 401, (method, path)


def test_what_is_for_every_user_is_known_by_name() -> None:
    routes = {
        f"{method} {path}"
        for needs, method, path in NEEDS
        if needs is Right.USER and not path.startswith(("/beta", "/v0."))
    }
    assert routes == {
        "POST /v1/conversations",
        "POST /v1/conversations/{conversation_id}/members",
        "GET /v1/users/{user_id}",
        "GET /v1/legs",
        "GET /v1/calls",
    }
