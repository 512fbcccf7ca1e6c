"""What every `Store` promises, asked of SQLite."""

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.errors import Conflict, Invalid, Unavailable
from gateway.store import reader
from gateway.store.base import LogConflict, Store
from gateway.store.queries import MAX_PAGE, EventFilter, LegFilter, Window
from gateway.store.records import Batch, LegStatus
from gateway.store.sqlite import SqliteStore
from gateway.store.sqlite.log import LOG_CHUNK
from tests.support import records

pytestmark = pytest.mark.contract


async def test_a_batch_is_read_back_as_it_was_written(store: Store) -> None:
    batch = Batch(
        events=[records.event("CON-1", 1)],
        conversations=[records.conversation("CON-1")],
        members=[records.member("MEM-1", "CON-1")],
        legs=[records.leg("leg-1")],
        users=[records.user("USR-1")],
        recordings=[records.recording("rec-1")],
        deliveries=[records.delivery("del-1")],
    )
    await store.commit(batch)
    assert await store.log("CON-1") == batch.events
    assert await store.conversation(records.APPLICATION, "CON-1") == batch.conversations[0]
    assert await store.member("CON-1", "MEM-1") == batch.members[0]
    assert await store.leg(records.APPLICATION, "leg-1") == batch.legs[0]
    assert await store.user(records.APPLICATION, "USR-1") == batch.users[0]
    assert await store.recording(records.APPLICATION, "rec-1") == batch.recordings[0]
    assert await store.pending_deliveries() == batch.deliveries


async def test_another_tenants_rows_are_absent(store: Store) -> None:
    await store.commit(
        Batch(
            conversations=[records.conversation("CON-1", "sales")],
            legs=[records.leg("leg-1")],
            users=[records.user("USR-1", "ann")],
            recordings=[records.recording("rec-1")],
        )
    )
    assert await store.conversation("app-2", "CON-1") is None
    assert await store.conversation_by_name("app-2", "sales") is None
    assert await store.leg("app-2", "leg-1") is None
    assert await store.user("app-2", "USR-1") is None
    assert await store.user_by_name("app-2", "ann") is None
    assert await store.recording("app-2", "rec-1") is None
    assert (await store.conversations("app-2", Window())).total == 0
    assert (await store.legs("app-2", Window(), LegFilter())).rows == []
    assert (await store.users("app-2", Window())).rows == []


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("conversations", records.conversation("CON-1", "sales")),
        ("members", records.member("MEM-1", "CON-1")),
        ("legs", records.leg("leg-1")),
        ("users", records.user("USR-1", "ann")),
        ("recordings", records.recording("rec-1")),
        ("deliveries", records.delivery("del-1")),
    ],
)
async def test_another_tenants_row_is_never_overwritten(
    store: Store, tmp_path: Path, table: str, row: msgspec.Struct
) -> None:
    def rows() -> list[str]:
        with sqlite3.connect(tmp_path / "store.db") as connection:
            return list(connection.iterdump())

    foreign = {"application_id": "app-2"} | ({"conversation_id": "CON-2"} if table == "members" else {})
    await store.commit(Batch(**{table: [row]}))  # type: ignore[arg-type]
    before = rows()
    with pytest.raises(LogConflict):
        await store.commit(Batch(**{table: [msgspec.structs.replace(row, **foreign)]}))  # type: ignore[arg-type]
    assert rows() == before


async def test_a_position_exists_once_and_the_loser_writes_nothing(store: Store) -> None:
    await store.commit(Batch(events=[records.event("CON-1", 1)]))
    with pytest.raises(LogConflict):
        await store.commit(
            Batch(
                conversations=[records.conversation("CON-9")],
                events=[records.event("CON-1", 2), records.event("CON-1", 1, id_=9)],
            )
        )
    assert [fact.position for fact in await store.log("CON-1")] == [1]
    assert await store.conversation(records.APPLICATION, "CON-9") is None


async def test_an_event_number_exists_once(store: Store) -> None:
    await store.commit(Batch(events=[records.event("CON-1", 1)]))
    with pytest.raises(LogConflict):
        await store.commit(Batch(events=[records.event("CON-1", 2, id_=1)]))


