"""The exact schedule of a delivery under virtual time, for every kind of misconduct of customers' hosts."""

from itertools import accumulate

import pytest

from gateway.store.records import Delivery, Webhook
from gateway.webhooks.delivery import EVENT_DELAYS_S, Answer, Attempt, DeliveryMachine, Outcome, RequestType
from tests.support import records
from tests.support.misconduct import FOR_A_DAY, ONCE, ROWS, TWICE, USELESS_ANSWERS, Row

pytestmark = pytest.mark.unit

FIRST, FALLBACK = Webhook(address="http://shop.example/hook"), Webhook(address="http://backup.example/hook")
START = 1_700_000_000.0
QUESTIONS = [("answer", row) for row in [*ROWS, *USELESS_ANSWERS]] + [("event", row) for row in ROWS]


def played(
    machine: DeliveryMachine, outcome: Outcome, attempt_s: float
) -> tuple[list[tuple[str, float]], float, Answer]:
    """Where and when each attempt began, when the last was over, and what it all came to."""
    now, attempts = START, []
    while isinstance(step := machine.next, Attempt):
        now = max(now, step.at)
        attempts.append((step.webhook.address, now - START))
        machine.sent()
        now += attempt_s
        machine.finished(outcome, now)
    return attempts, now - START, step


@pytest.mark.parametrize(("request_type", "row"), QUESTIONS, ids=lambda each: getattr(each, "name", each))
def test_a_request_that_waits_for_its_reply(request_type: RequestType, row: Row) -> None:
    delivery = records.delivery("q1", webhook=FIRST, fallback=FALLBACK, wants_reply=True)
    spent = row.attempt_s
    attempts, end, answer = played(
        DeliveryMachine(delivery, request_type), row.outcome(wants_reply=True), spent
    )
    if row.question == TWICE:
        assert attempts == [
            (FIRST.address, 0.0),
            (FIRST.address, spent + 1),
            (FALLBACK.address, 2 * spent + 1),
            (FALLBACK.address, 3 * spent + 2),
        ]
        assert end == 4 * spent + 2
    else:
        assert attempts == [(FIRST.address, 0.0), (FALLBACK.address, spent)]
        assert end == 2 * spent
    assert answer == Answer(None, (row.reason, row.reason))
    assert end <= 32.0


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_plain_event(row: Row) -> None:
    delivery: Delivery = records.delivery("e1", webhook=FIRST, fallback=FALLBACK)
    attempts, _, answer = played(DeliveryMachine(delivery), row.outcome(wants_reply=False), row.attempt_s)
    waits = EVENT_DELAYS_S if row.event == FOR_A_DAY else ()
    at = list(accumulate((row.attempt_s + wait for wait in waits), initial=0.0))
    assert [url for url, _ in attempts] == [FIRST.address] * len(at)
    assert [seconds for _, seconds in attempts] == pytest.approx(at)
    assert at[-1] <= 24 * 3600
    assert answer.failures == (() if row.delivers else (row.reason,))
    assert (answer.reply is not None) is row.delivers


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_table_holds_together(row: Row) -> None:
    assert row.question in (ONCE, TWICE)
    assert row.event in (ONCE, FOR_A_DAY)
    assert not (row.delivers and row.event != ONCE)
    assert not (row.question == TWICE and row.event != FOR_A_DAY), "an event is tried at least as often"
