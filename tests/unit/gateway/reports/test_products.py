"""Which legs a product is about, and what it says of them."""

from typing import Literal

import msgspec
import pytest

from gateway.reports.products import ROWS, Product, Question
from gateway.store.records import LegRecord, LegStatus
from tests.support import records

pytestmark = pytest.mark.unit

Type = Literal["phone", "sip", "websocket", "app"]


def _leg(type_: Type = "phone", status: LegStatus = "completed", *, answered: bool = True) -> LegRecord:
    return msgspec.structs.replace(
        records.leg("leg-1", status),
        type=type_,
        start_time=records.CREATED if answered else None,
        end_time="2024-05-01T12:00:09.000Z",
        duration=9,
        reason="hangup",
    )


@pytest.mark.parametrize(
    ("product", "types"),
    [
        ("VOICE-CALL", {"phone", "sip"}),
        ("VOICE-FAILED", set()),
        ("IN-APP-VOICE", {"app"}),
        ("WEBSOCKET-CALL", {"websocket"}),
        ("CONVERSATIONS", {"phone", "sip", "app", "websocket"}),
        ("ASR", set()),
    ],
)
def test_the_types_of_a_product(product: Product, types: set[str]) -> None:
    question = Question(account="acc-1", product=product)
    kinds: tuple[Type, ...] = ("phone", "sip", "websocket", "app")
    rows = {kind: question.row(_leg(kind)) for kind in kinds}
    assert {kind for kind, row in rows.items() if row is not None} == types
    assert {type(row) for row in rows.values() if row is not None} <= {ROWS[product]}


def test_calls_that_failed() -> None:
    question = Question(account="acc-1", product="VOICE-FAILED")
    assert question.row(_leg(status="busy", answered=False)) is not None
    assert question.row(_leg(status="failed", answered=True)) is None
    assert question.row(_leg(status="ringing", answered=False)) is None


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("direction", "inbound", "outbound"),
        ("status", "completed", "busy"),
        ("from_", "447700900001", "447700900002"),
        ("to", "447700900002", "447700900001"),
        ("conversation_id", "CON-1", "CON-2"),
    ],
)
def test_a_filter(name: str, good: str, bad: str) -> None:
    question = Question(account="acc-1", product="VOICE-CALL")
    assert msgspec.structs.replace(question, **{name: good}).row(_leg()) is not None
    assert msgspec.structs.replace(question, **{name: bad}).row(_leg()) is None


def test_a_row() -> None:
    row = Question(account="acc-1", product="VOICE-CALL").row(_leg())
    assert msgspec.to_builtins(row) == {
        "account_id": "acc-1",
        "call_id": "leg-1",
        "direction": "inbound",
        "from": "447700900001",
        "to": "447700900002",
        "network": "",
        "network_name": "",
        "country": "",
        "country_name": "",
        "date_start": records.CREATED,
        "date_end": "2024-05-01T12:00:09.000Z",
        "duration": 9,
        "status": "completed",
        "status_description": "hangup",
        "currency": "EUR",
        "price": 0.0,
        "total_price": 0.0,
    }
