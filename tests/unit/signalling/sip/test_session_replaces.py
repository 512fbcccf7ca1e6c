"""INVITE with Replaces: which calls can be taken over, and by whom (RFC 3891 section 3)."""

import pytest

from signalling.sip.calls import IncomingCall
from tests.support.sip_script import SDP, Says, Script

pytestmark = pytest.mark.unit


def invite(replaces: str, *more: str) -> Says:
    """An INVITE of somebody else, with Replaces."""
    lines = (f"Replaces: {replaces}", "Require: replaces", *more)
    return Says(call_id="call-9", from_tag="other", branch="z9hG4bK-9", body=SDP, extra=lines)


def answered_with(script: Script, message: Says) -> int:
    """The status that the INVITE gets first."""
    return script.ask(message).status_code


def test_a_call_that_is_up_is_replaced() -> None:
    script = Script()
    call, tag = script.establish_in()
    assert answered_with(script, invite(f"call-1;to-tag={tag};from-tag=peer")) == 100
    event = script.events[-1]
    assert isinstance(event, IncomingCall)
    assert event.replaces == call
    assert script.endpoint.calls == 2, "ending the old one is for our user"


def test_our_call_that_rings_is_picked_up() -> None:
    script = Script()
    call, request = script.call_out()
    script.reply(request, 180)
    replaces = f"{request.call_id};to-tag={request.from_.tag};from-tag=peer;early-only"
    assert answered_with(script, invite(replaces)) == 100
    event = script.events[-1]
    assert isinstance(event, IncomingCall)
    assert event.replaces == call


@pytest.mark.parametrize(
    ("replaces", "status_code"),
    [
        ("call-2;to-tag={tag};from-tag=peer", 481),
        ("call-1;to-tag=guess;from-tag=peer", 481),
        ("call-1;to-tag={tag};from-tag=guess", 481),
        ("call-1;to-tag=peer;from-tag={tag}", 481),
        ("call-1;to-tag={tag};from-tag=peer;early-only", 486),
        ("call-1;to-tag={tag}", 400),
        ("call-1;from-tag=peer", 400),
        (";to-tag={tag};from-tag=peer", 400),
        ("call-1;to-tag={tag};from-tag=", 400),
        ("call-1;to-tag={tag};from-tag=peer\r\nReplaces: call-1;to-tag={tag};from-tag=peer", 400),
    ],
)
def test_what_cannot_be_replaced_is_refused_and_nothing_changes(replaces: str, status_code: int) -> None:
    script = Script()
    _, tag = script.establish_in()
    count = len(script.events)
    assert answered_with(script, invite(replaces.format(tag=tag))) == status_code
    assert (len(script.events), script.endpoint.calls) == (count, 1)


def test_a_call_that_rings_here_is_not_picked_up() -> None:
    script = Script()
    call = script.ring_in()
    script.endpoint.ring(call, script.now)
    (ringing,) = script.heard()
    assert answered_with(script, invite(f"call-1;to-tag={ringing.to.tag};from-tag=peer")) == 481


def test_a_call_that_is_being_ended_is_not_replaced() -> None:
    script = Script()
    call, tag = script.establish_in()
    script.endpoint.hang_up(call, script.now)
    script.heard()
    assert answered_with(script, invite(f"call-1;to-tag={tag};from-tag=peer")) == 603
