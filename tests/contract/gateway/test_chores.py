"""The chores on a real store and switchboard: what is due goes, what is not stays, all of it by index."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from gateway import chores as module
from gateway.chores import DAY_S, HOUR_S, chores
from gateway.clock import ManualClock, iso
from gateway.config import RetentionSettings
from gateway.conversation.commands import AddMember, JoinMember
from gateway.errors import GatewayError
from gateway.files.door import Files
from gateway.ids import Ids
from gateway.ports import NewConversation
from gateway.store.records import Batch, MemberRecord, RecordingRecord
from gateway.store.sqlite import SqliteStore
from gateway.switchboard import Switchboard
from tests.support import records
from tests.support.switchboard import WINDOW, Tray

pytestmark = pytest.mark.contract

RETENTION = RetentionSettings()
RINGS_MS = 30_000
MAX_BITES = 100


class House:
    """A store, a switchboard and the chores, on a clock that stands still."""

    def __init__(self, store: SqliteStore, directory: Path) -> None:
        self.store = store
        self.directory = directory
        self.clock = ManualClock()
        self.tray = Tray()
        self.switchboard = Switchboard(store, self.tray, self.clock, Ids())
        self.application = records.application()
        self.files = Files(directory)
        self.files.prepare()

    def restart(self) -> None:
        """Begin with empty memory."""
        self.switchboard = Switchboard(self.store, self.tray, self.clock, Ids())

    async def look_after(self) -> int:
        """Do all that is due now; how many bites it took."""
        bites = 0
        for chore in chores(self.store, self.switchboard, self.files, RETENTION):
            bites += 1
            while await chore.bite(self.clock.wall()):
                bites += 1
                assert bites < MAX_BITES, f"{chore.name} finds no end"
        return bites

    async def room(self, ttl: int | None = None, name: str | None = None) -> str:
        """A new conversation."""
        properties = {} if ttl is None else {"ttl": ttl}
        return (
            await self.switchboard.open(self.application, NewConversation(name=name, properties=properties))
        ).id

    async def invite(self, conversation_id: str, member_id: str) -> MemberRecord:
        """Ring for a user."""
        member = msgspec.structs.replace(
            records.member(member_id, conversation_id, f"USR-{member_id}"),
            state="INVITED",
            channel={"type": "app", "ring_timeout": RINGS_MS},
        )
        await self.switchboard.do(self.application, conversation_id, AddMember(member=member))
        return await self.member(conversation_id, member_id)

    async def member(self, conversation_id: str, member_id: str) -> MemberRecord:
        """As the store has it."""
        member = await self.store.member(conversation_id, member_id)
        assert member is not None
        return member

    async def is_there(self, conversation_id: str) -> bool:
        """Whether the conversation is not deleted."""
        return await self.store.conversation(records.APPLICATION, conversation_id) is not None


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = await SqliteStore.open(tmp_path / "store.db", synchronous="NORMAL")
    await store.save_application(records.application())
    yield House(store, tmp_path)
    await store.close()


async def test_an_invitation_that_nobody_takes_is_over(house: House) -> None:
    room = await house.room()
    invited = await house.invite(room, "MEM-1")
    assert invited.expires == iso(house.clock.wall() + RINGS_MS / 1000)
    house.clock.advance(RINGS_MS / 1000 - 0.001)
    await house.look_after()
    assert (await house.member(room, "MEM-1")).state == "INVITED"
    house.clock.advance(0.001)
    await house.look_after()
    left = await house.member(room, "MEM-1")
    assert (left.state, left.reason["code"]) == ("LEFT", "timeout")
    log = await house.store.log(room)
    assert (log[-1].type, log[-1].body["reason"]["code"]) == ("member:left", "timeout")
    await house.look_after()
    assert len(await house.store.log(room)) == len(log)


async def test_who_has_joined_stays(house: House) -> None:
    room = await house.room()
    await house.invite(room, "MEM-1")
    await house.switchboard.do(house.application, room, JoinMember(member_id="MEM-1"))
    house.clock.advance(DAY_S)
    await house.look_after()
    assert (await house.member(room, "MEM-1")).state == "JOINED"


async def test_who_joins_between_the_question_and_the_deed_stays(house: House) -> None:
    """The store said that it is due; the conversation knows better."""
    room = await house.room(ttl=60)
    invited = await house.invite(room, "MEM-1")
    empty = await house.room(ttl=60)
    found = await house.store.conversation(records.APPLICATION, empty)
    assert found is not None
    house.clock.advance(DAY_S)
    await house.switchboard.do(house.application, room, JoinMember(member_id="MEM-1"))
    await house.invite(empty, "MEM-2")

    class Stale(SqliteStore):
        async def due_members(self, after: str, now: str, limit: int) -> list[MemberRecord]:
            return [invited]

    stale = Stale(house.store._reader, house.store._writer)
    await module.Invitations(stale, house.switchboard).bite(house.clock.wall())
    assert (await house.member(room, "MEM-1")).state == "JOINED"
    ends = module.EmptyConversations(house.store, house.switchboard)
    await ends._end([(records.APPLICATION, empty)])
    assert await house.is_there(empty)


async def test_an_empty_conversation_goes_after_its_ttl(house: House) -> None:
    short, longer, for_ever = await house.room(60), await house.room(61), await house.room()
    house.clock.advance(60)
    await house.look_after()
    assert [await house.is_there(each) for each in (short, longer, for_ever)] == [False, True, True]
    house.clock.advance(365 * DAY_S)
    await house.look_after()
    assert [await house.is_there(each) for each in (short, longer, for_ever)] == [False, False, True]


async def test_its_name_is_free_again(house: House) -> None:
    await house.room(60, "room")
    house.clock.advance(60)
    await house.look_after()
    assert await house.room(60, "room")


async def test_somebody_in_it_keeps_a_conversation(house: House) -> None:
    room = await house.room(60)
    await house.invite(room, "MEM-1")
    house.clock.advance(20)
    await house.switchboard.do(house.application, room, JoinMember(member_id="MEM-1"))
    house.clock.advance(DAY_S)
    await house.look_after()
    assert await house.is_there(room)


async def test_an_invitation_that_ends_leaves_the_conversation_its_ttl(house: House) -> None:
    room = await house.room(60)
    await house.invite(room, "MEM-1")
    house.clock.advance(RINGS_MS / 1000)
    await house.look_after()
    house.clock.advance(59)
    await house.look_after()
    assert await house.is_there(room)
    house.clock.advance(1)
    await house.look_after()
    assert not await house.is_there(room)


async def test_what_fell_due_while_nothing_ran_is_done_after_the_start(house: House) -> None:
    crowd, empty = await house.room(), await house.room(60)
    for number in range(3):
        await house.invite(crowd, f"MEM-{number}")
    house.restart()
    house.clock.advance(7 * DAY_S)
    await house.look_after()
    members = await house.store.members(crowd, WINDOW)
    assert [member.state for member in members.rows] == ["LEFT"] * 3
    assert not await house.is_there(empty)


async def test_what_a_deleted_application_left_ends_too(house: House) -> None:
    room, empty = await house.room(), await house.room(60)
    await house.invite(room, "MEM-1")
    ended = msgspec.structs.replace(records.leg("leg-1", "completed"), end_time=iso(house.clock.wall()))
    await house.store.commit(Batch(legs=[ended]))
    await house.store.delete_application(records.APPLICATION)
    house.clock.advance(DAY_S)
    await house.look_after()
    assert (await house.member(room, "MEM-1")).state == "LEFT"
    assert not await house.is_there(empty)


async def test_deleted_applications_are_forgotten_with_the_last_of_their_legs(house: House) -> None:
    going = records.leg("going", "answered", "app-2")
    ended = msgspec.structs.replace(records.leg("leg-1", "completed"), end_time=iso(house.clock.wall()))
    await house.store.save_application(records.application("app-2"))
    await house.store.save_application(records.application("app-3"))
    await house.store.commit(Batch(legs=[going, ended]))
    rooms = [await house.room() for _ in range(2)]
    for app in ("app-2", records.APPLICATION):
        await house.store.delete_application(app)

    async def left() -> list[bool]:
        apps = (records.APPLICATION, "app-2", "app-3")
        return [await house.store.any_application(app) is not None for app in apps]

    house.clock.advance(RETENTION.leg_days * DAY_S)
    await house.look_after()
    assert await left() == [True, True, True]
    house.clock.advance(1)
    await house.look_after()
    assert await left() == [False, True, True]
    assert [await house.store.log(room) for room in rooms] == [[], []]


async def test_more_than_one_bite_is_done_and_what_fails_holds_up_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "BITE", 2)
    rooms = []
    for number in range(7):
        house.clock.advance(1)
        rooms.append(await house.room(60 + number % 2))
    since = iso(house.clock.wall())
    lost = [
        msgspec.structs.replace(
            records.conversation(f"CON-lost-{ttl}"), properties={"ttl": ttl}, empty_since=since
        )
        for ttl in (1, 2, 3)
    ]
    await house.store.commit(Batch(conversations=lost))
    live = house.switchboard._live
    monkeypatch.setattr(live, "_read", _failing_for("CON-lost-", live._read))
    house.clock.advance(DAY_S)
    assert await house.look_after() > len(chores(house.store, house.switchboard, house.files, RETENTION))
    assert [await house.is_there(each) for each in rooms] == [False] * 7
    assert "CON-lost" in caplog.text


def _failing_for(
    broken: str, read: Callable[[str, str], Awaitable[object]]
) -> Callable[[str, str], Awaitable[object]]:
    async def fail(application_id: str, conversation_id: str) -> object:
        if conversation_id.startswith(broken):
            raise GatewayError("cannot be read")
        return await read(application_id, conversation_id)

    return fail


async def test_legs_go_when_their_application_wants(house: House) -> None:
    patient = msgspec.structs.replace(
        records.application("app-2"), capabilities={"voice": {"leg_persistence_time": 3}}
    )
    await house.store.save_application(patient)
    ended = iso(house.clock.wall())
    over = [
        msgspec.structs.replace(records.leg(f"leg-{app}", "completed", app), end_time=ended)
        for app in (records.APPLICATION, "app-2")
    ]
    await house.store.commit(Batch(legs=[*over, records.leg("going", "answered")]))

    async def kept() -> list[bool]:
        legs = [(records.APPLICATION, "leg-app-1"), ("app-2", "leg-app-2"), (records.APPLICATION, "going")]
        return [await house.store.leg(*each) is not None for each in legs]

    house.clock.advance(2 * DAY_S)
    await house.look_after()
    assert await kept() == [True, True, True]
    house.clock.advance(1)
    await house.look_after()
    assert await kept() == [False, True, True]
    house.clock.advance(1 * DAY_S)
    await house.look_after()
    assert await kept() == [False, False, True]


async def test_every_application_has_its_turn(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PAGE", 2)
    monkeypatch.setattr(module, "BITE", 2)
    ended = iso(house.clock.wall())
    for app in range(5):
        await house.store.save_application(records.application(f"app-{app}"))
        legs = [records.leg(f"leg-{app}-{number}", "completed", f"app-{app}") for number in range(3)]
        await house.store.commit(Batch(legs=[msgspec.structs.replace(leg, end_time=ended) for leg in legs]))
    house.clock.advance(3 * DAY_S)
    await house.look_after()
    left = [
        await house.store.leg(f"app-{app}", f"leg-{app}-{number}") for app in range(5) for number in range(3)
    ]
    assert left == [None] * 15


@pytest.mark.parametrize(
    ("state", "kept_s"),
    [("delivered", RETENTION.delivered_hours * HOUR_S), ("dead", RETENTION.dead_days * DAY_S)],
)
async def test_settled_webhooks_go_in_bites(
    house: House, monkeypatch: pytest.MonkeyPatch, state: Literal["delivered", "dead"], kept_s: float
) -> None:
    monkeypatch.setattr(module, "BITE", 3)
    created = iso(house.clock.wall())
    old = [
        msgspec.structs.replace(records.delivery(f"old-{number}"), state=state, created=created)
        for number in range(8)
    ]
    owed = msgspec.structs.replace(records.delivery("owed"), created=created)
    await house.store.commit(Batch(deliveries=[*old, owed]))
    house.clock.advance(kept_s)
    await house.look_after()
    assert len(ids(house)) == 9
    house.clock.advance(1)
    await house.look_after()
    assert ids(house) == ["owed"]
    assert [delivery.id for delivery in await house.store.pending_deliveries()] == ["owed"]


def ids(house: House) -> list[str]:
    """Of all deliveries that have a row."""
    with sqlite3.connect(house.directory / "store.db") as connection:
        return [row[0] for row in connection.execute("SELECT id FROM deliveries ORDER BY id")]


async def test_files_of_recordings_go_in_their_time(house: House) -> None:
    def recording(name: str, keep_days: float | None) -> RecordingRecord:
        path = house.directory / "recordings" / f"{name}.wav"
        path.write_bytes(b"RIFF")
        return msgspec.structs.replace(
            records.recording(name, iso(house.clock.wall())), path=str(path), keep_days=keep_days
        )

    kept = [recording("short", 0.5), recording("usual", None), recording("long", 100.0)]
    await house.store.commit(Batch(recordings=kept))

    async def there() -> list[str]:
        rows = [await house.store.recording(records.APPLICATION, each.id) for each in kept]
        named = {row.path for row in rows if row is not None and row.path}
        assert {str(path) for path in (house.directory / "recordings").glob("*.wav")} == named
        return [row.id for row in rows if row is not None and row.path]

    house.clock.advance(0.5 * DAY_S)
    await house.look_after()
    assert await there() == ["usual", "long"]
    house.clock.advance(29.5 * DAY_S + 1)
    await house.look_after()
    assert await there() == ["long"]
    house.clock.advance(70 * DAY_S)
    await house.look_after()
    assert await there() == []


async def test_nothing_is_searched_row_by_row(house: House) -> None:
    said: list[str] = []
    for connection in house.store._reader._connections:
        connection.set_trace_callback(said.append)
    await house.look_after()
    for connection in house.store._reader._connections:
        connection.set_trace_callback(None)
    with sqlite3.connect(house.directory / "store.db") as connection:
        plans = {sql: connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall() for sql in said}
    asked = [sql for sql in plans if "FROM applications" not in sql]
    assert len(asked) == 7
    for sql in asked:
        assert ["USING INDEX" in step[3] or "USING COVERING INDEX" in step[3] for step in plans[sql]] == [
            True
        ], sql
