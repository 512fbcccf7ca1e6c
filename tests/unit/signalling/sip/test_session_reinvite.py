"""Re-INVITEs of both sides: hold, resume, glare, refusals, and the end that some of them bring."""

import pytest

from signalling.sip.calls import CallEnded, StreamChanged
from signalling.sip.config import Credentials
from signalling.sip.headers.auth import Challenge
from signalling.sip.message import Request
from signalling.sip.session.reinvite import MAX_GLARES, MAX_PAUSE_S
from tests.support.sip_script import SDP, VIDEO, Says, Script, names
from tests.support.wire import Call

pytestmark = pytest.mark.unit

HELD = SDP + "a=sendonly\r\n"
ANSWER_TO_HOLD = SDP + "a=recvonly\r\n"


def reinvite(tag: str, number: int = 2, **changes: object) -> Says:
    return Says(branch=f"z9hG4bK-{number}", to_tag=tag, cseq=number, **{"body": HELD, **changes})  # type: ignore[arg-type]


def directions(script: Script) -> list[str]:
    return [event.stream.direction for event in script.events if isinstance(event, StreamChanged)]


def test_the_peer_holds_and_resumes() -> None:
    script = Script()
    _, tag = script.establish_in()
    held = script.ask(reinvite(tag))
    assert (held.status_code, b"a=recvonly" in held.body) == (200, True)
    script.say(Says("ACK", branch="z9hG4bK-ack2", to_tag=tag, cseq=2))
    script.ask(reinvite(tag, 3, body=SDP))
    script.say(Says("ACK", branch="z9hG4bK-ack3", to_tag=tag, cseq=3))
    assert directions(script) == ["recvonly", "sendrecv"]
    assert script.wait(60.0) == []


def test_a_reinvite_that_changes_nothing_is_answered_and_not_told() -> None:
    script = Script()
    _, tag = script.establish_in()
    assert script.ask(reinvite(tag, body=SDP)).status_code == 200
    assert directions(script) == []


def test_a_reinvite_without_sdp_gets_our_offer() -> None:
    script = Script()
    _, tag = script.establish_in()
    ok = script.ask(reinvite(tag, body=""))
    assert b"m=audio 40000" in ok.body
    script.say(Says("ACK", branch="z9hG4bK-ack2", to_tag=tag, cseq=2, body=HELD.replace("4000", "4002")))
    event = script.events[-1]
    assert isinstance(event, StreamChanged)
    assert (event.stream.remote_port, event.stream.direction) == (4002, "recvonly")


def test_an_offer_that_cannot_be_used_gets_488_and_the_stream_stays() -> None:
    script = Script()
    _, tag = script.establish_in()
    assert script.ask(reinvite(tag, body=VIDEO)).status_code == 488
    script.say(Says("ACK", branch="z9hG4bK-2", to_tag=tag, cseq=2))
    assert directions(script) == []
    assert script.ask(reinvite(tag, 3)).status_code == 200


def test_a_reinvite_moves_the_remote_target() -> None:
    script = Script()
    call, tag = script.establish_in()
    moved = bytes(reinvite(tag)).replace(b"sip:peer@192.0.2.1:5060", b"sip:moved@192.0.2.1:5070")
    script.say(moved)
    script.say(Says("ACK", branch="z9hG4bK-ack2", to_tag=tag, cseq=2))
    script.endpoint.hang_up(call, script.now)
    (bye,) = script.heard()
    assert str(bye.uri) == "sip:moved@192.0.2.1:5070"  # type: ignore[union-attr]


def test_a_second_reinvite_before_the_ack_gets_491() -> None:
    script = Script()
    _, tag = script.establish_in()
    script.ask(reinvite(tag))
    assert script.ask(reinvite(tag, 3)).status_code == 491


def test_a_reinvite_before_the_first_ack_gets_491() -> None:
    script = Script()
    tag = script.accept(script.ring_in()).to.tag or ""
    assert script.ask(reinvite(tag)).status_code == 491


def test_a_reinvite_in_the_early_dialog_gets_500_with_retry_after() -> None:
    script = Script()
    call = script.ring_in()
    script.endpoint.ring(call, script.now)
    (ringing,) = script.heard()
    response = script.ask(reinvite(ringing.to.tag or ""))
    assert (response.status_code, "Retry-After" in response.headers) == (500, True)


def test_a_copy_of_a_refused_reinvite_is_not_taken_for_a_new_one() -> None:
    script = Script()
    call, tag = script.establish_in()
    script.endpoint.hold(call, script.now)
    (ours,) = script.heard()
    assert script.ask(reinvite(tag)).status_code == 491
    script.say(Says("ACK", branch="z9hG4bK-2", to_tag=tag, cseq=2))
    script.reply(ours, 200, body=ANSWER_TO_HOLD)  # type: ignore[arg-type]
    assert script.say(reinvite(tag)) == []


def test_hold_and_resume_are_offers_of_ours() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.hold(call, script.now)
    (invite,) = script.heard()
    assert isinstance(invite, Request)
    assert b"a=sendonly" in invite.body
    assert invite.to.tag == "peer"
    assert names(script.reply(invite, 200, body=ANSWER_TO_HOLD)) == ["ACK"]
    script.endpoint.resume(call, script.now)
    (invite,) = script.heard()
    script.reply(invite, 200, body=SDP)  # type: ignore[arg-type]
    assert directions(script) == ["sendonly", "sendrecv"]


