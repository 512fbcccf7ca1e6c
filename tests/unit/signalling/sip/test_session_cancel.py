"""CANCEL in every order that a network allows."""

import pytest

from signalling.sip.calls import CallAnswered, CallCancelled, CallEnded, CallEstablished, CallFailed
from signalling.sip.message import Request
from tests.support.sip_script import SDP, Says, Script, names
from tests.support.wire import BOB, Call, media

pytestmark = pytest.mark.unit


def test_a_cancel_waits_for_a_provisional_response() -> None:
    script = Script()
    call, invite = script.call_out()
    script.endpoint.hang_up(call, script.now)
    assert script.heard() == []
    (cancel,) = script.reply(invite, 180)
    assert isinstance(cancel, Request)
    assert cancel.method == "CANCEL"
    assert (cancel.via, cancel.uri, cancel.cseq.number) == (invite.via, invite.uri, invite.cseq.number)
    assert cancel.to.tag is None, "the CANCEL names the INVITE, not the early dialog"
    script.reply(cancel, 200)
    assert names(script.reply(invite, 487)) == ["ACK"]
    assert script.events[-1:] == [CallFailed(call, 487, "Request Terminated")]


def test_a_second_hang_up_and_a_second_180_send_no_second_cancel() -> None:
    script = Script()
    call, invite = script.call_out()
    script.reply(invite, 180)
    script.endpoint.hang_up(call, script.now)
    script.endpoint.hang_up(call, script.now)
    assert names(script.heard()) == ["CANCEL"]
    assert script.reply(invite, 180) == []


def test_a_200_that_crosses_the_cancel_is_acknowledged_and_ended() -> None:
    script = Script()
    call, invite = script.call_out()
    script.reply(invite, 180)
    script.endpoint.hang_up(call, script.now)
    script.heard()
    ack, bye = script.reply(invite, 200, body=SDP)
    assert names([ack, bye]) == ["ACK", "BYE"]
    script.reply(bye, 200)  # type: ignore[arg-type]
    assert [event for event in script.events if isinstance(event, CallAnswered | CallEnded)] == []
    assert script.events[-1:] == [CallFailed(call, 487, "Request Terminated")]
    assert script.endpoint.calls == 0


def test_the_peers_own_refusal_counts_more_than_our_cancel() -> None:
    script = Script()
    call, invite = script.call_out()
    script.reply(invite, 180)
    script.endpoint.hang_up(call, script.now)
    script.reply(invite, 486)
    assert script.events[-1:] == [CallFailed(call, 486, "Said")]


def test_an_invite_whose_cancel_is_never_answered_is_given_up_after_64_t1() -> None:
    script = Script()
    call, invite = script.call_out()
    script.reply(invite, 180)
    script.endpoint.hang_up(call, script.now)
    script.wait(31.9)
    assert script.endpoint.calls == 1
    script.wait(0.2)
    assert script.events[-1:] == [CallFailed(call, 487, "Request Terminated")]
    script.wait(40.0)
    assert script.endpoint.pending_transactions == 0


def test_the_caller_cancels() -> None:
    script = Script()
    call = script.ring_in()
    script.endpoint.ring(call, script.now)
    script.heard()
    assert names(script.say(Says("CANCEL"))) == ["200", "487"]
    assert script.events[-1:] == [CallCancelled(call)]
    script.say(Says("ACK", to_tag="any"))
    assert names(script.say(Says("CANCEL"))) == ["200"], "a retransmission gets its response again"
    assert script.events[-1:] == [CallCancelled(call)]


def test_the_caller_cancels_with_a_bye_in_the_early_dialog() -> None:
    script = Script()
    call = script.ring_in()
    script.endpoint.ring(call, script.now)
    (ringing,) = script.heard()
    bye = Says("BYE", branch="z9hG4bK-2", to_tag=ringing.to.tag or "", cseq=2)
    assert names(script.say(bye)) == ["200", "487"]
    assert script.events[-1:] == [CallCancelled(call)]


def test_a_cancel_after_the_200_changes_nothing() -> None:
    script = Script()
    call = script.ring_in()
    ok = script.accept(call)
    assert names(script.say(Says("CANCEL"))) == ["200"]
    script.say(Says("ACK", branch="z9hG4bK-2", to_tag=ok.to.tag or ""))
    assert isinstance(script.events[-1], CallEstablished)


@pytest.mark.parametrize("branch", ["z9hG4bK-other", "z9hG4bK-1"])
def test_a_cancel_of_nothing_gets_481(branch: str) -> None:
    script = Script()
    if branch != "z9hG4bK-1":
        script.ring_in()
    assert script.ask(Says("CANCEL", branch=branch)).status_code == 481


@pytest.mark.parametrize("crossing_s", [0.0, 0.004, 0.01, 0.015])
def test_cancel_and_200_that_race_leave_one_terminal_event_on_each_side(crossing_s: float) -> None:
    call = Call()
    call.arrive()
    call.alice.endpoint.hang_up(call.handle, call.wire.now)
    call.wire.run(crossing_s)
    if not call.bob.of(CallCancelled):
        call.bob.endpoint.accept(call.incoming, media(BOB), call.wire.now)
    call.wire.settle()
    assert len(call.alice.of(CallFailed)) == 1
    assert len(call.bob.of(CallCancelled)) + len(call.bob.of(CallEnded)) == 1
    assert call.is_quiet()
