"""Provisional responses that are acknowledged (RFC 3262), as the caller and as the callee."""

import pytest

from signalling.sip.calls import (
    CallAnswered,
    CallCancelled,
    CallEnded,
    CallEstablished,
    CallFailed,
    CallHandle,
    CallRinging,
    IncomingCall,
    StreamChanged,
)
from signalling.sip.config import Credentials
from signalling.sip.errors import LocalSipError
from signalling.sip.headers.auth import Challenge
from signalling.sip.message import Request, Response
from signalling.sip.session.prack import MAX_WAITING
from tests.support.sip_script import SDP, VIDEO, Says, Script, names
from tests.support.wire import BOB, Call, Weather, media

pytestmark = pytest.mark.unit

CAN = ("Supported: 100rel",)
MUST = ("Require: 100rel",)


def rang(messages: list[Request | Response]) -> Response:
    """The one response that was said."""
    (response,) = messages
    assert isinstance(response, Response)
    return response


def ring(script: Script, call: CallHandle) -> Response:
    script.endpoint.ring(call, script.now)
    return rang(script.heard())


def progress(script: Script, call: CallHandle) -> Response:
    script.endpoint.progress(call, media(BOB), script.now)
    return rang(script.heard())


def prack(response: Response, number: int = 2, body: str = "", **changes: object) -> Says:
    rack = f"RAck: {response.rseq} {response.cseq}"
    return Says(
        "PRACK",
        branch=f"z9hG4bK-p{number}",
        to_tag=response.to.tag or "",
        cseq=number,
        **{"extra": (rack,), "body": body, **changes},  # type: ignore[arg-type]
    )


# As the callee.


def test_a_caller_who_can_gets_early_media_reliably_and_plain_ringing_not() -> None:
    script = Script()
    call = script.ring_in(extra=CAN)
    ringing, media_on = ring(script, call), progress(script, call)
    assert (ringing.status_code, ringing.require, ringing.rseq) == (180, [], None)
    assert (media_on.status_code, media_on.require) == (183, ["100rel"])
    assert media_on.rseq is not None


def test_a_caller_who_cannot_gets_nothing_reliably() -> None:
    script = Script()
    assert progress(script, script.ring_in()).require == []


def test_early_media_that_arrives_for_certain_is_said_once() -> None:
    script = Script()
    call = script.ring_in(extra=CAN)
    progress(script, call)
    assert script.endpoint.progress(call, media(BOB), script.now) is not None
    assert script.heard() == []


def test_a_call_that_rings_says_so_each_minute() -> None:
    script = Script()
    call = script.ring_in()
    ring(script, call)
    assert names(script.wait(181.0)) == ["180"] * 3
    script.accept(call)
    assert "180" not in names(script.wait(31.0))


def test_a_response_is_repeated_until_its_prack_and_no_longer() -> None:
    script = Script()
    response = progress(script, script.ring_in(extra=CAN))
    assert [each.rseq for each in script.wait(3.6) if isinstance(each, Response)] == [response.rseq] * 3
    assert script.ask(prack(response)).status_code == 200
    assert script.wait(50.0) == []


def test_the_next_response_waits_for_the_prack_and_has_the_next_number() -> None:
    script = Script()
    call = script.ring_in(extra=MUST)
    first = ring(script, call)
    script.endpoint.progress(call, media(BOB), script.now)
    assert script.heard() == []
    ok, second = script.say(prack(first))
    assert isinstance(second, Response)
    assert (second.status_code, second.rseq) == (183, (first.rseq or 0) + 1)
    assert names([ok]) == ["200"]


def test_responses_that_wait_are_bounded() -> None:
    script = Script()
    call = script.ring_in(extra=MUST)
    last = ring(script, call)
    for _ in range(2 * MAX_WAITING):
        script.endpoint.ring(call, script.now)
    number = 2
    while len(said := script.say(prack(last, number))) == 2:
        last = rang(said[1:])
        number += 1
    assert number - 2 == MAX_WAITING


