"""Records as rows."""

import msgspec
import pytest

from gateway.store.records import Batch, EventRecord
from gateway.store.rows import DELIVERIES, EVENTS, LEGS, batch_statements
from tests.support import records

pytestmark = pytest.mark.unit


def test_a_record_comes_back_from_its_row() -> None:
    leg = msgspec.structs.replace(records.leg("leg-1"), headers={"näme": ["ü", 1, None]})
    row = LEGS.row(leg)
    assert row[:2] == ("leg-1", records.APPLICATION)
    assert LEGS.record(str(row[-1])) == leg


def test_an_empty_batch_writes_nothing() -> None:
    assert batch_statements(Batch()) == []


def test_the_log_comes_first() -> None:
    batch = Batch(events=[records.event("CON-1", 1)], deliveries=[records.delivery("d1")])
    assert [sql for sql, _ in batch_statements(batch)] == [EVENTS.insert([])[0], DELIVERIES.upsert([])[0]]


def test_what_happens_to_a_dict_after_the_commit_does_not_count() -> None:
    event = records.event("CON-1", 1)
    [(_, [row])] = batch_statements(Batch(events=[event]))
    event.body["text"] = "changed"
    assert msgspec.json.decode(str(row[-1]), type=EventRecord).body == {"text": "hello"}
