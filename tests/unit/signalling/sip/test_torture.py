"""RFC 4475, RFC 5118 and what PBXs send, through the whole endpoint: each ends as its list says."""

import pytest

from signalling.sip.calls import IncomingCall
from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import host_and_port
from signalling.sip.message import Request, Response
from signalling.sip.reading import parse_message
from tests.support.sip_script import SDP, Says, Script
from tests.support.torture import Case, cases

pytestmark = pytest.mark.unit

CASES = cases()
READ = [case for case in CASES if case.outcome not in {"drop", 400, 505} and case.name != "mismatch02"]
OLD = next(case for case in CASES if case.name == "inv2543").octets


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_message_has_its_outcome(case: Case) -> None:
    script = Script()
    said = script.say(case.octets)
    match case.outcome:
        case "drop" | "stray" as kind:
            assert (said, script.events) == ([], [])
            counter = "malformed" if kind == "drop" else "stray"
            assert script.endpoint.counters == {counter: 1}
        case "accept":
            assert [status(message) for message in said] == [100]
            assert [type(event) for event in script.events] == [IncomingCall]
        case "register":
            ordinary = Script().ask(Says("REGISTER", uri="sip:example.com"))
            assert [status(message) for message in said] == [ordinary.status_code]
        case expected:
            assert ([status(message) for message in said], script.events) == ([expected], [])
            assert script.endpoint.pending_transactions == 0


@pytest.mark.parametrize("case", READ, ids=str)
def test_what_is_read_survives_a_round_trip(case: Case) -> None:
    message = parse_message(case.octets)
    assert parse_message(bytes(message)) == message


@pytest.mark.parametrize("case", [case for case in CASES if case.outcome == "accept"], ids=str)
def test_what_is_accepted_can_be_answered(case: Case) -> None:
    script = Script()
    script.say(case.octets)
    (event,) = script.events
    assert isinstance(event, IncomingCall)
    response = script.accept(event.call)
    assert response.status_code == 200
    assert response.to.tag


def test_a_refusal_says_what_was_expected() -> None:
    said = {case.name: answer(case) for case in CASES if case.name in {"intmeth", "bext01", "invut", "sdp01"}}
    assert "INVITE" in said["intmeth"].allow
    assert said["bext01"].headers.get("Unsupported") == "nothinghasthis, northiseither"
    assert said["invut"].headers.get("Accept") == "application/sdp"
    assert said["sdp01"].headers.get("Accept") == "application/sdp"


def test_a_refusal_of_repeated_fields_repeats_the_first_alone() -> None:
    (multiple,) = (case for case in CASES if case.name == "multi01")
    response = answer(multiple)
    assert [len(response.headers.lines(name)) for name in ("From", "To", "Call-ID", "CSeq")] == [1, 1, 1, 1]


class TestPeersOfRfc2543:
    """Without a branch, the fields of a request say which transaction it belongs to."""

    def test_a_repeated_invite_is_the_same_call(self) -> None:
        script = Script()
        assert [status(message) for message in script.say(OLD)] == [100]
        assert [status(message) for message in script.say(OLD)] == [100]
        assert len(script.events) == script.endpoint.calls == 1

    def test_cancel_finds_its_invite(self) -> None:
        script = Script()
        script.say(OLD)
        cancel = OLD.replace(b"INVITE", b"CANCEL").partition(b"Content-Type")[0] + b"\r\n"
        assert sorted(status(message) for message in script.say(cancel)) == [200, 487]

    def test_the_ack_of_a_refusal_stops_its_repetition(self) -> None:
        script = Script()
        script.say(OLD)
        (event,) = script.events
        script.endpoint.reject(event.call, 486, None, script.now)
        (refused,) = script.heard()
        assert isinstance(refused, Response)
        to = f"To: {refused.to}\r\n".encode()
        ack = OLD.replace(b"INVITE", b"ACK").replace(b"To: sip:desk@example.com\r\n", to)
        assert script.say(ack.partition(b"Content-Type")[0] + b"\r\n") == []
        assert script.wait(40) == []

    def test_another_call_of_the_same_peer_is_another_call(self) -> None:
        script = Script()
        script.say(OLD)
        script.say(OLD.replace(b"inv2543.7", b"inv2543.8"))
        assert script.endpoint.calls == 2


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("[2001:db8:::192.0.2.1]", "2001:db8::192.0.2.1"),
        ("[:::192.0.2.1]", "::192.0.2.1"),
        ("[2001:db8:::10]", None),
        ("[2001:db8::::192.0.2.1]", None),
        ("[2001:db8:::192.0.2]", None),
    ],
)
def test_a_colon_too_many_is_forgiven_before_an_ipv4_address_alone(text: str, host: str | None) -> None:
    if host is None:
        with pytest.raises(RemoteSipError):
            host_and_port(text)
    else:
        assert host_and_port(text) == (host, None)


@pytest.mark.parametrize(
    ("accept", "status_code"),
    [("application/sdp", 100), ("text/html, application/*;q=0.5", 100), ("*/*", 100), ("", 406)],
)
def test_who_takes_descriptions_may_say_so_in_many_ways(accept: str, status_code: int) -> None:
    assert Script().ask(Says(body=SDP, extra=(f"Accept: {accept}",))).status_code == status_code


def answer(case: Case) -> Response:
    (response,) = Script().say(case.octets)
    assert isinstance(response, Response)
    return response


def status(message: Request | Response) -> int:
    assert isinstance(message, Response)
    return message.status_code