def test_the_answer_waits_for_the_prack_and_repeats_no_sdp() -> None:
    script = Script()
    call = script.ring_in(extra=CAN)
    response = progress(script, call)
    stream = script.endpoint.accept(call, media(BOB), script.now)
    assert stream is not None
    assert script.heard() == []
    assert script.endpoint.dialog_state(call), "it can be ended after a restart"
    with pytest.raises(LocalSipError):
        script.endpoint.accept(call, media(BOB), script.now)
    to_prack, to_invite = script.say(prack(response))
    assert (names([to_prack]), names([to_invite])) == (["200"], ["200"])
    assert (to_invite.cseq.method, to_invite.body) == ("INVITE", b"")
    script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=response.to.tag or ""))
    assert isinstance(script.events[-1], CallEstablished)
    assert script.events[-1].stream == stream


def test_the_answer_waits_for_no_prack_of_plain_ringing() -> None:
    script = Script()
    call = script.ring_in(extra=MUST)
    ringing = ring(script, call)
    ok = script.accept(call)
    assert (ok.status_code, ok.body != b"") == (200, True)
    assert names(script.wait(2.0)) == ["200"] * 2, "ringing is not repeated after the answer"
    assert names(script.say(prack(ringing))) == ["200"], "a PRACK that comes late is answered all the same"
    script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=ok.to.tag or ""))
    assert isinstance(script.events[-1], CallEstablished)
    assert script.wait(100.0) == []
    assert script.ask(prack(ringing, 3)).status_code == 481


def test_a_call_lives_whose_ringing_nobody_ever_acknowledges() -> None:
    script = Script()
    call = script.ring_in(extra=MUST)
    ring(script, call)
    ok = script.accept(call)
    script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=ok.to.tag or ""))
    assert script.wait(100.0) == []
    assert isinstance(script.events[-1], CallEstablished)


def test_what_still_waits_is_not_said_after_the_answer() -> None:
    script = Script()
    call = script.ring_in(extra=MUST)
    first = progress(script, call)
    script.endpoint.ring(call, script.now)
    script.endpoint.accept(call, media(BOB), script.now)
    assert names(script.say(prack(first))) == ["200", "200"]


def test_early_media_that_waits_goes_before_the_answer() -> None:
    script = Script()
    call = script.ring_in(extra=MUST)
    first = ring(script, call)
    script.endpoint.progress(call, media(BOB), script.now)
    script.endpoint.accept(call, media(BOB), script.now)
    assert script.heard() == []
    _, second = script.say(prack(first))
    assert isinstance(second, Response)
    assert (second.status_code, second.body != b"") == (183, True)
    assert names(script.say(prack(second, 3))) == ["200", "200"]


def test_an_offer_in_a_late_prack_meets_ours() -> None:
    script = Script()
    call = script.ring_in(extra=MUST, body="")
    ringing = ring(script, call)
    ok = script.accept(call)
    assert b"m=audio 40000" in ok.body
    assert script.ask(prack(ringing, body=SDP)).status_code == 491
    script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=ok.to.tag or "", body=SDP))
    assert isinstance(script.events[-1], CallEstablished)


def test_a_call_is_given_up_while_the_answer_waits() -> None:
    script = Script()
    call = script.ring_in(extra=CAN)
    progress(script, call)
    script.endpoint.accept(call, media(BOB), script.now)
    assert names(script.say(Says("CANCEL"))) == ["200", "487"]
    assert isinstance(script.events[-1], CallCancelled)


def test_our_user_hangs_up_while_his_answer_waits() -> None:
    script = Script()
    call = script.ring_in(extra=CAN)
    progress(script, call)
    script.endpoint.accept(call, media(BOB), script.now)
    script.endpoint.hang_up(call, script.now)
    assert names(script.heard()) == ["480"]
    assert script.endpoint.calls == 0


