"""Full tables: new calls are refused at no cost, those that are up go on."""

import pytest

from signalling.sip.calls import CallEnded, IncomingCall
from signalling.sip.errors import LocalSipError
from signalling.sip.message import Response
from signalling.sip.refusals import RETRY_AFTER_S
from tests.support.sip_script import SDP, Says, Script, names

pytestmark = pytest.mark.unit


def another(number: int) -> Says:
    return Says(call_id=f"call-{number}", branch=f"z9hG4bK-{number}", body=SDP)


def test_calls_are_bounded_both_ways() -> None:
    script = Script(settings={"max_calls": 2})
    for number in (1, 2):
        assert names(script.say(another(number))) == ["100"]
    before = script.endpoint.pending_transactions
    response = script.ask(another(3))
    assert (response.status_code, response.headers.get("Retry-After")) == (503, str(RETRY_AFTER_S))
    assert script.endpoint.pending_transactions == before
    with pytest.raises(LocalSipError) as caught:
        script.call_out()
    assert caught.value.status_code == 503
    event = script.events[0]
    assert isinstance(event, IncomingCall)
    script.endpoint.reject(event.call, 486, None, script.now)
    script.heard()
    assert names(script.say(another(4))) == ["100"]


def test_transactions_are_bounded_and_calls_that_are_up_can_end() -> None:
    script = Script(settings={"max_transactions": 1})
    call, tag = script.establish_in()
    assert script.endpoint.pending_transactions == 1
    assert script.ask(another(2)).status_code == 503
    with pytest.raises(LocalSipError):
        script.call_out()
    assert script.ask(Says(branch="z9hG4bK-3", to_tag=tag, cseq=2, body=SDP)).status_code == 503
    assert script.ask(Says("UPDATE", branch="z9hG4bK-5", to_tag=tag, cseq=2, body=SDP)).status_code == 503
    assert script.ask(Says("BYE", branch="z9hG4bK-4", to_tag=tag, cseq=3)).status_code == 200
    assert script.events[-1] == CallEnded(call, "peer")


def test_a_call_of_full_tables_can_be_answered_reliably() -> None:
    script = Script(settings={"max_transactions": 1})
    call = script.ring_in(extra=("Require: 100rel",))
    script.endpoint.ring(call, script.now)
    (ringing,) = script.heard()
    assert isinstance(ringing, Response)
    rack = f"RAck: {ringing.rseq} 1 INVITE"
    prack = Says("PRACK", branch="z9hG4bK-2", to_tag=ringing.to.tag or "", cseq=2, extra=(rack,))
    assert script.ask(prack).status_code == 200


def test_a_flood_of_strangers_keeps_nothing() -> None:
    script = Script()
    for number in range(2000):
        script.say(Says("BYE", branch=f"z9hG4bK-{number}", to_tag="guess", call_id=f"call-{number}"))
    assert (script.endpoint.pending_transactions, script.endpoint.next_timer()) == (0, None)
    assert script.endpoint.counters["refused"] == 2000


def test_verbs_on_unknown_calls_are_refused() -> None:
    script = Script()
    call, tag = script.establish_in()
    script.say(Says("BYE", branch="z9hG4bK-4", to_tag=tag, cseq=3))
    endpoint = script.endpoint
    for verb in (endpoint.ring, endpoint.hang_up, endpoint.hold, endpoint.resume, endpoint.probe):
        with pytest.raises(LocalSipError, match="unknown call"):
            verb(call, script.now)