async def test_an_active_conversations_name_is_taken_until_it_is_deleted(store: Store) -> None:
    first = records.conversation("CON-1", "sales")
    await store.commit(Batch(conversations=[first]))
    with pytest.raises(Conflict) as conflict:
        await store.commit(Batch(conversations=[records.conversation("CON-2", "sales")]))
    assert conflict.value.code == "conversation:error:duplicate-name"
    await store.commit(Batch(conversations=[records.conversation("CON-3", "sales", "app-2")]))
    await store.commit(Batch(conversations=[msgspec.structs.replace(first, state="DELETED")]))
    assert await store.conversation(records.APPLICATION, "CON-1") is None
    await store.commit(Batch(conversations=[records.conversation("CON-2", "sales")]))
    found = await store.conversation_by_name(records.APPLICATION, "sales")
    assert found is not None
    assert found.id == "CON-2"


async def test_a_users_name_is_taken_in_its_application(store: Store) -> None:
    await store.commit(Batch(users=[records.user("USR-1", "ann"), records.user("USR-2", "ann", "app-2")]))
    with pytest.raises(Conflict) as conflict:
        await store.commit(Batch(users=[records.user("USR-3", "ann")]))
    assert conflict.value.code == "user:error:duplicate-name"
    assert (await store.users(records.APPLICATION, Window(), name="ann")).total == 1


async def test_one_batch_that_conflicts_does_not_hurt_the_others_in_its_group(store: Store) -> None:
    batches = [Batch(users=[records.user(f"USR-{n}", f"name-{n % 40}")]) for n in range(50)]
    results = await asyncio.gather(*map(store.commit, batches), return_exceptions=True)
    assert [type(result) for result in results] == [type(None)] * 40 + [Conflict] * 10
    assert (await store.users(records.APPLICATION, Window())).total == 40


async def test_a_value_that_the_database_cannot_hold_fails_its_own_batch_only(store: Store) -> None:
    good, bad = records.event("CON-1", 1), records.event("CON-1", 1 << 63, id_=2)
    results = await asyncio.gather(
        store.commit(Batch(events=[bad])), store.commit(Batch(events=[good])), return_exceptions=True
    )
    assert [type(result) for result in results] == [OverflowError, type(None)]
    assert await store.log("CON-1") == [good]


async def test_what_was_committed_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = await SqliteStore.open(path)
    commits = [
        asyncio.ensure_future(store.commit(Batch(events=[records.event("CON-1", n)]))) for n in (1, 2, 3)
    ]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*commits)
    with pytest.raises(Unavailable):
        await store.commit(Batch(events=[records.event("CON-1", 4)]))
    again = await SqliteStore.open(path)
    assert [fact.position for fact in await again.log("CON-1")] == [1, 2, 3]
    await again.close()


async def test_the_log_is_longer_than_one_chunk(store: Store) -> None:
    count = LOG_CHUNK + 1
    await store.commit(Batch(events=[records.event("CON-1", n) for n in range(1, count + 1)]))
    assert [fact.position for fact in await store.log("CON-1")] == list(range(1, count + 1))


async def test_pages_join_up_while_rows_are_added(store: Store) -> None:
    await store.commit(Batch(events=[records.event("CON-1", n) for n in range(1, 8)]))
    seen: list[int | None] = []
    window, added = Window(limit=3), 8
    while True:
        page = await store.events("CON-1", window, EventFilter())
        seen += [fact.id for fact in page.rows]
        if not page.has_more:
            break
        if added < 10:
            await store.commit(Batch(events=[records.event("CON-1", added)]))
            added += 1
        window = Window(limit=3, after=page.last_key)
    assert seen == list(range(1, 10))
    assert page.total == 9


async def test_pages_downwards_do_not_see_what_is_added(store: Store) -> None:
    await store.commit(Batch(users=[records.user(f"USR-{n}") for n in range(5)]))
    first = await store.users(records.APPLICATION, Window(limit=2, descending=True))
    await store.commit(Batch(users=[records.user("USR-5")]))
    rest = await store.users(records.APPLICATION, Window(limit=9, descending=True, after=first.last_key))
    assert [row.id for row in first.rows + rest.rows] == ["USR-4", "USR-3", "USR-2", "USR-1", "USR-0"]
    assert (first.has_more, rest.has_more) == (True, False)


async def test_a_row_keeps_its_place_when_it_changes(store: Store) -> None:
    await store.commit(Batch(legs=[records.leg("leg-1"), records.leg("leg-2")]))
    await store.commit(Batch(legs=[records.leg("leg-1", "answered")]))
    page = await store.legs(records.APPLICATION, Window(), LegFilter())
    assert [(row.id, row.status) for row in page.rows] == [("leg-1", "answered"), ("leg-2", "started")]


