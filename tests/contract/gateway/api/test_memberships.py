"""Where users are: lists of their conversations in every style, whole while rows are added; and sessions."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import PUBLIC_URL, Api, path_of

pytestmark = pytest.mark.contract

APP = {"type": "app"}
PREFIXES = ("/beta", "/v0.1", "/beta2", "/v0.2", "/v0.3", "/v1")
CURSORS = ("/beta2", "/v0.2", "/v0.3", "/v1")
every_prefix = pytest.mark.parametrize("prefix", PREFIXES)
CONVERSATIONS = "/users/{user_id}/conversations"
listing = pytest.mark.endpoint(*(f"GET {prefix}{CONVERSATIONS}" for prefix in PREFIXES))


async def user(api: Api, name: str) -> str:
    return str((await api.expect(201, "POST", "/v1/users", {"name": name}))["id"])


async def conversation(api: Api, **fields: object) -> str:
    return str((await api.expect(201, "POST", "/v1/conversations", fields))["id"])


async def enter(api: Api, room: str, name: str, state: str = "joined", channel: str = "app") -> str:
    body = {"state": state, "user": {"name": name}, "channel": {"type": channel}}
    return str((await api.expect(201, "POST", f"/v1/conversations/{room}/members", body))["id"])


async def leave(api: Api, room: str, member: str) -> None:
    await api.expect(204, "DELETE", f"/v1/conversations/{room}/members/{member}")


def rows_of(prefix: str, page: Any, name: str) -> list[dict[str, Any]]:  # noqa: ANN401
    """The rows of a page in the style of its version."""
    if prefix in ("/beta", "/v0.1"):
        found: list[dict[str, Any]] = page
    elif prefix in ("/v0.2", "/beta2"):
        found = page["_embedded"]["data"][name]
    else:
        found = page["_embedded"][name]
    return found


@every_prefix
@listing
async def test_each_conversation_is_listed_once_with_the_member_that_counts(api: Api, prefix: str) -> None:
    alice = await user(api, "alice")
    left, back, both, other = [await conversation(api, name=f"room {number}") for number in range(4)]
    await user(api, "bob")
    await enter(api, other, "bob")
    gone = await enter(api, left, "alice")
    await leave(api, left, gone)
    await leave(api, back, await enter(api, back, "alice"))
    again = await enter(api, back, "alice", "invited")
    joined = await enter(api, both, "alice")
    await enter(api, both, "alice", "invited", "phone")
    page = await api.expect(200, "GET", f"{prefix}/users/{alice}/conversations")
    rows = rows_of(prefix, page, "conversations")
    if prefix in ("/v0.3", "/v1"):
        told = [(row["id"], row["_embedded"]["id"], row["_embedded"]["state"]) for row in rows]
        assert rows[0]["_embedded"]["member"] == {"id": gone, "state": "LEFT"}
        assert rows[0]["state"] == "ACTIVE"
    else:
        told = [(row["id"], row["member_id"], row["state"]) for row in rows]
        assert rows[0]["href"] == f"{PUBLIC_URL}{prefix}/conversations/{left}"
    assert told == [(left, gone, "LEFT"), (back, again, "INVITED"), (both, joined, "JOINED")]
    assert [row["name"] for row in rows] == ["room 0", "room 1", "room 2"]


@every_prefix
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=JOINED", ["b", "d"]),
        ("state=invited", ["a"]),
        ("state=LEFT", ["c"]),
        ("date_start=2020-09-13T12:28:00Z", ["c", "d"]),
        ("order_by=custom_sort_key", ["d", "a", "c", "b"]),
        ("order_by=custom_sort_key&state=JOINED", ["d", "b"]),
    ],
)
async def test_a_users_conversations_are_filtered_and_ordered(
    api: Api, prefix: str, query: str, names: list[str]
) -> None:
    alice = await user(api, "alice")
    keys = {"a": "1", "b": "2", "c": "1", "d": None}
    for name, state in (("a", "invited"), ("b", "joined"), ("c", "joined"), ("d", "joined")):
        room = await conversation(api, name=name, properties={"custom_sort_key": keys[name]})
        member = await enter(api, room, "alice", state)
        if name == "c":
            await leave(api, room, member)
        api.clock.advance(60)
    path = f"{prefix}/users/{alice}/conversations?{query}"
    page = await api.expect(200, "GET", path)
    assert [row["name"] for row in rows_of(prefix, page, "conversations")] == names
    if prefix in CURSORS:
        page = await api.expect(200, "GET", f"{path}&order=DESC")
        assert [row["name"] for row in rows_of(prefix, page, "conversations")] == names[::-1]


@pytest.mark.parametrize(
    ("query", "name"),
    [("state=HERE", "state"), ("order_by=name", "order_by"), ("date_start=soon", "date_start")],
)
async def test_wrong_filters_are_named(api: Api, query: str, name: str) -> None:
    alice = await user(api, "alice")
    answer = await api.expect(400, "GET", f"/v1/users/{alice}/conversations?{query}")
    assert [each["name"] for each in answer["invalid_parameters"]] == [name]


@pytest.mark.parametrize("prefix", ["/v0.3", "/v1"])
async def test_custom_data_is_listed_for_who_asks(api: Api, prefix: str) -> None:
    alice = await user(api, "alice")
    room = await conversation(api, properties={"ttl": 5, "custom_data": {"k": "v"}})
    await enter(api, room, "alice")
    path = f"{prefix}/users/{alice}/conversations"
    (row,) = rows_of(prefix, await api.expect(200, "GET", path), "conversations")
    assert row["properties"] == {"ttl": 5}
    page = await api.expect(200, "GET", f"{path}?include_custom_data=true")
    (row,) = rows_of(prefix, page, "conversations")
    assert row["properties"] == {"ttl": 5, "custom_data": {"k": "v"}}


async def add_conversation(api: Api, number: int) -> str:
    return await conversation(api, name=f"n{number}")


async def add_user(api: Api, number: int) -> str:
    return await user(api, f"u{number}")


async def add_membership(api: Api, number: int) -> str:
    room = await conversation(api, properties={"custom_sort_key": f"{number:03}"})
    await enter(api, room, "alice")
    return room


async def add_member(api: Api, number: int) -> str:
    await user(api, f"m{number}")
    return await enter(api, api.room, f"m{number}")  # type: ignore[attr-defined]


LISTS: list[tuple[str, str, Callable[[Api, int], Any]]] = [
    ("conversations", "/conversations", add_conversation),
    ("users", "/users", add_user),
    ("members", "/conversations/{room}/members", add_member),
    ("conversations", "/users/alice/conversations?state=JOINED", add_membership),
    ("conversations", "/users/alice/conversations?order_by=custom_sort_key", add_membership),
]


@pytest.mark.endpoint(
    *(
        f"GET {prefix}{path}"
        for prefix in CURSORS
        for path in ("/conversations", "/users", "/conversations/{conversation_id}/members", CONVERSATIONS)
    )
)
@pytest.mark.parametrize("prefix", CURSORS)
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize(("name", "path", "add"), LISTS, ids=[path for _, path, _ in LISTS])
async def test_every_row_is_on_one_page_while_rows_are_added(
    api: Api, prefix: str, order: str, name: str, path: str, add: Callable[[Api, int], Any]
) -> None:
    if name != "users":
        await user(api, "alice")
    if name == "members":
        api.room = await conversation(api)  # type: ignore[attr-defined]
    ids = [await add(api, number) for number in range(5)]
    added: list[str] = []
    whole = f"{prefix}{path.format(room=getattr(api, 'room', ''))}"
    at: str | None = f"{whole}{'&' if '?' in whole else '?'}page_size=2&order={order}"
    seen: list[str] = []
    links: dict[str, Any] = {}
    while at is not None:
        page = await api.expect(200, "GET", at)
        seen += [row["id"] for row in rows_of(prefix, page, name)]
        if len(added) < 2:
            added.append(await add(api, len(ids) + len(added)))
        links = page["_links"]
        at = path_of(links["next"]["href"]) if "next" in links else None
    assert seen == (ids + added if order == "asc" else ids[::-1])
    back = await api.expect(200, "GET", path_of(links["prev"]["href"]))
    before = [row["id"] for row in rows_of(prefix, back, name)]
    assert before == seen[len(seen) - len(rows_of(prefix, page, name)) - 2 :][:2]


@pytest.mark.parametrize("prefix", ["/v0.3", "/v1"])
@pytest.mark.endpoint("GET /v0.3/users/{user_id}/sessions", "GET /v1/users/{user_id}/sessions")
async def test_nobody_has_a_session_yet(api: Api, prefix: str) -> None:
    alice = await user(api, "alice")
    href = f"{PUBLIC_URL}{prefix}/users/{alice}/sessions?page_size=5"
    assert await api.expect(200, "GET", f"{prefix}/users/{alice}/sessions?page_size=5") == {
        "page_size": 5,
        "_embedded": {"sessions": []},
        "_links": {"first": {"href": href}, "self": {"href": href}},
    }
    await api.expect(404, "GET", f"{prefix}/users/nobody/sessions")


@pytest.mark.endpoint("PUT /v0.2/sessions/{session_id}")
async def test_a_session_that_is_not_there_gets_no_new_token(api: Api) -> None:
    answer = await api.expect(404, "PUT", "/v0.2/sessions/SES-1", "")
    assert answer["code"] == "session:error:not-found"
