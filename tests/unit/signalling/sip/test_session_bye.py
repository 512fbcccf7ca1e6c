"""BYE of both sides, and calls that outlive the endpoint that made them."""

import json

import pytest

from signalling.sip.calls import CallEnded, Flow, StreamChanged
from signalling.sip.config import Credentials
from signalling.sip.errors import LocalSipError
from signalling.sip.headers.auth import Challenge
from tests.support.sip_script import SDP, Says, Script, names
from tests.support.wire import Call, Party

pytestmark = pytest.mark.unit


def test_the_peers_bye_ends_the_call() -> None:
    script = Script()
    call, tag = script.establish_in()
    bye = Says("BYE", branch="z9hG4bK-2", to_tag=tag, cseq=2)
    assert script.ask(bye).status_code == 200
    assert script.events[-1] == CallEnded(call, "peer")
    assert script.ask(bye).status_code == 200, "a retransmission gets its response again"
    assert script.ask(Says("BYE", branch="z9hG4bK-3", to_tag=tag, cseq=3)).status_code == 481


def test_a_bye_before_our_200_was_acknowledged_ends_the_call() -> None:
    script = Script()
    call = script.ring_in()
    tag = script.accept(call).to.tag or ""
    assert script.ask(Says("BYE", branch="z9hG4bK-2", to_tag=tag, cseq=2)).status_code == 200
    assert script.events[-1] == CallEnded(call, "peer")
    assert script.wait(60.0) == []


@pytest.mark.parametrize("status_code", [200, 408, 481, 500])
def test_our_bye_ends_the_call_whatever_is_answered(status_code: int) -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.hang_up(call, script.now)
    (bye,) = script.heard()
    assert script.reply(bye, status_code) == []  # type: ignore[arg-type]
    assert script.events[-1] == CallEnded(call, "us")


def test_our_bye_ends_the_call_when_nobody_answers() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.hang_up(call, script.now)
    script.wait(32.0)
    assert script.events[-1] == CallEnded(call, "us")


def test_two_byes_that_cross_end_the_call_once() -> None:
    script = Script()
    call, tag = script.establish_in()
    script.endpoint.hang_up(call, script.now)
    (ours,) = script.heard()
    assert script.ask(Says("BYE", branch="z9hG4bK-2", to_tag=tag, cseq=2)).status_code == 200
    script.reply(ours, 200)  # type: ignore[arg-type]
    assert [event for event in script.events if isinstance(event, CallEnded)] == [CallEnded(call, "us")]


def test_a_challenged_bye_is_answered() -> None:
    script = Script()
    call, invite = script.call_out(credentials=Credentials("me", "secret"))
    script.reply(invite, 200, body=SDP)
    script.endpoint.hang_up(call, script.now)
    (bye,) = script.heard()
    challenge = f"WWW-Authenticate: {Challenge('trunk', 'nonce', qop=('auth',))}"
    (again,) = script.reply(bye, 401, challenge)  # type: ignore[arg-type]
    assert (names([again]), again.cseq.number) == (["BYE"], 3)
    script.reply(again, 200)  # type: ignore[arg-type]
    assert script.events[-1] == CallEnded(call, "us")


@pytest.mark.parametrize("is_callee", [False, True])
def test_a_call_is_adopted_after_a_restart(is_callee: bool) -> None:
    call = Call()
    call.answer()
    old, handle = (call.bob, call.incoming) if is_callee else (call.alice, call.handle)
    state = json.loads(json.dumps(old.endpoint.dialog_state(handle)))
    new = Party(old.address, seed=99)
    call.wire._parties[old.address] = new
    assert new.endpoint.adopt(state, call.wire.now) == handle
    new.endpoint.hold(handle, call.wire.now)
    call.wire.run(0.2)
    assert new.only(StreamChanged).stream.direction == "sendonly"
    new.endpoint.hang_up(handle, call.wire.now)
    call.wire.settle()
    assert new.only(CallEnded).by == "us"
    other = call.alice if is_callee else call.bob
    assert other.only(CallEnded).by == "peer"


def test_a_call_over_tcp_is_adopted_on_a_new_connection() -> None:
    script = Script(transport="tcp")
    call, _ = script.establish_in()
    state = script.endpoint.dialog_state(call)
    other = Script(transport="tcp")
    other.endpoint.adopt(state, other.now)
    other.endpoint.hang_up(call, other.now)
    (transmit,) = other.endpoint.transmits()
    assert transmit.flow == Flow("tcp", script.flow.remote, script.flow.local, 0)


def test_a_snapshot_holds_no_secret() -> None:
    script = Script()
    call, invite = script.call_out(credentials=Credentials("me", "secret"))
    script.reply(invite, 200, body=SDP)
    assert "secret" not in json.dumps(script.endpoint.dialog_state(call))


def test_a_call_that_is_not_answered_has_no_snapshot() -> None:
    script = Script()
    with pytest.raises(LocalSipError):
        script.endpoint.dialog_state(script.ring_in())


@pytest.mark.parametrize("change", [{}, {"dialog": {}}, {"call": 1}, {"dialog": None}])
def test_what_is_no_snapshot_is_refused(change: dict[str, object]) -> None:
    script = Script()
    call, _ = script.establish_in()
    state = script.endpoint.dialog_state(call) | change if change else {}
    with pytest.raises(LocalSipError):
        Script().endpoint.adopt(state, 0.0)


def test_a_call_is_adopted_once() -> None:
    script = Script()
    call, _ = script.establish_in()
    with pytest.raises(LocalSipError, match="already"):
        script.endpoint.adopt(script.endpoint.dialog_state(call), script.now)


def test_a_dialog_survives_its_connection() -> None:
    script = Script(transport="tcp")
    call, _ = script.establish_in()
    script.endpoint.receive_closed(script.flow, script.now)
    script.endpoint.hang_up(call, script.now)
    (transmit,) = script.endpoint.transmits()
    assert transmit.flow.connection == 0
    assert transmit.flow.remote == ("192.0.2.1", 5060), "the peer's Contact"
