"""What other stacks were warned of, held against this one: one row an advisory of their SIP."""

from collections.abc import Callable

import pytest

from signalling.sip.digest import Login
from signalling.sip.flood import FloodPolicy, Sentry
from signalling.sip.message import Request
from tests.support.sip_script import SDP, Says, Script
from tests.support.wire import guard

pytestmark = pytest.mark.security

USERS = {"ann": "right"}


def strangers() -> Script:
    return Script(settings={"guard": guard(users=USERS)})


def is_alive(script: Script) -> bool:
    """Whether the endpoint still answers, and nobody but the test has a call."""
    return script.ask(Says("OPTIONS", branch="z9hG4bK-alive", call_id="alive")).status_code == 200


def fields_that_overrun() -> None:
    """ES2017-01, ES2017-02: long CSeq values, and bodies of several parts without ends, were read beyond."""
    script = Script()
    for value in ("A" * 4000, "4294967296 INVITE", "1 " + "I" * 4000, "", "-1 INVITE"):
        script.say(bytes(Says(body=SDP)).replace(b"CSeq: 1 INVITE", b"CSeq: " + value.encode()))
    for body in ("--", "--b", "--b\r\n", "--b\r\n\r\n--b", "\r\n--b--", "b" * 4000):
        says = Says(branch=f"z9hG4bK-{len(body)}", body=body, content_type="multipart/mixed;boundary=b")
        assert script.ask(says).status_code == 415
    assert script.endpoint.calls == 0
    assert is_alive(script)


def descriptions_and_lists_that_crash() -> None:
    """ES2018-02 to ES2018-04: descriptions with odd formats, and SUBSCRIBE with many Accepts, crashed."""
    script = Script()
    for line in (
        "m=audio 4000 RTP/AVP 0 101\r\na=fmtp:101 ",
        "m=audio 4000 RTP/AVP " + "9" * 50,
        "m=audio 4000 RTP/AVP\r\na=rtpmap:",
        "m=audio 4000 RTP/AVP 0\r\na=fmtp:0 " + "x=" * 500,
        "m= \r\n",
    ):
        body = SDP.replace("m=audio 4000 RTP/AVP 0 101", line)
        script.say(Says(branch=f"z9hG4bK-{len(line)}", call_id=f"c-{len(line)}", body=body))
    accepts = tuple(f"Accept: text/x-{number}" for number in range(100))
    response = script.ask(Says("SUBSCRIBE", branch="z9hG4bK-s", call_id="s", extra=accepts))
    assert response.status_code >= 400
    assert is_alive(script)


def a_challenge_without_end() -> None:
    """ES2020-02: a server that challenged each INVITE anew had it sent for ever."""
    script = Script()
    _, invite = script.call_out(credentials=Login("me", "secret", None))
    sent = 0
    for number in range(50):
        challenge = f'WWW-Authenticate: Digest realm="r{number}", nonce="n{number}", stale=true'
        said = script.say(_response(invite, 401, challenge))
        again = [one for one in said if isinstance(one, Request) and one.method == "INVITE"]
        if not again:
            break
        (invite,) = again
        sent += 1
    assert sent <= 3
    assert script.endpoint.calls == 0


def a_digest_for_whoever_asks() -> None:
    """ES2021-05: a challenge to any request was answered with a digest of the password."""
    script = Script()
    call, _ = script.establish_in()
    script.endpoint.hang_up(call, script.now)
    (bye,) = script.heard()
    assert isinstance(bye, Request)
    said = script.say(_response(bye, 407, 'Proxy-Authenticate: Digest realm="cordboard", nonce="n"'))
    assert "Authorization" not in "".join(str(bytes(one)) for one in said)


def a_flood_that_fills_the_memory() -> None:
    """ES2021-06: REGISTERs in numbers took gigabytes."""
    script = strangers()
    for number in range(20_000):
        script.endpoint.receive(
            bytes(Says("REGISTER", branch=f"z9hG4bK-{number}", call_id=f"c-{number}")),
            script.flow,
            script.now,
        )
        script.endpoint.transmits()
        script.endpoint.notices()
    assert (script.endpoint.pending_transactions, len(script.endpoint.registrar)) == (0, 0)
    sentry = Sentry(FloodPolicy(), lambda _: False, lambda _: None)
    passed = sum(
        sentry.admits(bytes(Says("REGISTER")), script.flow, number / 20_000) for number in range(20_000)
    )
    assert passed <= 31


def a_message_from_nobody() -> None:
    """ES2021-07: MESSAGE was taken without a password."""
    script = strangers()
    response = script.ask(Says("MESSAGE", body="hello", content_type="text/plain"))
    assert response.status_code == 405
    assert script.events == []


def a_subscription_from_nobody() -> None:
    """ES2021-08: SUBSCRIBE told anybody who is registered."""
    script = strangers()
    for event in ("presence", "reg", "dialog", "message-summary"):
        says = Says("SUBSCRIBE", branch=f"z9hG4bK-{event}", call_id=event, extra=(f"Event: {event}",))
        assert script.ask(says).status_code in {405, 489}
    assert script.endpoint.next_timer() is None


ADVISORIES: dict[str, Callable[[], None]] = {
    "ES2017-01 and 02: fields and parts that overrun": fields_that_overrun,
    "ES2018-02, 03 and 04: descriptions and lists that crash": descriptions_and_lists_that_crash,
    "ES2020-02: challenges without end": a_challenge_without_end,
    "ES2021-05: digests for whoever asks": a_digest_for_whoever_asks,
    "ES2021-06: floods that fill the memory": a_flood_that_fills_the_memory,
    "ES2021-07: messages from nobody": a_message_from_nobody,
    "ES2021-08: subscriptions from nobody": a_subscription_from_nobody,
}


@pytest.mark.parametrize("advisory", ADVISORIES)
def test_advisory(advisory: str) -> None:
    ADVISORIES[advisory]()


def _response(request: Request, code: int, *extra: str) -> bytes:
    copied = [
        f"{name}: {value}" + (";tag=far" if name == "To" and "tag=" not in value else "")
        for name, value in request.headers
        if name in {"Via", "From", "To", "Call-ID", "CSeq"}
    ]
    return "\r\n".join([f"SIP/2.0 {code} No", *copied, *extra, "Content-Length: 0", "", ""]).encode()