async def test_events_are_found_by_number_and_type(store: Store) -> None:
    await store.commit(
        Batch(
            events=[
                records.event("CON-1", 1, "member:joined", 1),
                records.event("CON-1", 2, "internal", hidden=True),
                records.event("CON-1", 3, "text", 2),
                records.event("CON-1", 4, "member:left", 3),
                records.event("CON-1", 5, "memberless", 4),
            ]
        )
    )

    async def ids(*types: tuple[str, ...], **filters: Any) -> tuple[list[int | None], int]:  # noqa: ANN401
        page = await store.events("CON-1", Window(), EventFilter(types=types, **filters))
        return [fact.id for fact in page.rows], page.total

    assert await ids() == ([1, 2, 3, 4], 4)
    assert await ids(start_id=2, end_id=3) == ([2, 3], 2)
    assert await ids(start_id=1 << 70) == ([], 0)
    assert await ids(end_id=-1) == ([], 0)
    assert await ids(("member:*",)) == ([1, 3], 2)
    assert await ids(("text",)) == ([2], 1)
    assert await ids(("*",)) == ([1, 2, 3, 4], 4)
    assert await ids(("member:*",), start_id=2) == ([3], 1)
    assert await ids(("member:left", "te*")) == ([2, 3], 2)
    assert await ids(("member:*",), ("text", "member:left")) == ([3], 1)
    assert await store.event("CON-1", 2) is not None
    assert await store.event("CON-1", 5) is None
    assert await store.event("CON-1", 1 << 70) is None


async def test_deleted_events_can_be_left_out(store: Store) -> None:
    first, second = records.event("CON-1", 1), records.event("CON-1", 2)
    await store.commit(Batch(events=[first, second]))
    emptied = msgspec.structs.replace(first, body={}, deleted="2024-05-02T00:00:00.000Z")
    await store.commit(Batch(rewritten=[emptied]))
    kept = await store.events("CON-1", Window(), EventFilter(without_deleted=True))
    assert (kept.rows, kept.total) == ([second], 1)
    assert (await store.events("CON-1", Window(), EventFilter())).rows == [emptied, second]


async def test_a_page_has_a_largest_size(store: Store) -> None:
    await store.commit(Batch(events=[records.event("CON-1", n) for n in range(1, MAX_PAGE + 2)]))
    page = await store.events("CON-1", Window(limit=10_000), EventFilter())
    assert (len(page.rows), page.has_more, page.total) == (MAX_PAGE, True, MAX_PAGE + 1)


@pytest.mark.parametrize("window", [Window(after="900"), Window(after="900", descending=True)])
async def test_a_page_deep_inside_is_reached_by_the_index(tmp_path: Path, window: Window) -> None:
    path = tmp_path / "store.db"
    store = await SqliteStore.open(path)
    said: list[str] = []
    for connection in store._reader._connections:
        connection.set_trace_callback(said.append)
    await store.events("CON-1", window, EventFilter())
    await store.close()
    with sqlite3.connect(path) as connection:
        plans = [connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall() for sql in said]
    steps = [step[3] for plan in plans for step in plan]
    assert len(steps) == 2
    assert steps[0].endswith("(conversation_id=?)")
    assert steps[1].endswith("(conversation_id=? AND id>? AND id<?)")


async def test_a_cursor_does_not_lead_out_of_the_range(store: Store) -> None:
    await store.commit(Batch(events=[records.event("CON-1", n) for n in range(1, 10)]))

    async def ids(after: str, *, descending: bool) -> list[int | None]:
        window = Window(after=after, descending=descending)
        page = await store.events("CON-1", window, EventFilter(start_id=4, end_id=6))
        assert page.total == 3
        return [row.id for row in page.rows]

    assert await ids("1", descending=False) == [4, 5, 6]
    assert await ids("4", descending=False) == [5, 6]
    assert await ids("9", descending=True) == [6, 5, 4]
    assert await ids("5", descending=True) == [4]


@pytest.mark.parametrize("after", ["", "abc", "-1", "1 OR 1", "9" * 40, "१"])
async def test_a_made_up_cursor_is_refused(store: Store, after: str) -> None:
    with pytest.raises(Invalid):
        await store.events("CON-1", Window(after=after), EventFilter())


