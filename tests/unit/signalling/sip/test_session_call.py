"""A call from its INVITE to its BYE, both sides ours, on a quiet wire."""

import pytest

from signalling.sip.calls import CallAnswered, CallEnded, CallEstablished, CallRinging, StreamChanged
from tests.support.wire import BOB, Call, Transport

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_rings_is_answered_held_resumed_and_ended(transport: Transport) -> None:
    call = Call(transport=transport)
    call.arrive()
    call.bob.endpoint.ring(call.incoming, call.wire.now)
    call.answer()

    assert call.alice.only(CallRinging).status_code == 180
    assert call.alice.only(CallAnswered).stream.remote_host == BOB[0]
    assert call.bob.only(CallEstablished).stream.remote_port == 40000

    call.alice.endpoint.hold(call.handle, call.wire.now)
    call.wire.run(0.2)
    assert call.bob.only(StreamChanged).stream.direction == "recvonly"
    assert call.alice.only(StreamChanged).stream.direction == "sendonly"

    call.alice.endpoint.resume(call.handle, call.wire.now)
    call.wire.run(0.2)
    assert [event.stream.direction for event in call.bob.of(StreamChanged)] == ["recvonly", "sendrecv"]

    call.bob.endpoint.hang_up(call.incoming, call.wire.now)
    call.wire.settle()
    assert call.alice.only(CallEnded).by == "peer"
    assert call.bob.only(CallEnded).by == "us"
    assert call.is_quiet()