def test_a_call_whose_response_nobody_acknowledges_ends() -> None:
    script = Script()
    call = script.ring_in(extra=MUST)
    ring(script, call)
    assert names(script.wait(32.1))[-1] == "504"
    assert script.events[-1] == CallEnded(call, "timeout", 408, "no-prack")


@pytest.mark.parametrize("rack", ["RAck: 1 1 INVITE", "RAck: {rseq} 2 INVITE", "RAck: {rseq} 1 BYE"])
def test_a_prack_for_another_response_gets_481(rack: str) -> None:
    script = Script()
    response = progress(script, script.ring_in(extra=CAN))
    wrong = prack(response, extra=(rack.format(rseq=response.rseq),))
    assert script.ask(wrong).status_code == 481
    assert script.ask(prack(response, 3)).status_code == 200
    assert script.ask(prack(response, 4)).status_code == 481


def test_a_repeated_prack_gets_its_response_again() -> None:
    script = Script()
    response = progress(script, script.ring_in(extra=CAN))
    assert [script.ask(prack(response)).status_code for _ in range(2)] == [200, 200]


def test_an_offer_in_the_prack_is_answered_in_its_response() -> None:
    script = Script()
    response = progress(script, script.ring_in(extra=CAN))
    ok = script.ask(prack(response, body=SDP.replace("4000", "4002")))
    assert b"m=audio 40000" in ok.body
    event = script.events[-1]
    assert isinstance(event, StreamChanged)
    assert event.stream.remote_port == 4002


def test_a_late_offer_is_answered_in_the_prack() -> None:
    script = Script()
    call = script.ring_in(extra=CAN, body="")
    offer = progress(script, call)
    assert b"m=audio 40000" in offer.body
    assert script.endpoint.accept(call, media(BOB), script.now) is None
    to_prack, to_invite = script.say(prack(offer, body=SDP))
    assert (to_prack.body, to_invite.body) == (b"", b"")
    assert [event.stream.remote_port for event in script.events if isinstance(event, StreamChanged)] == [4000]
    script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=offer.to.tag or ""))
    assert isinstance(script.events[-1], CallEstablished)
    assert script.events[-1].stream.remote_port == 4000


def test_without_reliable_responses_a_late_offer_waits_for_the_answer() -> None:
    script = Script()
    call = script.ring_in(body="")
    assert progress(script, call).body == b""
    assert b"m=audio 40000" in script.accept(call).body


@pytest.mark.parametrize("answer", ["", VIDEO])
def test_a_late_offer_that_is_not_answered_ends_the_call(answer: str) -> None:
    script = Script()
    call = script.ring_in(extra=CAN, body="")
    offer = progress(script, call)
    to_prack, to_invite = script.say(prack(offer, body=answer))
    assert isinstance(to_prack, Response)
    assert to_prack.status_code >= 400
    assert names([to_invite]) == names([to_prack])
    assert isinstance(script.events[-1], CallEnded)
    assert script.endpoint.calls == 0
    assert call == script.events[-1].call


# As the caller.


def test_a_reliable_response_is_acknowledged_once() -> None:
    script = Script()
    _, invite = script.call_out()
    assert "100rel" in invite.supported
    headers = ("Require: 100rel", "RSeq: 7")
    (ack,) = script.reply(invite, 183, *headers, body=SDP)
    assert isinstance(ack, Request)
    assert (ack.method, str(ack.rack), ack.cseq.number) == ("PRACK", "7 1 INVITE", 2)
    assert script.reply(invite, 183, *headers, body=SDP) == []
    assert len([event for event in script.events if isinstance(event, CallRinging)]) == 1