async def test_legs_by_status_conversation_and_date(store: Store) -> None:
    early, late = records.leg("leg-1"), records.leg("leg-2", "completed")
    late = msgspec.structs.replace(late, created="2024-05-02T00:00:00.000Z", conversation_id="CON-2")
    await store.commit(Batch(legs=[early, late]))

    async def ids(**filters: Any) -> list[str]:  # noqa: ANN401
        page = await store.legs(records.APPLICATION, Window(), LegFilter(**filters))
        return [row.id for row in page.rows]

    assert await ids(status="completed") == ["leg-2"]
    assert await ids(conversation_id="CON-1") == ["leg-1"]
    assert await ids(date_start="2024-05-01T18:00:00.000Z") == ["leg-2"]
    assert await ids(date_end="2024-05-01T18:00:00.000Z") == ["leg-1"]


async def test_what_a_restart_has_to_take_up(store: Store) -> None:
    final: tuple[LegStatus, ...] = (
        "completed",
        "busy",
        "cancelled",
        "failed",
        "rejected",
        "timeout",
        "unanswered",
    )
    going: tuple[LegStatus, ...] = ("started", "ringing", "answered")
    legs = [records.leg(status, status) for status in final + going]
    await store.commit(
        Batch(legs=legs, recordings=[records.recording("open"), records.recording("over", records.CREATED)])
    )
    assert [leg.id for leg in await store.open_legs()] == ["started", "ringing", "answered"]
    assert [recording.id for recording in await store.open_recordings()] == ["open"]


async def test_deliveries_are_owed_until_they_are_delivered_or_dead(store: Store) -> None:
    owed = [records.delivery(f"del-{n}", order=n, application_id=f"app-{n % 2}") for n in (3, 1, 2, 4)]
    await store.commit(Batch(deliveries=owed))
    assert [row.order for row in await store.pending_deliveries()] == [1, 2, 3, 4]
    assert [row.order for row in await store.pending_deliveries(application_id="app-0")] == [2, 4]
    assert [row.order for row in await store.pending_deliveries(after=1, limit=2)] == [2, 3]
    await store.save_delivery(msgspec.structs.replace(owed[0], state="delivered"))
    await store.save_delivery(msgspec.structs.replace(owed[1], state="dead"))
    await store.save_delivery(msgspec.structs.replace(owed[2], attempts=1, due_at=5.0))
    assert [(row.order, row.attempts, row.due_at) for row in await store.pending_deliveries()] == [
        (2, 1, 5.0),
        (4, 0, 0.0),
    ]


async def test_an_outcome_lingers_until_something_is_committed(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "store.db")
    owed = [records.delivery("del-1", order=1), records.delivery("del-2", order=2)]
    await store.commit(Batch(deliveries=owed))

    def states() -> list[tuple[str]]:
        with sqlite3.connect(tmp_path / "store.db") as connection:
            return connection.execute("SELECT state FROM deliveries ORDER BY id").fetchall()

    said: list[str] = []
    store._writer._connection.set_trace_callback(said.append)
    await store.save_delivery(msgspec.structs.replace(owed[0], state="delivered"))
    assert states() == [("pending",), ("pending",)]
    await store.commit(Batch(users=[records.user("USR-1")]))
    assert states() == [("delivered",), ("pending",)]
    assert said.count("COMMIT") == 1
    await store.save_delivery(msgspec.structs.replace(owed[1], state="dead"))
    await store.close()
    assert states() == [("delivered",), ("dead",)]


async def test_more_readers_than_connections_take_turns(store: Store) -> None:
    await store.commit(Batch(users=[records.user("USR-1")]))
    found = await asyncio.gather(
        *(store.user(records.APPLICATION, "USR-1") for _ in range(reader.READERS * 3))
    )
    assert None not in found


async def test_nobody_else_reads_the_database(tmp_path: Path) -> None:
    path = tmp_path / "store.db"

    def modes() -> dict[str, int]:
        return {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}

    private = dict.fromkeys(("store.db", "store.db-wal", "store.db-shm"), 0o600)
    before = os.umask(0o022)
    try:
        first = await SqliteStore.open(path)
        await first.commit(Batch(users=[records.user("USR-1")]))
        assert modes() == private
        for name in private:
            (tmp_path / name).chmod(0o644)
        second = await SqliteStore.open(path)
        assert modes() == private
        await second.close()
        await first.close()
    finally:
        os.umask(before)
