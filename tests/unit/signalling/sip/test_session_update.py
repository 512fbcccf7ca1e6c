"""UPDATE (RFC 3311): before and after the answer, and while other offers are open."""

import pytest

from signalling.sip.calls import CallAnswered, CallEnded, CallEstablished, StreamChanged
from signalling.sip.message import Request, Response
from tests.support.sip_script import SDP, VIDEO, Says, Script, names
from tests.support.wire import BOB, media

pytestmark = pytest.mark.unit

HELD = SDP + "a=sendonly\r\n"
MOVED = SDP.replace("4000", "4002")


def update(tag: str, number: int = 2, **changes: object) -> Says:
    branch = f"z9hG4bK-u{number}"
    return Says("UPDATE", branch=branch, to_tag=tag, cseq=number, **{"body": MOVED, **changes})  # type: ignore[arg-type]


def changes(script: Script) -> list[int]:
    """The peer's ports, as they were told."""
    return [event.stream.remote_port for event in script.events if isinstance(event, StreamChanged)]


def early(script: Script) -> tuple[str, str]:
    """A call from the peer with early media that was acknowledged; the call and the endpoint's tag."""
    call = script.ring_in(extra=("Supported: 100rel",))
    script.endpoint.progress(call, media(BOB), script.now)
    (response,) = script.heard()
    assert isinstance(response, Response)
    tag = response.to.tag or ""
    rack = f"RAck: {response.rseq} 1 INVITE"
    script.ask(Says("PRACK", branch="z9hG4bK-p", to_tag=tag, cseq=2, extra=(rack,)))
    return call, tag


def test_the_peer_moves_an_established_stream() -> None:
    script = Script()
    _, tag = script.establish_in()
    ok = script.ask(update(tag))
    assert (ok.status_code, b"m=audio 40000" in ok.body, "UPDATE" in ok.allow) == (200, True, True)
    event = script.events[-1]
    assert isinstance(event, StreamChanged)
    assert event.stream.remote_port == 4002
    assert script.wait(60.0) == [], "no ACK is waited for"


def test_an_update_without_sdp_changes_no_stream_but_the_address() -> None:
    script = Script()
    call, tag = script.establish_in()
    moved = bytes(update(tag, body="")).replace(b"sip:peer@192.0.2.1:5060", b"sip:moved@192.0.2.1:5070")
    (ok,) = script.say(moved)
    assert isinstance(ok, Response)
    assert (ok.status_code, ok.body) == (200, b"")
    assert not [event for event in script.events if isinstance(event, StreamChanged)]
    script.endpoint.hang_up(call, script.now)
    (bye,) = script.heard()
    assert str(bye.uri) == "sip:moved@192.0.2.1:5070"  # type: ignore[union-attr]


def test_an_offer_that_cannot_be_used_gets_488_and_the_stream_stays() -> None:
    script = Script()
    _, tag = script.establish_in()
    assert script.ask(update(tag, body=VIDEO)).status_code == 488
    assert script.ask(update(tag, 3)).status_code == 200


def test_an_offer_before_our_answer_comes_too_early() -> None:
    script = Script()
    script.ring_in()
    (ringing,) = _ring(script)
    response = script.ask(update(ringing.to.tag or ""))
    assert (response.status_code, "Retry-After" in response.headers) == (500, True)


def test_an_offer_to_a_late_offer_comes_too_early() -> None:
    script = Script()
    script.ring_in(body="")
    (ringing,) = _ring(script)
    assert script.ask(update(ringing.to.tag or "")).status_code == 500


def test_a_refresh_before_the_answer_is_taken() -> None:
    script = Script()
    script.ring_in()
    (ringing,) = _ring(script)
    assert script.ask(update(ringing.to.tag or "", body="")).status_code == 200


def test_the_caller_moves_his_early_media() -> None:
    script = Script()
    call, tag = early(script)
    assert script.ask(update(tag, 3)).status_code == 200
    assert changes(script) == [4002]
    ok = script.accept(call)  # type: ignore[arg-type]
    assert ok.body == b"", "all is said"
    script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=tag))
    event = script.events[-1]
    assert isinstance(event, CallEstablished)
    assert event.stream.remote_port == 4002


