"""A delivery's exact schedule under virtual time."""

import itertools

import msgspec
import pytest

from gateway.states import IllegalTransition
from gateway.store.records import Delivery, Webhook
from gateway.webhooks.delivery import (
    EVENT_DELAYS_S,
    TRANSITIONS,
    Answer,
    Attempt,
    DeliveryMachine,
    Failure,
    Input,
    Outcome,
    State,
    Step,
)
from gateway.webhooks.exchange import Reply
from tests.support import records

pytestmark = pytest.mark.unit

FIRST = Webhook(address="http://shop.example/answer")
SECOND = Webhook(address="http://backup.example/answer")
LATER = Failure("Connection closed.", retryable=True)
NEVER = Failure("TLS failure.", retryable=False)
START = 1000.0
MOST_ATTEMPTS = 1 + len(EVENT_DELAYS_S)


def _status(code: int) -> Reply:
    return Reply(code, "application/json", b"[]")


def _reason(outcome: Outcome) -> str:
    return outcome.reason if isinstance(outcome, Failure) else f"HTTP {outcome.status}."


def _run(
    delivery: Delivery, *outcomes: Outcome, takes_s: float = 0.0
) -> tuple[list[tuple[str, float]], Step]:
    """Give the attempts these outcomes, the last one for ever; where and when they were, and the end."""
    machine, now = DeliveryMachine(delivery), START
    attempts: list[tuple[str, float]] = []
    coming = itertools.chain(outcomes, itertools.repeat(outcomes[-1]))
    while isinstance(step := machine.next, Attempt):
        now = max(now, step.at)
        attempts.append((step.webhook.address, now - START))
        assert len(attempts) <= MOST_ATTEMPTS, "it is given up in the end"
        machine.sent()
        now += takes_s
        machine.finished(next(coming), now)
    return attempts, step


def _event() -> Delivery:
    return records.delivery("del-1", webhook=FIRST)


def _question(fallback: Webhook | None = SECOND) -> Delivery:
    return records.delivery("del-1", webhook=FIRST, fallback=fallback, wants_reply=True)


@pytest.mark.parametrize("code", range(200, 206))
@pytest.mark.parametrize("delivery", [_event(), _question()])
def test_success(delivery: Delivery, code: int) -> None:
    attempts, end = _run(delivery, _status(code))
    assert attempts == [(FIRST.address, 0.0)]
    assert end == Answer(_status(code))


@pytest.mark.parametrize("failure", [LATER, _status(429), _status(503), _status(504)])
def test_a_question_gets_two_attempts_at_each_url(failure: Outcome) -> None:
    attempts, end = _run(_question(), failure)
    assert attempts == [
        (FIRST.address, 0.0),
        (FIRST.address, 1.0),
        (SECOND.address, 1.0),
        (SECOND.address, 2.0),
    ]
    assert end == Answer(None, (_reason(failure), _reason(failure)))


@pytest.mark.parametrize("failure", [NEVER, *map(_status, (206, 301, 302, 400, 401, 404, 408, 500, 502))])
def test_a_question_that_fails_for_good_turns_to_the_fallback_at_once(failure: Outcome) -> None:
    attempts, end = _run(_question(), failure, _status(200))
    assert attempts == [(FIRST.address, 0.0), (SECOND.address, 0.0)]
    assert end == Answer(_status(200), (_reason(failure),))


def test_each_url_that_is_given_up_has_one_reason_its_last() -> None:
    _, end = _run(_question(), LATER, _status(503), LATER, NEVER)
    assert end == Answer(None, ("HTTP 503.", "TLS failure."))


def test_a_question_without_a_fallback_dies() -> None:
    attempts, end = _run(_question(None), LATER)
    assert attempts == [(FIRST.address, 0.0), (FIRST.address, 1.0)]
    assert end == Answer(None, ("Connection closed.",))


def test_a_question_is_decided_in_time_when_everything_times_out() -> None:
    attempts, _ = _run(_question(), Failure("Response timed out.", retryable=True), takes_s=6.0)
    assert attempts[-1][1] + 6.0 == 26.0


def test_the_fallback_is_told_what_went_wrong() -> None:
    machine = DeliveryMachine(_question(), "answer")
    machine.sent()
    machine.finished(NEVER, START)
    assert machine.state is State.FALLBACK
    assert isinstance(machine.next, Attempt)
    assert machine.next.payload == {
        "id": "del-1",
        "reason": "TLS failure.",
        "original_request": {"url": FIRST.address, "type": "answer"},
    }


@pytest.mark.parametrize("failure", [LATER, *map(_status, (408, 429, 500, 503))])
def test_an_event_is_tried_ten_times_within_a_day(failure: Outcome) -> None:
    attempts, end = _run(_event(), failure)
    at = [0.0, *itertools.accumulate(EVENT_DELAYS_S)]
    assert attempts == [(FIRST.address, seconds) for seconds in at]
    assert at[:4] == [0.0, 1.0, 11.0, 71.0]
    assert len(at) == 10
    assert at[-1] <= 24 * 3600
    assert end == Answer(None, (_reason(failure),))


@pytest.mark.parametrize("failure", [NEVER, *map(_status, (301, 302, 400, 401, 404, 410))])
def test_an_event_that_is_not_wanted_dies_at_once(failure: Outcome) -> None:
    attempts, end = _run(_event(), failure)
    assert len(attempts) == 1
    assert end == Answer(None, (_reason(failure),))


def test_an_event_goes_on_where_its_record_says() -> None:
    machine = DeliveryMachine(_event())
    for now in (START, START + 1):
        machine.sent()
        machine.finished(LATER, now)
    kept = msgspec.json.decode(msgspec.json.encode(machine.record), type=Delivery)
    assert (kept.state, kept.attempts, kept.due_at) == ("pending", 2, START + 11)
    again = DeliveryMachine(kept)
    assert again.next == Attempt(FIRST, kept.payload, START + 11)
    attempts, _ = _run(kept, LATER)
    assert len(attempts) == 8


@pytest.mark.parametrize(("outcome", "state"), [(_status(200), "delivered"), (_status(404), "dead")])
def test_the_record_of_the_end(outcome: Outcome, state: str) -> None:
    machine = DeliveryMachine(_event())
    machine.sent()
    machine.finished(outcome, START)
    assert (machine.record.state, machine.record.attempts) == (state, 1)


def test_every_other_pair_is_illegal() -> None:
    for state, event in itertools.product(State, Input):
        if (state, event) not in TRANSITIONS:
            machine = DeliveryMachine(_event())
            machine.state = state
            with pytest.raises(IllegalTransition):
                machine._move(event)
