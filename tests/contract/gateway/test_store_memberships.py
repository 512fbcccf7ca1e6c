"""Who is in a conversation, and where a user is: what every `Store` promises, asked of SQLite."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from gateway.store import migrations
from gateway.store.base import Store
from gateway.store.queries import LegFilter, MembershipFilter, Page, Window
from gateway.store.records import Batch, MemberRecord
from gateway.store.sqlite import SqliteStore
from tests.support import records

pytestmark = pytest.mark.contract

APPLICATION = records.APPLICATION
ALL = MembershipFilter()


def member(name: str, room: str, state: str, user: str = "USR-1") -> MemberRecord:
    return msgspec.structs.replace(records.member(f"MEM-{name}", room, user), state=state)


def ids(page: Page[MemberRecord]) -> list[str]:
    return [row.id for row in page.rows]


async def test_who_is_present_is_told_from_who_has_left(store: Store) -> None:
    here = [member("1", "CON-1", "JOINED"), member("2", "CON-1", "LEFT"), member("3", "CON-1", "INVITED")]
    others = [member("4", "CON-1", "JOINED", "USR-2"), member("5", "CON-2", "JOINED")]
    await store.commit(Batch(members=[*here, *others]))
    assert ids(await store.members("CON-1", Window(), present=True)) == ["MEM-1", "MEM-3", "MEM-4"]
    assert ids(await store.members("CON-1", Window())) == ["MEM-1", "MEM-2", "MEM-3", "MEM-4"]
    assert [row.id for row in await store.own_members("CON-1", "USR-1")] == ["MEM-1", "MEM-3"]
    assert ids(await store.presences("USR-1", Window())) == ["MEM-1", "MEM-3", "MEM-5"]
    await store.commit(Batch(members=[member("1", "CON-1", "LEFT")]))
    assert [row.id for row in await store.own_members("CON-1", "USR-1")] == ["MEM-3"]


async def test_the_latest_member_of_the_best_state_counts(store: Store) -> None:
    await store.commit(
        Batch(
            conversations=[
                records.conversation("CON-1"),
                records.conversation("CON-2", application_id="app-2"),
            ],
            members=[
                member("1", "CON-1", "JOINED"),
                member("2", "CON-1", "JOINED"),
                member("3", "CON-1", "INVITED"),
                member("4", "CON-1", "LEFT"),
                member("5", "CON-2", "JOINED"),
            ],
        )
    )
    for counts in ("MEM-2", "MEM-1", "MEM-3"):
        (row,) = (await store.memberships(APPLICATION, "USR-1", Window(), ALL)).rows
        assert (row.conversation.id, row.member.id) == ("CON-1", counts)
        await store.commit(Batch(members=[member(counts[4:], "CON-1", "LEFT")]))
    (row,) = (await store.memberships(APPLICATION, "USR-1", Window(), ALL)).rows
    assert (row.member.id, row.member.state) == ("MEM-4", "LEFT")


async def test_a_deleted_conversation_is_nobodys(store: Store) -> None:
    gone = msgspec.structs.replace(records.conversation("CON-1"), state="DELETED")
    await store.commit(Batch(conversations=[gone], members=[member("1", "CON-1", "LEFT")]))
    page = await store.memberships(APPLICATION, "USR-1", Window(), ALL)
    assert (page.rows, page.total) == ([], 0)


@pytest.mark.parametrize("descending", [False, True])
async def test_equal_sort_keys_are_paged_by_creation(store: Store, descending: bool) -> None:
    keys = ["b", "a", None, "b", "ab", "a"]
    for number, key in enumerate(keys):
        properties = {} if key is None else {"custom_sort_key": key}
        room = msgspec.structs.replace(records.conversation(f"CON-{number}"), properties=properties)
        await store.commit(Batch(conversations=[room], members=[member(str(number), room.id, "JOINED")]))
    seen: list[str] = []
    after: str | None = None
    while True:
        page = await store.memberships(
            APPLICATION,
            "USR-1",
            Window(limit=2, after=after, descending=descending),
            MembershipFilter(by_sort_key=True),
        )
        assert page.total == len(keys)
        seen += [row.conversation.id for row in page.rows]
        if not page.has_more:
            break
        after = page.last_key
    wanted = [f"CON-{number}" for number in (2, 1, 5, 4, 0, 3)]
    assert seen == (wanted[::-1] if descending else wanted)


async def test_a_deleted_users_name_is_free_in_its_application_alone(store: Store) -> None:
    await store.commit(Batch(users=[records.user("USR-1", "ann"), records.user("USR-2", "ann", "app-2")]))
    await store.delete_user("app-2", "USR-1")
    assert await store.user(APPLICATION, "USR-1") is not None
    await store.delete_user(APPLICATION, "USR-1")
    assert await store.user(APPLICATION, "USR-1") is None
    assert await store.user("app-2", "USR-2") is not None
    await store.commit(Batch(users=[records.user("USR-3", "ann")]))


async def test_the_legs_of_a_conversation_that_live(store: Store) -> None:
    legs = [records.leg("leg-1"), records.leg("leg-2", "completed"), records.leg("leg-3", "answered")]
    await store.commit(Batch(legs=legs))
    page = await store.legs(APPLICATION, Window(), LegFilter(conversation_id="CON-1", open_only=True))
    assert [leg.id for leg in page.rows] == ["leg-1", "leg-3"]


async def test_members_of_before_get_their_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.db"
    monkeypatch.setattr(migrations, "HEAD", "0004")
    migrations.upgrade(path)
    monkeypatch.undo()
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "INSERT INTO members (id, conversation_id, user_id, document) VALUES (?, 'CON-1', 'USR-1', ?)",
            [
                (each.id, msgspec.json.encode(each).decode())
                for each in (member("1", "CON-1", "LEFT"), member("2", "CON-1", "JOINED"))
            ],
        )
    migrations.upgrade(path)
    opened = await SqliteStore.open(path)
    try:
        assert ids(await opened.members("CON-1", Window(), present=True)) == ["MEM-2"]
    finally:
        await opened.close()