def test_a_resume_during_the_hold_goes_out_after_it() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.hold(call, script.now)
    (hold,) = script.heard()
    script.endpoint.resume(call, script.now)
    assert script.heard() == []
    ack, resume = script.reply(hold, 200, body=ANSWER_TO_HOLD)  # type: ignore[arg-type]
    assert names([ack, resume]) == ["ACK", "INVITE"]
    assert b"a=sendrecv" in resume.body or b"a=" not in resume.body.split(b"m=audio")[1].split(b"ptime")[0]


def test_a_refused_hold_leaves_the_stream_as_it_was() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.hold(call, script.now)
    (hold,) = script.heard()
    assert names(script.reply(hold, 488)) == ["ACK"]  # type: ignore[arg-type]
    assert (directions(script), script.wait(60.0)) == ([], [])
    script.endpoint.hold(call, script.now)
    assert names(script.heard()) == ["INVITE"]


@pytest.mark.parametrize(("is_caller", "low", "high"), [(True, 2.1, 4.0), (False, 0.0, 2.0)])
def test_glare_is_tried_again_after_its_back_off(is_caller: bool, low: float, high: float) -> None:
    script = Script()
    call = script.establish_out()[0] if is_caller else script.establish_in()[0]
    script.endpoint.hold(call, script.now)
    (hold,) = script.heard()
    assert names(script.reply(hold, 491)) == ["ACK"]  # type: ignore[arg-type]
    due = script.endpoint.next_timer()
    assert due is not None
    assert low <= due - script.now <= high
    assert names(script.wait(due - script.now)) == ["INVITE"]


def test_a_peer_that_names_a_time_is_asked_again_then() -> None:
    script = Script()
    call, _ = script.establish_in()
    script.endpoint.hold(call, script.now)
    (hold,) = script.heard()
    assert isinstance(hold, Request)
    script.reply(hold, 500, "Retry-After: 7 (busy);duration=3")
    assert script.wait(6.9) == []
    (again,) = script.wait(0.2)
    assert isinstance(again, Request)
    assert (again.method, b"a=sendonly" in again.body) == ("INVITE", True)


@pytest.mark.parametrize("value", ["86400", "soon"])
def test_a_time_that_is_too_long_or_unreadable_is_not_waited_for(value: str) -> None:
    script = Script()
    call, _ = script.establish_in()
    script.endpoint.hold(call, script.now)
    (hold,) = script.heard()
    assert isinstance(hold, Request)
    script.reply(hold, 500, f"Retry-After: {value}")
    assert "INVITE" in names(script.wait(MAX_PAUSE_S + 0.1))


def test_glare_is_not_tried_for_ever() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.hold(call, script.now)
    holds = script.heard()
    attempts = 0
    while holds:
        attempts += 1
        script.reply(holds[-1], 491)  # type: ignore[arg-type]
        holds = script.wait(4.0)
    assert attempts == MAX_GLARES + 1
    assert script.endpoint.calls == 1


def test_both_sides_hold_at_the_same_moment() -> None:
    call = Call()
    call.answer()
    call.alice.endpoint.hold(call.handle, call.wire.now)
    call.bob.endpoint.hold(call.incoming, call.wire.now)
    call.wire.run(20.0)
    assert 491 in call.alice.statuses("INVITE")
    assert 491 in call.bob.statuses("INVITE")
    assert call.alice.of(StreamChanged)[-1].stream.direction == "inactive"
    assert call.bob.of(StreamChanged)[-1].stream.direction == "inactive"


@pytest.mark.parametrize("status_code", [408, 481])
def test_a_reinvite_that_finds_no_dialog_ends_the_call(status_code: int) -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.hold(call, script.now)
    (hold,) = script.heard()
    assert names(script.reply(hold, status_code)) == ["ACK", "BYE"]  # type: ignore[arg-type]
    assert script.events[-1] == CallEnded(call, "peer", status_code, "Said")


def test_an_answer_that_cannot_be_used_ends_the_call() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.hold(call, script.now)
    (hold,) = script.heard()
    ack, bye = script.reply(hold, 200, body=VIDEO)  # type: ignore[arg-type]
    assert names([ack, bye]) == ["ACK", "BYE"]
    script.reply(bye, 200)  # type: ignore[arg-type]
    assert isinstance(script.events[-1], CallEnded)


def test_a_challenged_reinvite_is_answered() -> None:
    script = Script()
    call, invite = script.call_out(credentials=Credentials("me", "secret"))
    script.reply(invite, 200, body=SDP)
    script.endpoint.hold(call, script.now)
    (hold,) = script.heard()
    challenge = f"WWW-Authenticate: {Challenge('trunk', 'nonce', qop=('auth',))}"
    ack, again = script.reply(hold, 401, challenge)  # type: ignore[arg-type]
    assert names([ack, again]) == ["ACK", "INVITE"]
    script.reply(again, 200, body=ANSWER_TO_HOLD)  # type: ignore[arg-type]
    script.endpoint.hang_up(call, script.now)
    (bye,) = script.heard()
    assert bye.cseq.number == again.cseq.number + 1


def test_hanging_up_during_our_reinvite() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.hold(call, script.now)
    (hold,) = script.heard()
    script.endpoint.hang_up(call, script.now)
    (bye,) = script.heard()
    assert names([bye]) == ["BYE"]
    assert names(script.reply(hold, 200, body=ANSWER_TO_HOLD)) == ["ACK"]  # type: ignore[arg-type]
    script.reply(bye, 200)  # type: ignore[arg-type]
    assert script.events[-1] == CallEnded(call, "us")


def test_a_lost_ack_of_a_reinvite_ends_the_call() -> None:
    script = Script()
    call, tag = script.establish_in()
    script.ask(reinvite(tag))
    assert names(script.wait(32.0)) == ["200"] * 10 + ["BYE"]
    assert script.events[-1] == CallEnded(call, "timeout", 408, "no-ack")
