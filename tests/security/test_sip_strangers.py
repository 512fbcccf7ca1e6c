"""What strangers get out of SIP: no amplification, no state, no password, no way into others' calls."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from signalling.sip.attempts import MAX_FAILURES_PER_HOUR
from signalling.sip.calls import Flow
from signalling.sip.digest import Login, answer
from signalling.sip.headers.auth import Challenge, parse_challenges
from signalling.sip.incidents import MAX_TEXT, Incident, Kind
from signalling.sip.message import Request, Response
from signalling.sip.modesty import MOST_TIMES
from signalling.sip.refusals import RETRY_AFTER_S
from tests.support.lines_run import lines_run
from tests.support.sip_script import SDP, Says, Script
from tests.support.wire import BOB, guard

pytestmark = pytest.mark.security

USERS = {"ann": "right"}
METHODS = ("INVITE", "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE", "REFER", "INFO", "BYE", "CANCEL", "FOO")


def strangers() -> Script:
    """An endpoint that trusts nobody and knows one user."""
    return Script(settings={"guard": guard(users=USERS)})


def incidents(script: Script) -> list[Incident]:
    return [notice for notice in script.endpoint.notices() if isinstance(notice, Incident)]


def short(method: str) -> bytes:
    """A request with nothing in it but what must be, in compact form."""
    lines = [
        f"{method} sip:a SIP/2.0",
        "v:SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
        "f:<sip:b>;tag=1",
        "t:<sip:a>",
        "i:1",
        f"CSeq:1 {method}",
        "Max-Forwards:9",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("make", [short, lambda method: bytes(Says(method))], ids=["short", "usual"])
def test_answers_to_strangers_are_little_longer_than_requests(
    method: str, make: Callable[[str], bytes]
) -> None:
    script = strangers()
    request = make(method)
    script.endpoint.receive(request, script.flow, script.now)
    sent = sum(len(transmit.data) for transmit in script.endpoint.transmits())
    assert sent <= MOST_TIMES * len(request)


def test_a_phone_is_still_told_how_to_log_in() -> None:
    script = strangers()
    response = script.ask(Says(body=SDP))
    offered = parse_challenges(response.headers.lines("WWW-Authenticate"))
    assert [challenge.algorithm for challenge in offered] == ["MD5", "SHA-256"]
    assert parse_challenges(script.ask(Says("REGISTER")).headers.lines("WWW-Authenticate"))


def test_ten_thousand_strangers_leave_nothing_behind() -> None:
    script = strangers()
    for number in range(10_000):
        flow = Flow("udp", (f"198.51.{number >> 8}.{number & 255}", 5060), BOB)
        method = ("INVITE", "REGISTER")[number % 2]
        message = Says(method, branch=f"z9hG4bK-{number}", call_id=f"call-{number}")
        script.endpoint.receive(bytes(message), flow, script.now)
        script.endpoint.transmits()
    endpoint = script.endpoint
    assert (endpoint.calls, endpoint.pending_transactions, endpoint.next_timer()) == (0, 0, None)


def test_calls_beyond_the_rate_are_refused_at_no_cost() -> None:
    script = Script(settings={"max_new_calls_per_s": 5})
    codes = []
    for number in range(8):
        *_, last = script.say(Says(branch=f"z9hG4bK-{number}", call_id=f"call-{number}", body=SDP))
        assert isinstance(last, Response)
        codes.append(last.status_code)
    assert codes == [100] * 5 + [503] * 3
    assert last.headers.get("Retry-After") == str(RETRY_AFTER_S)
    assert script.endpoint.pending_transactions == 5
    assert [one.kind for one in incidents(script)] == [Kind.LOAD_AVERAGE_LIMIT] * 3
    script.now += 1
    assert isinstance(script.say(Says(branch="z9hG4bK-9", call_id="call-9", body=SDP))[-1], Response)
    assert script.endpoint.calls == 6


# Passwords.


def challenged(script: Script, says: Says) -> Challenge:
    (challenge, *_) = parse_challenges(script.ask(says).headers.lines("WWW-Authenticate"))
    return challenge


def login(challenge: Challenge, name: str, password: str) -> str:
    value = answer([challenge], Login(name, password), "INVITE", "sip:42@192.0.2.2", lambda: "cn")
    assert value is not None
    return f"Authorization: {value}"


def attempt(script: Script, name: str, password: str, number: int = 0) -> Response:
    says = Says(branch=f"z9hG4bK-{number}", call_id=f"call-{number}", body=SDP)
    line = login(challenged(script, says), name, password)
    *_, last = script.say(replace(says, branch=f"z9hG4bK-x{number}", extra=(line,)))
    assert isinstance(last, Response)
    return last


def skeleton(response: Response) -> list[tuple[str, str]]:
    """An answer without what is different in each: tags, branches and nonces."""
    varying = {"via", "to", "from", "call-id"}
    return [
        (name, value.partition("nonce=")[0])
        for name, value in response.headers
        if name.lower() not in varying
    ]


def test_a_user_who_is_there_cannot_be_told_from_one_who_is_not() -> None:
    known, unknown = attempt(strangers(), "ann", "wrong"), attempt(strangers(), "bob", "wrong")
    assert known.status_code == unknown.status_code == 401
    assert skeleton(known) == skeleton(unknown)
    assert len(bytes(known)) == len(bytes(unknown))


def test_guessers_are_told_of_by_the_name_that_they_tried() -> None:
    script = strangers()
    attempt(script, "ann", "wrong")
    (told,) = incidents(script)
    assert (told.kind, told.source, told.account) == (Kind.INVALID_PASSWORD, "192.0.2.1", "ann")
    assert "wrong" not in repr(told)
    attempt(script, "a" * 5000, "wrong")
    (told,) = incidents(script)
    assert told.account == "a" * MAX_TEXT


@pytest.mark.parametrize("name", ["ann", "bob"])
def test_a_name_that_is_guessed_at_is_hardly_judged(name: str) -> None:
    script = strangers()
    for number in range(MAX_FAILURES_PER_HOUR):
        attempt(script, name, f"guess {number}", number)
    assert attempt(script, name, "right", 1000).status_code == 401, "not even the right one is judged"
    script.now += 61
    assert (attempt(script, name, "right", 1001).status_code == 100) == (name == "ann")


def test_a_captured_login_is_worth_nothing() -> None:
    script = strangers()
    says = Says(body=SDP)
    line = login(challenged(script, says), "ann", "right")
    stolen = replace(says, branch="z9hG4bK-2", extra=(line,))
    assert script.ask(stolen).status_code == 100
    again = replace(stolen, branch="z9hG4bK-3", call_id="call-2")
    assert script.ask(again).status_code == 401, "it was used"
    elsewhere = Script(settings={"guard": script.endpoint._context.config.guard})
    elsewhere.flow = Flow("udp", ("203.0.113.66", 5060), BOB)
    assert elsewhere.ask(again).status_code == 401


def test_nobody_but_the_trunk_of_its_realm_gets_our_password() -> None:
    script = Script()
    trunk = Login("me", "secret", "carrier")
    for realm in ("carrier.example", "CARRIER", "", "cordboard"):
        _, invite = script.call_out(credentials=trunk)
        refusal = answer_to(invite, 407, f'Proxy-Authenticate: Digest realm="{realm}", nonce="n"')
        said = script.say(refusal)
        assert [message.method for message in said if isinstance(message, Request)] == ["ACK"]


@pytest.mark.parametrize("code", [401, 407])
def test_a_challenged_bye_gives_no_password_away(code: int) -> None:
    """ES2021-05: whoever is called can ask for a digest of our password when we hang up."""
    script = Script()
    call, _ = script.establish_in()
    script.endpoint.hang_up(call, script.now)
    (bye,) = script.heard()
    assert isinstance(bye, Request)
    name = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
    for realm in ("cordboard", "carrier", ""):
        said = script.say(answer_to(bye, code, f'{name}: Digest realm="{realm}", nonce="n"'))
        assert not [one for one in said if "uthorization" in str(bytes(one))]


def answer_to(request: Request, code: int, *extra: str) -> bytes:
    """A response, with tags and whatever else."""
    copied = [
        f"{name}: {value}" + (";tag=far" if name == "To" and "tag=" not in value else "")
        for name, value in request.headers
        if name in {"Via", "From", "To", "Call-ID", "CSeq"}
    ]
    return "\r\n".join([f"SIP/2.0 {code} No", *copied, *extra, "Content-Length: 0", "", ""]).encode()


def test_judging_an_unknown_user_is_the_same_work() -> None:
    """So there is no difference in time to measure."""
    work = set()
    for name in ("ann", "bob", "cat"):
        script = strangers()
        says = Says(body=SDP)
        line = login(challenged(script, says), name, "wrong")
        tried = bytes(replace(says, branch="z9hG4bK-2", extra=(line,)))
        work.add(lines_run(partial(script.endpoint.receive, tried, script.flow, script.now)))
    assert len(work) == 1


# What does nothing outside a call.

OUTSIDE = {
    "BYE": 481,
    "CANCEL": 481,
    "INFO": 481,
    "MESSAGE": 405,
    "NOTIFY": 481,
    "PRACK": 481,
    "PUBLISH": 405,
    "REFER": 481,
    "SUBSCRIBE": 405,
    "UPDATE": 481,
}
REFERRING = ("Refer-To: <sip:0900@192.0.2.9>", "Event: refer", "RAck: 1 1 INVITE")


@pytest.mark.parametrize("to_tag", ["", "guessed"])
@pytest.mark.parametrize("make", [Script, strangers], ids=["trusted", "stranger"])
@pytest.mark.parametrize("method", OUTSIDE)
def test_requests_that_belong_to_no_call_do_nothing(
    method: str, make: Callable[[], Script], to_tag: str
) -> None:
    script = make()
    says = Says(method, to_tag=to_tag, extra=REFERRING)
    assert script.ask(says).status_code == OUTSIDE[method]
    assert (script.endpoint.calls, script.endpoint.pending_transactions, script.events) == (0, 0, [])


# Others' calls.


def test_a_sprayed_cancel_meets_no_call() -> None:
    script = Script()
    script.ring_in(branch="z9hG4bK-" + "a" * 16)
    for number in range(5_000):
        message = Says("CANCEL", branch=f"z9hG4bK-{number:016x}")
        assert script.ask(message).status_code == 481
    assert script.endpoint.calls == 1


def test_a_forged_bye_of_an_older_number_is_refused() -> None:
    script = Script()
    _, tag = script.establish_in()
    assert script.ask(Says("INFO", branch="z9hG4bK-5", to_tag=tag, cseq=9)).status_code != 481
    assert script.ask(Says("BYE", branch="z9hG4bK-6", to_tag=tag, cseq=3)).status_code == 500
    assert script.endpoint.calls == 1


# Octets that cost.

BOMBS: dict[str, Callable[[int], bytes]] = {
    "Via": lambda n: b"Via: " + b", ".join([b"SIP/2.0/UDP a;branch=z9hG4bK1"] * (n // 30)),
    "parameters": lambda n: b"Contact: <sip:a>" + b";p=1" * (n // 4),
    "folds": lambda n: b"Subject: a" + b"\r\n a" * (n // 4),
    "quotes": lambda n: b'Contact: "' + b'\\"' * (n // 2),
    "brackets": lambda n: b"Contact: " + b"<" * n,
    "commas": lambda n: b"Supported: " + b"," * n,
    "comments": lambda n: b"Server: " + b"(" * n,
    "digits": lambda n: b"Max-Forwards: " + b"9" * n,
    "spaces": lambda n: b"Subject:" + b" " * n,
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_octets_cost_more_than_their_number(name: str) -> None:
    """Four times as many may cost a dozen times as much before it is no accident of the machine."""
    script = strangers()

    def cost(octets: int) -> float:
        base = bytes(Says("OPTIONS", extra=("X-Bomb: ",)))
        message = base.replace(b"X-Bomb: ", BOMBS[name](octets))
        best = float("inf")
        for _ in range(5):
            start = time.process_time()
            for _ in range(20):
                script.endpoint.receive(message, script.flow, script.now)
                script.endpoint.transmits()
                script.endpoint.notices()
            best = min(best, time.process_time() - start)
        return best

    assert cost(8000) <= 12 * cost(2000) + 0.02


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "compress", "x-gzip"])
def test_nothing_is_decompressed(encoding: str) -> None:
    script = Script()
    response = script.ask(Says(body=SDP, extra=(f"Content-Encoding: {encoding}",)))
    assert response.status_code == 415
    assert script.endpoint.calls == 0


def test_signalling_compression_is_passed_over() -> None:
    script = Script()
    via = "Via: SIP/2.0/UDP 192.0.2.1:5060;comp=sigcomp;branch=z9hG4bK-2"
    message = bytes(Says("OPTIONS", uri="sip:42@192.0.2.2;comp=sigcomp"))
    message = message.replace(b"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK-1", via.encode())
    (response,) = script.say(message)
    assert isinstance(response, Response)
    assert response.status_code == 200


def test_a_request_that_comes_again_by_another_way_has_looped() -> None:
    script = Script()
    script.ring_in()
    assert script.ask(Says(branch="z9hG4bK-other", body=SDP)).status_code == 482
