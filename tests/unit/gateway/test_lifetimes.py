"""How long things are kept."""

import msgspec
import pytest

from gateway.lifetimes import leg_days, named_properties
from gateway.store.records import MAX_TTL_S, ApplicationRecord, Json
from tests.support import records

pytestmark = pytest.mark.unit

EMPTY_SINCE = "2024-02-28T23:59:59.500Z"


def application(**capabilities: object) -> ApplicationRecord:
    return msgspec.structs.replace(records.application(), capabilities=capabilities)


@pytest.mark.parametrize(
    ("said", "properties"),
    [
        ({}, {"ttl": 172_800}),
        ({"conversations_ttl": 1}, {"ttl": 3600}),
        ({"conversations_ttl": 0}, {}),
        ({"conversation_ttl": 1}, {"ttl": 3600}),
        ({"conversation_ttl": 0}, {}),
        ({"conversations_ttl": 0, "conversation_ttl": 1}, {}),
    ],
)
def test_named_conversations_are_kept_as_the_application_says(said: Json, properties: Json) -> None:
    assert named_properties(application(voice=said)) == properties


@pytest.mark.parametrize(
    ("capabilities", "days"),
    [
        ({}, 2),
        ({"voice": {"leg_persistence_time": 31}}, 31),
        ({"rtc": {"leg_persistence_time": 5}}, 5),
        ({"voice": {"leg_persistence_time": 7}, "rtc": {"leg_persistence_time": 5}}, 7),
        ({"voice": {"leg_persistence_time": None}}, 2),
    ],
)
def test_legs_are_kept_as_the_application_says(capabilities: Json, days: int) -> None:
    assert leg_days(application(**capabilities), 2) == days


@pytest.mark.parametrize(
    ("ttl", "due"),
    [
        (1, "2024-02-29T00:00:00.500Z"),
        (172_800, "2024-03-01T23:59:59.500Z"),
        (0.5, "2024-02-29T00:00:00.000Z"),
        (MAX_TTL_S + 1, None),
        (0, None),
        (-1, None),
        (True, None),
        ("60", None),
        (None, None),
    ],
)
def test_an_empty_conversation_goes_after_its_ttl(ttl: object, due: str | None) -> None:
    record = msgspec.structs.replace(
        records.conversation("CON-1"), properties={"ttl": ttl}, empty_since=EMPTY_SINCE
    )
    assert record.due == due
    assert msgspec.structs.replace(record, empty_since=None).due is None
    assert msgspec.structs.replace(record, state="DELETED").due is None


def test_only_an_invitation_falls_due() -> None:
    member = msgspec.structs.replace(records.member("MEM-1", "CON-1"), state="INVITED", expires=EMPTY_SINCE)
    assert member.due == EMPTY_SINCE
    assert msgspec.structs.replace(member, state="JOINED").due is None
    assert msgspec.structs.replace(member, state="LEFT").due is None


def test_a_recording_has_its_own_time_or_the_operators() -> None:
    running = records.recording("rec-1")
    ended = msgspec.structs.replace(running, end_time=EMPTY_SINCE)
    assert (running.due, running.kept_since) == (None, None)
    assert (ended.due, ended.kept_since) == (None, EMPTY_SINCE)
    short = msgspec.structs.replace(ended, keep_days=0.5)
    assert (short.due, short.kept_since) == ("2024-02-29T11:59:59.500Z", None)
    gone = msgspec.structs.replace(ended, path="")
    assert (gone.due, gone.kept_since) == (None, None)
    assert msgspec.structs.replace(short, path="").due is None