def test_the_callee_moves_his_early_media() -> None:
    script = Script()
    _, invite = script.call_out()
    script.reply(invite, 183, "Require: 100rel", "RSeq: 1", body=SDP)
    from_callee = update(invite.from_.tag or "", call_id=invite.call_id)
    assert script.ask(from_callee).status_code == 200
    assert changes(script) == [4002]
    script.reply(invite, 200)
    event = script.events[-1]
    assert isinstance(event, CallAnswered)
    assert event.stream.remote_port == 4002


def test_the_callee_cannot_offer_before_his_answer_is_certain() -> None:
    script = Script()
    _, invite = script.call_out()
    script.reply(invite, 183, body=SDP)
    assert script.ask(update(invite.from_.tag or "", call_id=invite.call_id)).status_code == 491


def test_an_offer_that_meets_our_reinvite_gets_491() -> None:
    script = Script()
    call, tag = script.establish_in()
    script.endpoint.hold(call, script.now)
    script.heard()
    assert script.ask(update(tag)).status_code == 491
    assert script.ask(update(tag, 3, body="")).status_code == 200, "a refresh offers nothing"


def test_an_offer_while_ours_in_a_200_is_open_gets_491() -> None:
    script = Script()
    _, tag = script.establish_in()
    assert b"m=audio 40000" in script.ask(Says(branch="z9hG4bK-2", to_tag=tag, cseq=2)).body
    assert script.ask(update(tag, 3)).status_code == 491
    script.say(Says("ACK", branch="z9hG4bK-a", to_tag=tag, cseq=2, body=SDP))
    assert script.ask(update(tag, 4)).status_code == 200


def test_an_update_while_the_ack_of_a_reinvite_is_awaited_is_taken() -> None:
    script = Script()
    _, tag = script.establish_in()
    script.ask(Says(branch="z9hG4bK-2", to_tag=tag, cseq=2, body=HELD))
    assert script.ask(update(tag, 3)).status_code == 200
    script.say(Says("ACK", branch="z9hG4bK-a", to_tag=tag, cseq=2))
    assert changes(script) == [4000, 4002], "the ACK brings nothing back"


def test_an_update_out_of_order_gets_500() -> None:
    script = Script()
    _, tag = script.establish_in()
    script.ask(update(tag, 5))
    assert script.ask(update(tag, 4)).status_code == 500


def test_a_call_that_is_ending_has_no_update() -> None:
    script = Script()
    call, tag = script.establish_in()
    script.endpoint.hang_up(call, script.now)
    script.heard()
    assert script.ask(update(tag)).status_code == 481


def test_a_silent_peer_is_asked_and_lives_by_any_answer() -> None:
    script = Script()
    call, _ = script.establish_in()
    for status_code in (200, 405, 500, 501):
        script.endpoint.probe(call, script.now)
        script.endpoint.probe(call, script.now)
        (question,) = script.heard()
        assert isinstance(question, Request)
        assert question.method == "OPTIONS"
        script.reply(question, status_code)
    assert script.endpoint.calls == 1


@pytest.mark.parametrize("status_code", [408, 481])
def test_a_peer_that_knows_of_no_call_ends_it(status_code: int) -> None:
    script = Script()
    call, _ = script.establish_in()
    script.endpoint.probe(call, script.now)
    (question,) = script.heard()
    assert isinstance(question, Request)
    assert names(script.reply(question, status_code)) == ["BYE"]
    assert script.events[-1] == CallEnded(call, "timeout", 408, "peer-gone")


def test_a_peer_that_vanished_is_found_out_in_32_seconds() -> None:
    script = Script()
    call, _ = script.establish_in()
    script.endpoint.probe(call, script.now)
    script.wait(31.9)
    assert script.endpoint.calls == 1
    script.wait(0.2)
    assert script.events[-1] == CallEnded(call, "timeout", 408, "peer-gone")
    script.wait(60.0)
    assert (script.endpoint.calls, script.endpoint.pending_transactions) == (0, 0)


def _ring(script: Script) -> list[Response]:
    script.endpoint.ring(script.events[-1].call, script.now)
    return [message for message in script.heard() if isinstance(message, Response)]
