"""What the endpoint refuses, with what, and that it keeps nothing of it."""

from dataclasses import replace

import pytest

from signalling.sip.calls import Flow
from signalling.sip.capabilities import ALLOW
from signalling.sip.message import Response
from tests.support.sip_script import SDP, VIDEO, Says, Script, names
from tests.support.wire import guard

pytestmark = pytest.mark.unit

REFUSED: dict[str, tuple[Says | bytes, int, dict[str, str]]] = {
    "unknown method": (Says("DANCE"), 501, {"Allow": ALLOW}),
    "MESSAGE": (Says("MESSAGE", body="hi", content_type="text/plain"), 405, {}),
    "SUBSCRIBE": (Says("SUBSCRIBE"), 405, {}),
    "REFER in no dialog": (Says("REFER"), 481, {}),
    "INFO in no dialog": (Says("INFO"), 481, {}),
    "PRACK in no dialog": (Says("PRACK", extra=("RAck: 1 1 INVITE",)), 481, {}),
    "PRACK without RAck": (Says("PRACK"), 400, {}),
    "PRACK of response 0": (Says("PRACK", extra=("RAck: 0 1 INVITE",)), 400, {}),
    "UPDATE in no dialog": (Says("UPDATE", to_tag="guess"), 481, {}),
    "short session": (
        Says(body=SDP, extra=("Supported: timer", "Session-Expires: 89")),
        422,
        {"Min-SE": "90"},
    ),
    "session of no length": (Says(body=SDP, extra=("Session-Expires: soon",)), 400, {}),
    "refresher of no kind": (Says(body=SDP, extra=("Session-Expires: 90;refresher=both",)), 400, {}),
    "Min-SE of no length": (Says(body=SDP, extra=("Min-SE: -1",)), 400, {}),
    "no address of SIP": (Says(uri="urn:service:sos", body=SDP), 416, {}),
    "OPTIONS to a number": (Says("OPTIONS", uri="tel:+442079460000"), 416, {}),
    "extension": (
        Says(body=SDP, extra=("Require: 100rel, sec-agree, timer",)),
        420,
        {"Unsupported": "sec-agree"},
    ),
    "type of body of UPDATE": (Says("UPDATE", body="x", content_type="text/plain"), 415, {}),
    "no description wanted": (
        Says(body=SDP, extra=("Accept: text/plain",)),
        406,
        {"Accept": "application/sdp"},
    ),
    "type of body": (Says(body="x", content_type="text/plain"), 415, {"Accept": "application/sdp"}),
    "encoding": (Says(body=SDP, extra=("Content-Encoding: gzip",)), 415, {"Accept-Encoding": "identity"}),
    "hops": (Says(body=SDP, extra=("Max-Forwards: 0",)), 483, {}),
    "offer without audio": (Says(body=VIDEO), 488, {}),
    "BYE to nothing": (Says("BYE"), 481, {}),
    "BYE in no dialog": (Says("BYE", to_tag="guess"), 481, {}),
    "INVITE in no dialog": (Says(to_tag="guess", body=SDP), 481, {}),
    "OPTIONS in no dialog": (Says("OPTIONS", to_tag="guess"), 481, {}),
    "negative hops": (Says(body=SDP, extra=("Max-Forwards: -1",)), 400, {}),
    "CSeq of another method": (bytes(Says(body=SDP)).replace(b"1 INVITE", b"1 BYE"), 400, {}),
    "no SIP Contact": (bytes(Says(body=SDP)).replace(b"<sip:peer@192.0.2.1:5060>", b"<tel:+441>"), 400, {}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_keeps_nothing(name: str) -> None:
    message, status_code, headers = REFUSED[name]
    script = Script()
    (response,) = script.say(message)
    assert isinstance(response, Response)
    assert response.status_code == status_code
    for header, value in headers.items():
        assert response.headers.get(header) == value
    assert response.headers.get("Server") == "Cordboard"
    assert (script.events, script.endpoint.calls, script.endpoint.pending_transactions) == ([], 0, 0)


def test_a_refusal_has_the_same_tag_each_time() -> None:
    script = Script()
    first, second = script.ask(Says("REGISTER")), script.ask(Says("REGISTER"))
    other = script.ask(Says("REGISTER", call_id="call-2"))
    assert first.to.tag == second.to.tag != other.to.tag


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"hello",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x00" * 100,
        bytes(Says(body=SDP))[:40],
        bytes(Says(body=SDP)).replace(b"SIP/2.0\r\n", b"SIP/3.0\r\n", 1),
        bytes(Says(body=SDP)).replace(b"CSeq: 1 INVITE\r\n", b""),
        bytes(Says(body=SDP)).replace(b"z9hG4bK-1", b"z9hG4bK-1\r\nVia: nonsense"),
    ],
)
def test_garbage_is_counted(data: bytes) -> None:
    script = Script()
    script.say(data)
    assert script.endpoint.counters["malformed"] == 1
    assert (script.events, script.endpoint.calls, script.endpoint.pending_transactions) == ([], 0, 0)


