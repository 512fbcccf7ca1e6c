"""Requests longer than a datagram should be: TCP first, UDP for those who take none."""

from dataclasses import replace

import pytest

from signalling.sip.calls import CallFailed, CallRinging, Flow
from signalling.sip.message import Request
from signalling.sip.reading import parse_message
from signalling.sip.transaction import large
from signalling.sip.transaction.large import MAX_UDP_REQUEST, REFUSAL_S, LargeRequests
from tests.support.wire import ALICE, BOB, Call

pytestmark = pytest.mark.unit

UDP = Flow("udp", BOB, ALICE)
TCP = replace(UDP, transport="tcp")
LONG = {"headers": {"X-Long": "x" * MAX_UDP_REQUEST}}


class Caller:
    """Alice, whose INVITE is read off her endpoint; nobody answers unless the test does."""

    def __init__(self, **invitation: object) -> None:
        self.call = Call(invitation=invitation)
        self.endpoint = self.call.alice.endpoint
        self.now = self.call.wire.now

    def sent(self) -> list[tuple[str, Request]]:
        """The transports and requests that she sends now."""
        said: list[tuple[str, Request]] = []
        for transmit in self.endpoint.transmits():
            message = parse_message(transmit.data)
            assert isinstance(message, Request)
            said.append((transmit.flow.transport, message))
        return said


def test_a_short_request_stays_on_udp() -> None:
    ((transport, request),) = Caller().sent()
    assert (transport, request.via.transport) == ("udp", "UDP")


def test_a_long_request_goes_over_tcp_and_says_so() -> None:
    ((transport, request),) = Caller(**LONG).sent()
    assert (transport, request.via.transport) == ("tcp", "TCP")


def test_where_tcp_is_refused_it_goes_over_udp_in_the_same_transaction() -> None:
    caller = Caller(**LONG)
    ((_, first),) = caller.sent()
    caller.endpoint.receive_closed(TCP, caller.now)
    ((transport, second),) = caller.sent()
    assert (transport, second.via.transport) == ("udp", "UDP")
    assert second.via.branch == first.via.branch
    caller.endpoint.handle_timers(caller.now + 0.5)
    assert [transport for transport, _ in caller.sent()] == ["udp"]
    assert caller.endpoint.events() == []


def test_a_long_call_over_tcp_is_answered_and_ended() -> None:
    call = Call(invitation=LONG)
    call.answer()
    call.alice.endpoint.hang_up(call.handle, call.wire.now)
    call.wire.settle()
    assert call.is_quiet()


def test_a_cancel_goes_the_way_of_its_invite() -> None:
    call = Call(invitation=LONG)
    call.arrive()
    call.bob.endpoint.ring(call.incoming, call.wire.now)
    call.wire.run(0.1)
    assert call.alice.of(CallRinging)
    call.alice.endpoint.hang_up(call.handle, call.wire.now)
    (cancel,) = call.alice.endpoint.transmits()
    assert cancel.flow.transport == "tcp"
    assert b"SIP/2.0/TCP" in cancel.data


def test_a_connection_that_breaks_after_an_answer_came_is_no_refusal() -> None:
    call = Call(invitation=LONG)
    call.arrive()
    call.bob.endpoint.ring(call.incoming, call.wire.now)
    call.wire.run(0.1)
    call.alice.endpoint.receive_closed(TCP, call.wire.now)
    call.wire.flush()
    assert call.alice.only(CallFailed).status_code == 503


def test_who_refused_is_not_asked_again_for_a_while() -> None:
    choice = LargeRequests()
    assert choice.flow(UDP, MAX_UDP_REQUEST, 0.0) == UDP
    assert choice.flow(UDP, MAX_UDP_REQUEST + 1, 0.0) == TCP
    choice.refuse(TCP, 0.0)
    assert choice.flow(UDP, MAX_UDP_REQUEST + 1, REFUSAL_S - 1) == UDP
    assert choice.flow(UDP, MAX_UDP_REQUEST + 1, REFUSAL_S) == TCP


def test_who_was_heard_over_udp_is_answered_there() -> None:
    heard = replace(UDP, is_heard=True)
    assert LargeRequests().flow(heard, MAX_UDP_REQUEST + 1, 0.0) == UDP


def test_the_memory_of_refusals_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "MAX_REFUSALS", 3)
    choice = LargeRequests()
    for port in range(5):
        choice.refuse(replace(TCP, remote=(BOB[0], port)), 0.0)
    assert len(choice) == 3
    assert choice.flow(replace(UDP, remote=(BOB[0], 4)), 9999, 1.0).transport == "udp"
    assert choice.flow(replace(UDP, remote=(BOB[0], 0)), 9999, 1.0).transport == "tcp"
