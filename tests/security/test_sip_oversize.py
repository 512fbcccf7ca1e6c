"""Requests that are too large or broken in their head: their sender is told, if the first lines say who."""

import pytest

from signalling.sip.endpoint import Endpoint
from signalling.sip.message import Request, Response
from signalling.sip.modesty import MOST_TIMES
from signalling.sip.reading import MAX_BEGINNING, MAX_HEADERS, MAX_LINE
from tests.support.sip_script import SDP, Says, Script
from tests.support.wire import guard

pytestmark = pytest.mark.security

VIAS = tuple(f"Via: SIP/2.0/UDP 198.51.100.{number};branch=z9hG4bK{number}" for number in range(150))
LARGE = {
    "lines": Says("OPTIONS", extra=VIAS),
    "line": Says("OPTIONS", extra=(f"X-Long: {'a' * MAX_LINE}",)),
    "folded line": Says("OPTIONS", extra=("X-Long: a" + "\r\n a" * MAX_LINE,)),
}


def strangers() -> Script:
    """An endpoint that trusts nobody."""
    return Script(settings={"guard": guard(users={"ann": "right"})})


def counters(endpoint: Endpoint) -> dict[str, int]:
    return {name: count for name, count in endpoint.counters.items() if count}


@pytest.mark.parametrize("name", LARGE)
def test_the_sender_of_a_head_that_is_too_large_is_told(name: str) -> None:
    script, says = strangers(), LARGE[name]
    refused = script.ask(says)
    assert refused.status_code == 513
    assert (refused.call_id, str(refused.cseq), refused.from_.tag) == ("call-1", "1 OPTIONS", "peer")
    assert (refused.via.branch, refused.via.params["rport"]) == ("z9hG4bK-1", "5060")
    assert len(bytes(refused)) <= MOST_TIMES * len(bytes(says))
    assert counters(script.endpoint) == {"refused": 1}


@pytest.mark.parametrize("method", ["INVITE", "REGISTER", "FOO"])
def test_the_sender_of_a_datagram_without_an_end_is_told(method: str) -> None:
    script = strangers()
    beginning = bytes(Says(method, extra=("X-Filler: some of it",) * 1000))[: 16 * 1024]
    script.endpoint.receive_oversize(beginning, script.flow)
    (refused,) = script.heard()
    assert isinstance(refused, Response)
    assert (refused.status_code, refused.cseq.method) == (513, method)
    assert (script.endpoint.calls, script.endpoint.pending_transactions) == (0, 0)


def test_a_large_body_does_not_keep_a_long_head_from_being_read() -> None:
    script = strangers()
    extra = tuple(f"X-Line-{number}: {'a' * 100}" for number in range(30))
    beginning = bytes(Says("INVITE", extra=extra, body=SDP * 100))[: 16 * 1024]
    assert beginning.index(b"\r\n\r\n") > MAX_BEGINNING
    script.endpoint.receive_oversize(beginning, script.flow)
    assert [message.status_code for message in script.heard() if isinstance(message, Response)] == [513]


def test_who_does_not_say_who_he_is_at_once_is_not_told() -> None:
    script = strangers()
    start, via, *rest = bytes(LARGE["lines"]).split(b"\r\n")
    fields, vias = rest[:5], rest[5 : 5 + len(VIAS)]
    script.say(b"\r\n".join([start, via, *vias, *fields, b"Content-Length: 0", b"", b""]))
    assert script.heard() == []
    assert counters(script.endpoint) == {"malformed": 1}


def test_nobody_is_told_by_half_a_line() -> None:
    script = strangers()
    says = Says("OPTIONS", call_id="i" * MAX_BEGINNING)
    *fields, call_id, cseq, contact, _, _, _, _ = bytes(says).split(b"\r\n")
    assert call_id.startswith(b"Call-ID")
    fillers = [b"X-Filler: some of it"] * MAX_HEADERS
    assert script.say(b"\r\n".join([*fields, cseq, contact, call_id, *fillers, b"", b""])) == []
    assert counters(script.endpoint) == {"malformed": 1}


@pytest.mark.parametrize(
    "octets", [b"", b"\r\n" * 500, b"INVITE", b"\x00" * 20_000, b"SIP/2.0 200 OK\r\n" * 2000]
)
def test_noise_that_is_too_large_is_counted_alone(octets: bytes) -> None:
    script = strangers()
    script.endpoint.receive_oversize(octets, script.flow)
    assert script.heard() == []
    assert counters(script.endpoint) == {"malformed": 1}


def test_no_ack_is_answered_however_large() -> None:
    script = strangers()
    assert script.say(Says("ACK", extra=("X-Filler: some of it",) * (MAX_HEADERS + 1))) == []
    assert counters(script.endpoint) == {}


# Lines that are no fields.


@pytest.mark.parametrize("line", ["no colon", "Spaced Name: a", ": a", "N@me: a", "Caf\xe9: a", "\x00: a"])
def test_a_line_that_is_no_field_is_named(line: str) -> None:
    script = Script()
    refused = script.ask(Says(body=SDP, extra=("Subject: x", line)))
    assert (refused.status_code, refused.reason) == (400, "Header line 8 is malformed")
    assert refused.call_id == "call-1"
    assert script.endpoint.calls == 0


def test_a_fault_is_named_in_the_answer() -> None:
    refused = Script().ask(Says("OPTIONS", extra=("Max-Forwards: many",)))
    assert (refused.status_code, refused.reason) == (400, "Max-Forwards is not a number")


def test_a_broken_line_in_a_response_makes_it_no_response() -> None:
    script = Script()
    _, invite = script.call_out()
    assert isinstance(invite, Request)
    assert script.reply(invite, 200, "no colon", body=SDP) == []
    assert counters(script.endpoint) == {"malformed": 1}