def test_a_malformed_ack_is_never_answered() -> None:
    script = Script()
    assert script.say(bytes(Says("ACK")).replace(b"CSeq: 1 ACK\r\n", b"")) == []


def test_a_response_and_an_ack_that_nobody_waits_for_are_counted() -> None:
    script = Script()
    _, invite = script.call_out()
    other = Script()
    other.reply(invite, 200, body=SDP)
    other.say(Says("ACK", to_tag="guess"))
    assert other.endpoint.counters["stray"] == 2
    assert (other.heard(), other.events) == ([], [])


def test_a_stranger_is_challenged_with_each_algorithm() -> None:
    script = Script(settings={"guard": guard(users={"me": "secret"})})
    response = script.ask(Says(body=SDP))
    challenges = response.headers.lines("WWW-Authenticate")
    assert response.status_code == 401
    assert ["MD5" in challenges[0], "SHA-256" in challenges[1]] == [True, True]
    assert (script.events, script.endpoint.pending_transactions, script.endpoint.next_timer()) == (
        [],
        0,
        None,
    )


def test_a_stranger_is_refused_where_there_are_no_users() -> None:
    script = Script(settings={"guard": guard()})
    assert script.ask(Says(body=SDP)).status_code == 403
    assert (script.events, script.endpoint.pending_transactions) == ([], 0)


def test_options_are_answered_to_anybody_in_and_out_of_dialogs() -> None:
    script = Script(settings={"guard": guard()})
    # Long enough to be told all: strangers get no answer that is much longer than their request.
    response = script.ask(Says("OPTIONS", extra=("User-Agent: " + "x" * 200,)))
    assert (response.status_code, response.headers.get("Allow")) == (200, ALLOW)
    assert {"INVITE", "PRACK", "UPDATE"} <= response.allow
    assert {"100rel", "timer"} <= set(response.supported)
    assert response.headers.get("Accept") == "application/sdp"
    assert script.endpoint.pending_transactions == 0
    script = Script()
    _, tag = script.establish_in()
    assert script.ask(Says("OPTIONS", branch="z9hG4bK-2", to_tag=tag, cseq=2)).status_code == 200


def test_a_merged_request_gets_482() -> None:
    script = Script()
    script.ring_in()
    assert script.ask(Says(branch="z9hG4bK-other-path", body=SDP)).status_code == 482
    assert len(script.events) == 1


def test_a_request_merges_with_none_that_is_over() -> None:
    script = Script()
    call = script.ring_in()
    script.endpoint.reject(call, 486, None, script.now)
    script.wait(64)
    assert script.endpoint.pending_transactions == 0
    assert 482 not in [
        response.status_code
        for response in script.say(Says(branch="z9hG4bK-other", body=SDP))
        if isinstance(response, Response)
    ]
    assert script.endpoint.pending_transactions == 1


def test_a_request_out_of_order_gets_500() -> None:
    script = Script()
    _, tag = script.establish_in()
    assert script.ask(Says("OPTIONS", branch="z9hG4bK-2", to_tag=tag, cseq=5)).status_code == 200
    assert script.ask(Says("BYE", branch="z9hG4bK-3", to_tag=tag, cseq=4)).status_code == 500
    assert script.endpoint.calls == 1


@pytest.mark.parametrize("field", ["from_tag", "call_id", "to_tag"])
@pytest.mark.parametrize("method", ["BYE", "INVITE", "OPTIONS"])
def test_a_forged_request_needs_the_whole_dialog_id(method: str, field: str) -> None:
    script = Script()
    _, tag = script.establish_in()
    known = Says(method, branch="z9hG4bK-2", cseq=2, to_tag=tag, body=SDP if method == "INVITE" else "")
    assert script.ask(replace(known, **{field: "guess"})).status_code == 481  # type: ignore[arg-type]
    assert script.endpoint.calls == 1
    assert script.ask(known).status_code == 200


def test_a_response_goes_back_to_where_the_request_came_from() -> None:
    script = Script()
    script.flow = Flow("udp", ("203.0.113.9", 31337), script.flow.local)
    script.endpoint.receive(bytes(Says("OPTIONS")), script.flow, script.now)
    (transmit,) = script.endpoint.transmits()
    assert transmit.flow == script.flow
    assert b";rport=31337" in transmit.data
    assert b";received=203.0.113.9" in transmit.data


def test_a_response_with_another_sent_by_matches_nothing() -> None:
    script = Script()
    _, invite = script.call_out()
    data = str(invite.via).replace("192.0.2.2", "192.0.2.66")
    invite.headers.set("Via", data)
    script.reply(invite, 200, body=SDP)
    assert (script.events, script.endpoint.counters["stray"]) == ([], 1)


def test_the_100_is_sent_at_once() -> None:
    script = Script()
    assert names(script.say(Says(body=SDP))) == ["100"]
