"""Who is shown as the caller, and which headers the application hears."""

import pytest

from signalling.sip.calls import IncomingCall
from signalling.sip.headers.identity import MAX_ASSERTED, Caller, caller_of
from signalling.sip.headers.passed import MAX_PASSED, MAX_VALUE
from signalling.sip.message import Request
from signalling.sip.reading import parse_message
from tests.support.sip_script import SDP, Says, Script, names

pytestmark = pytest.mark.unit

PAI, RPID = "P-Asserted-Identity", "Remote-Party-ID"


def request(*extra: str) -> Request:
    """An INVITE from 447700900000."""
    message = parse_message(bytes(Says(extra=extra, body=SDP)))
    assert isinstance(message, Request)
    return message


ASSERTED = '"Anna" <sip:+442079460001@carrier.example>'
FROM = "447700900000"


@pytest.mark.parametrize(
    ("lines", "trusted", "untrusted"),
    [
        ((), FROM, FROM),
        ((f"{PAI}: {ASSERTED}",), "+442079460001", FROM),
        ((f"{PAI}: <tel:+442079460002;ext=1>, <sip:a@b.example>",), "+442079460002", FROM),
        ((f"{PAI}: <sip:anonymous@anonymous.invalid>",), FROM, FROM),
        ((f"{PAI}: <sip:broken",), FROM, FROM),
        ((f"{PAI}: nonsense, {ASSERTED}",), "+442079460001", FROM),
        ((f"{RPID}: {ASSERTED};party=calling;screen=yes",), "+442079460001", FROM),
        ((f"{RPID}: {ASSERTED};party=called",), FROM, FROM),
        ((f"{RPID}: {ASSERTED};privacy=full",), "", FROM),
        ((f"{RPID}: {ASSERTED};privacy=off",), "+442079460001", FROM),
        ((f"{PAI}: {ASSERTED}", f"{RPID}: <sip:9@b.example>"), "+442079460001", FROM),
        ((f"{PAI}: {ASSERTED}", "Privacy: id"), "", ""),
        (("Privacy: user;critical",), "", ""),
        (("Privacy: none",), FROM, FROM),
        (("Privacy: session",), FROM, FROM),
    ],
)
def test_the_caller(lines: tuple[str, ...], trusted: str, untrusted: str) -> None:
    assert caller_of(request(*lines), is_trusted=True).user == trusted
    assert caller_of(request(*lines), is_trusted=False).user == untrusted


@pytest.mark.parametrize("user", ["anonymous", "Anonymous", "Restricted", "unavailable"])
def test_nobody_in_from_is_nobody(user: str) -> None:
    message = bytes(Says(body=SDP)).replace(b"<sip:447700900000@", f"<sip:{user}@".encode())
    parsed = parse_message(message)
    assert isinstance(parsed, Request)
    assert caller_of(parsed, is_trusted=True) == Caller("", "")


def test_no_more_identities_are_read_than_there_can_be() -> None:
    nobody = ", ".join(["<sip:anonymous@a.example>"] * MAX_ASSERTED)
    assert caller_of(request(f"{PAI}: {nobody}, {ASSERTED}"), is_trusted=True).user == FROM


def told(script: Script, *extra: str) -> IncomingCall:
    """What our user is told of an INVITE."""
    script.ring_in(extra=extra)
    event = script.events[-1]
    assert isinstance(event, IncomingCall)
    return event


@pytest.mark.parametrize("uri", ["tel:+442079460000", "TEL:+44-20-7946.0000;npdi", "tel:+44(20)79460000"])
def test_a_telephone_number_says_whom_to_call(uri: str) -> None:
    script = Script()
    script.ring_in(uri=uri)
    event = script.events[-1]
    assert isinstance(event, IncomingCall)
    assert (event.to_user, event.to_host) == ("+442079460000", "")
    assert names(script.say(Says("CANCEL", uri=uri))) == ["200", "487"]


def test_what_is_asserted_stands_beside_from() -> None:
    event = told(Script(), f"{PAI}: {ASSERTED}")
    assert (event.from_user, event.asserted_user) == (FROM, "+442079460001")
    assert PAI not in event.headers
    hidden = told(Script(), f"{PAI}: {ASSERTED}", "Privacy: id")
    assert (hidden.from_user, hidden.asserted_user) == ("", "")


def test_the_application_hears_what_comes_with_the_call() -> None:
    event = told(
        Script(),
        "x-shop: 7",
        "User-To-User: 3132;encoding=hex",
        "Diversion: <sip:1@a.example>;reason=no-answer",
        "Diversion: <sip:2@a.example>;reason=user-busy",
        "History-Info: <sip:3@a.example>;index=1",
        "Identity: eyJhbGciOiJFUzI1NiJ9..sig;info=<https://cert.example/a>",
        "Subject: nothing",
        "Privacy: none",
    )
    assert event.headers == {
        "x-shop": "7",
        "User-to-User": "3132;encoding=hex",
        "Diversion": "<sip:1@a.example>;reason=no-answer, <sip:2@a.example>;reason=user-busy",
        "History-Info": "<sip:3@a.example>;index=1",
        "Identity": "eyJhbGciOiJFUzI1NiJ9..sig;info=<https://cert.example/a>",
    }


def test_what_comes_with_a_call_is_bounded() -> None:
    many = told(Script(), *(f"X-{n}: {n}" for n in range(MAX_PASSED + 5)))
    assert len(many.headers) == MAX_PASSED
    long = told(Script(), f"X-Long: {'a' * (MAX_VALUE + 1)}", f"X-Fits: {'a' * MAX_VALUE}")
    assert list(long.headers) == ["X-Fits"]
    hop = f"<sip:{'a' * 1000}@a.example>"
    lists = told(Script(), *(f"Diversion: {hop}" for _ in range(5)))
    assert lists.headers["Diversion"] == f"{hop}, {hop}"