def test_a_response_that_comes_too_early_waits_for_its_turn() -> None:
    script = Script()
    _, invite = script.call_out()
    script.reply(invite, 180, "Require: 100rel", "RSeq: 7")
    assert script.reply(invite, 180, "Require: 100rel", "RSeq: 9") == []
    (ack,) = script.reply(invite, 183, "Require: 100rel", "RSeq: 8")
    assert isinstance(ack, Request)
    assert ack.rack.rseq == 8
    assert names(script.reply(invite, 180, "Require: 100rel", "RSeq: 9")) == ["PRACK"]


def test_each_fork_counts_for_itself() -> None:
    script = Script()
    _, invite = script.call_out()
    first = script.reply(invite, 180, "Require: 100rel", "RSeq: 7", tag="one")
    second = script.reply(invite, 180, "Require: 100rel", "RSeq: 500", tag="two")
    assert [str(each.to.tag) for each in (*first, *second)] == ["one", "two"]
    assert names(script.reply(invite, 180, "Require: 100rel", "RSeq: 8", tag="one")) == ["PRACK"]


def test_an_answer_that_came_reliably_stands() -> None:
    script = Script()
    _, invite = script.call_out()
    script.reply(invite, 183, "Require: 100rel", "RSeq: 7", body=SDP)
    script.reply(invite, 200, body=SDP.replace("4000", "4002"))
    event = script.events[-1]
    assert isinstance(event, CallAnswered)
    assert event.stream.remote_port == 4000


def test_an_answer_that_came_unreliably_may_change() -> None:
    script = Script()
    _, invite = script.call_out()
    assert script.reply(invite, 183, body=SDP) == []
    script.reply(invite, 200, body=SDP.replace("4000", "4002"))
    event = script.events[-1]
    assert isinstance(event, CallAnswered)
    assert event.stream.remote_port == 4002


def test_requests_after_the_answer_count_on_from_the_prack() -> None:
    script = Script()
    call, invite = script.call_out()
    script.reply(invite, 183, "Require: 100rel", "RSeq: 7", body=SDP)
    script.reply(invite, 200)
    script.endpoint.hang_up(call, script.now)
    (bye,) = script.heard()
    assert (names([bye]), bye.cseq.number) == (["BYE"], 3)


def test_a_challenged_prack_is_sent_again() -> None:
    script = Script()
    _, invite = script.call_out(credentials=Credentials("anna", "secret"))
    (ack,) = script.reply(invite, 183, "Require: 100rel", "RSeq: 7", body=SDP)
    assert isinstance(ack, Request)
    challenge = Challenge("far", "n0nce")
    (again,) = script.reply(ack, 401, f"WWW-Authenticate: {challenge}")
    assert isinstance(again, Request)
    assert (again.method, str(again.rack), again.cseq.number) == ("PRACK", "7 1 INVITE", 3)


def test_the_callee_may_not_hang_up_before_his_answer() -> None:
    script = Script()
    _, invite = script.call_out()
    script.reply(invite, 183, "Require: 100rel", "RSeq: 7", body=SDP)
    bye = Says("BYE", to_tag=invite.from_.tag or "", call_id=invite.call_id, branch="z9hG4bK-bye")
    assert script.ask(bye).status_code == 481
    assert not [event for event in script.events if isinstance(event, CallEnded | CallFailed)]


@pytest.mark.parametrize("seed", range(20))
def test_early_media_and_answer_come_through_a_lossy_wire(seed: int) -> None:
    call = Call(weather=Weather(loss=0.4, duplication=0.2, delay=(0.01, 0.9)), seed=seed)
    call.wire.run(20.0)
    assert call.bob.of(IncomingCall)
    call.bob.endpoint.progress(call.incoming, media(BOB), call.wire.now)
    call.bob.endpoint.accept(call.incoming, media(BOB), call.wire.now)
    call.wire.run(10.0)
    call.wire.weather = Weather()
    call.wire.run(60.0)
    assert call.bob.only(CallEstablished).stream.remote_port == 40000
    assert call.alice.only(CallAnswered).stream.remote_port == 40000
    assert len({response.rseq for response in call.bob.sent if isinstance(response, Response)} - {None}) == 1
