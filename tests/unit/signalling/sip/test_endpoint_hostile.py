"""Any octets into the endpoint, at any moment of a call: never an exception, never a broken call."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalling.sip.calls import CallEnded
from tests.support.sip_script import SDP, VIDEO, Says, Script

pytestmark = pytest.mark.unit

METHODS = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "DANCE"]
TAG = "{tag}"  # stands for the endpoint's own tag, once there is one

requests = st.builds(
    Says,
    method=st.sampled_from(METHODS),
    branch=st.sampled_from(["z9hG4bK-1", "z9hG4bK-2", "z9hG4bK-3", "old"]),
    to_tag=st.sampled_from(["", TAG, TAG, "guess"]),
    from_tag=st.sampled_from(["peer", "peer", "other"]),
    call_id=st.sampled_from(["call-1", "call-1", "call-2"]),
    cseq=st.integers(0, 5) | st.just(2**31 - 1),
    uri=st.sampled_from(["sip:42@192.0.2.2", "tel:+1", "sips:a@b"]),
    body=st.sampled_from(["", SDP, VIDEO, "nonsense", SDP + "a=inactive\r\n"]),
    content_type=st.sampled_from(["application/sdp", "text/plain"]),
    extra=st.lists(
        st.sampled_from(
            ["Require: x", "Max-Forwards: 0", "Record-Route: <sip:a>", "Contact: *", "Route: <sip:b;lr>"]
        )
    ).map(tuple),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=400), max_size=5))
def test_any_octets(datagrams: list[bytes]) -> None:
    script = Script()
    for data in datagrams:
        script.say(data)
    assert (script.endpoint.calls, script.endpoint.pending_transactions) == (0, 0)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_message_with_some_octets_changed(data: st.DataObject) -> None:
    script = Script()
    octets = bytearray(bytes(data.draw(requests)))
    for _ in range(data.draw(st.integers(0, 8))):
        place = data.draw(st.integers(0, len(octets) - 1))
        octets[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    script.say(bytes(octets))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(requests, st.sampled_from([0.0, 0.6, 33.0])), max_size=8), st.booleans(), st.booleans()
)
def test_any_requests_in_any_order_around_a_call(
    steps: list[tuple[Says, float]], is_accepted: bool, is_late: bool
) -> None:
    script = Script()
    call = script.ring_in(body="" if is_late else SDP)
    tag = script.accept(call).to.tag or "" if is_accepted else ""
    for request, seconds in steps:
        script.say(bytes(request).replace(TAG.encode(), tag.encode() or b"none"))
        script.wait(seconds)
    endings = [event for event in script.events if isinstance(event, CallEnded) and event.call == call]
    assert len(endings) <= 1


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(100, 699),
            st.sampled_from(["peer", "other", "third"]),
            st.sampled_from(["", SDP, VIDEO, "nonsense"]),
            st.sampled_from(
                [
                    (),
                    ("Contact: *",),
                    ("Contact: <tel:+1>",),
                    ("Record-Route: <tel:+1>",),
                    ("WWW-Authenticate: Digest",),
                ]
            ),
        ),
        max_size=10,
    ),
    st.integers(0, 10),
)
def test_any_responses_in_any_order(
    responses: list[tuple[int, str, str, tuple[str, ...]]], patience: int
) -> None:
    script = Script()
    call, invite = script.call_out()
    for number, (status_code, tag, body, extra) in enumerate(responses):
        if number == patience and script.endpoint.calls:
            script.endpoint.hang_up(call, script.now)
            script.heard()
        script.reply(invite, status_code, *extra, tag=tag, body=body)
    script.wait(300.0)
    if script.endpoint.calls:
        script.endpoint.hang_up(call, script.now)
        script.wait(300.0)
    assert (script.endpoint.calls, script.endpoint.pending_transactions) == (0, 0)
    assert script.endpoint.next_timer() is None
