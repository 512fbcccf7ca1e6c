"""Session timers (RFC 4028), as the caller and as the callee, and what the refresher does."""

import pytest

from signalling.sip.calls import CallAnswered, CallEnded, CallFailed, CallHandle, StreamChanged
from signalling.sip.headers.session_expires import SessionExpires
from signalling.sip.message import Request, Response
from signalling.sip.reading import parse_message
from signalling.sip.session.session import Refreshing
from signalling.sip.session.session_timer import RETRY_S, agree
from tests.support.sip_script import SDP, Says, Script, names
from tests.support.wire import Call

pytestmark = pytest.mark.unit

LIMIT_S = 1800

OURS, PEERS = Refreshing(LIMIT_S, is_ours=True), Refreshing(LIMIT_S, is_ours=False)

# What the request says, who refreshes now, and what the 2xx says (RFC 4028 section 9, table 2).
AGREED: dict[str, tuple[tuple[str, ...], Refreshing | None, str | None]] = {
    "nobody asks": ((), None, None),
    "the peer can": (("Supported: timer",), None, "1800;refresher=uas"),
    "the peer asks": (("Supported: timer", "Session-Expires: 600"), None, "600;refresher=uas"),
    "the peer is to": (("Supported: timer", "Session-Expires: 600;refresher=uac"), None, "600;refresher=uac"),
    "we are to": (("Supported: timer", "Session-Expires: 600;refresher=uas"), None, "600;refresher=uas"),
    "the peer goes on": (("Supported: timer", "Session-Expires: 600"), PEERS, "600;refresher=uac"),
    "we go on": (("Supported: timer", "Session-Expires: 600"), OURS, "600;refresher=uas"),
    "a proxy asks": (("Session-Expires: 600",), None, "600;refresher=uas"),
    "a proxy asks for too little": (("Session-Expires: 30",), None, "90;refresher=uas"),
    "too long for us": (("Supported: timer", "Session-Expires: 7200"), None, "1800;refresher=uas"),
    "as long as before": (
        ("Supported: timer", "Session-Expires: 7200;refresher=uac"),
        Refreshing(7200, is_ours=False),
        "7200;refresher=uac",
    ),
    "too long, but no less": (
        ("Supported: timer", "Session-Expires: 7200", "Min-SE: 3600"),
        None,
        "3600;refresher=uas",
    ),
}


@pytest.mark.parametrize("name", AGREED)
def test_what_is_agreed_on(name: str) -> None:
    extra, current, expected = AGREED[name]
    request = parse_message(bytes(Says(extra=extra)))
    assert isinstance(request, Request)
    agreed = agree(request, current, LIMIT_S)
    assert (None if agreed is None else str(agreed)) == expected


def test_without_a_wish_of_ours_any_interval_is_good() -> None:
    request = parse_message(bytes(Says(extra=("Supported: timer", "Session-Expires: 7200"))))
    assert isinstance(request, Request)
    assert agree(request, None, 0) == SessionExpires(7200, "uas")
    request.headers.remove("Session-Expires")
    assert agree(request, None, 0) is None


def established(*extra: str) -> tuple[Script, CallHandle, Response]:
    """A call from the peer that is up, and our 200."""
    script = Script()
    call = script.ring_in(extra=extra)
    ok = script.accept(call)
    script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=ok.to.tag or ""))
    return script, call, ok


def called(*extra: str) -> tuple[Script, CallHandle]:
    """A call to the peer that is up; `extra` is in its 200."""
    script = Script()
    call, invite = script.call_out()
    script.reply(invite, 200, *extra, body=SDP)
    return script, call


# As the callee.


def test_the_200_says_how_long_and_who() -> None:
    _, _, ok = established("Supported: timer", "Session-Expires: 600;refresher=uac")
    assert (str(ok.session_expires), ok.require) == ("600;refresher=uac", ["timer"])
    _, _, ok = established("Supported: timer", "Session-Expires: 600;refresher=uas")
    assert (str(ok.session_expires), ok.require) == ("600;refresher=uas", [])


def test_an_old_phone_is_not_refreshed() -> None:
    script, _, ok = established()
    assert ok.session_expires is None
    assert script.wait(10_000.0) == []


def test_a_session_that_the_peer_does_not_refresh_ends_a_little_early() -> None:
    script, call, _ = established("Supported: timer", "Session-Expires: 90;refresher=uac")
    assert script.wait(59.9) == []
    assert names(script.wait(0.2))[:1] == ["BYE"]
    assert script.events[-1] == CallEnded(call, "timeout", 408, "session-expired")
    assert script.endpoint.calls == 0


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_a_session_that_the_peer_refreshes_goes_on(method: str) -> None:
    script, _, ok = established("Supported: timer", "Session-Expires: 90;refresher=uac")
    for number in range(2, 12):
        assert script.wait(45.0) == []
        body = SDP if method == "INVITE" else ""
        again = Says(
            method,
            branch=f"z9hG4bK-{number}",
            to_tag=ok.to.tag or "",
            cseq=number,
            body=body,
            extra=("Supported: timer", "Session-Expires: 90;refresher=uac"),
        )
        response = script.ask(again)
        assert (response.status_code, str(response.session_expires)) == (200, "90;refresher=uac")
        if method == "INVITE":
            script.say(Says("ACK", branch=f"z9hG4bK-a{number}", to_tag=ok.to.tag or "", cseq=number))
    assert not [event for event in script.events if isinstance(event, CallEnded | StreamChanged)]


def test_a_refresh_for_too_short_a_session_gets_422_and_the_call_goes_on() -> None:
    script, _, ok = established("Supported: timer", "Session-Expires: 600;refresher=uac")
    short = Says(
        "UPDATE",
        branch="z9hG4bK-2",
        to_tag=ok.to.tag or "",
        cseq=2,
        extra=("Supported: timer", "Session-Expires: 60"),
    )
    response = script.ask(short)
    assert (response.status_code, response.min_se) == (422, 90)
    assert script.endpoint.calls == 1


def test_a_refresh_without_the_header_ends_the_timer() -> None:
    script, _, ok = established("Supported: timer", "Session-Expires: 90;refresher=uac")
    response = script.ask(Says("UPDATE", branch="z9hG4bK-2", to_tag=ok.to.tag or "", cseq=2))
    assert (response.status_code, response.session_expires) == (200, None)
    assert script.wait(10_000.0) == []


# As the caller.


def test_our_invite_asks_for_half_an_hour() -> None:
    _, invite = Script().call_out()
    assert (str(invite.session_expires), "timer" in invite.supported) == ("1800", True)
    _, invite = Script(settings={"session_expires_s": 0}).call_out()
    assert (invite.session_expires, "timer" in invite.supported) == (None, True)


def test_422_is_answered_with_the_interval_that_it_names_once() -> None:
    script = Script(settings={"session_expires_s": 600})
    call, invite = script.call_out()
    ack, again = script.reply(invite, 422, "Min-SE: 3600")
    assert isinstance(again, Request)
    assert names([ack, again]) == ["ACK", "INVITE"]
    assert (str(again.session_expires), again.min_se, again.cseq.number) == ("3600", 3600, 2)
    assert names(script.reply(again, 422, "Min-SE: 7200")) == ["ACK"]
    assert script.events[-1] == CallFailed(call, 422, "Said")


@pytest.mark.parametrize("header", ["Min-SE: 60", "X-Min-SE: 3600"])
def test_422_that_says_nothing_new_ends_the_call(header: str) -> None:
    script = Script(settings={"session_expires_s": 600})
    _, invite = script.call_out()
    assert names(script.reply(invite, 422, header)) == ["ACK"]
    assert isinstance(script.events[-1], CallFailed)


def test_a_session_is_refreshed_at_half_by_update_where_the_peer_takes_it() -> None:
    script, _ = called("Session-Expires: 600;refresher=uac", "Require: timer", "Allow: INVITE, UPDATE")
    assert script.wait(299.9) == []
    (update,) = script.wait(0.2)
    assert isinstance(update, Request)
    assert (update.method, update.body, str(update.session_expires)) == (
        "UPDATE",
        b"",
        "600;refresher=uac",
    )
    script.reply(update, 200, "Session-Expires: 600;refresher=uac")
    assert script.wait(299.9) == []
    assert names(script.wait(0.2)) == ["UPDATE"]


def test_a_session_is_refreshed_by_reinvite_where_the_peer_takes_no_update() -> None:
    script, _ = called("Session-Expires: 600;refresher=uac", "Require: timer")
    (invite,) = script.wait(300.1)
    assert isinstance(invite, Request)
    assert (invite.method, str(invite.session_expires)) == ("INVITE", "600;refresher=uac")
    ack = script.reply(invite, 200, "Session-Expires: 600;refresher=uac", body=SDP)
    assert names(ack) == ["ACK"]
    assert not [event for event in script.events if isinstance(event, StreamChanged)], "nothing changed"
    assert names(script.wait(300.1)) == ["INVITE"]


def test_a_peer_that_takes_no_update_after_all_is_refreshed_by_reinvite() -> None:
    script, _ = called("Session-Expires: 600;refresher=uac", "Allow: INVITE, UPDATE")
    (update,) = script.wait(300.1)
    assert isinstance(update, Request)
    script.reply(update, 501)
    assert names(script.wait(RETRY_S + 0.1))[:1] == ["INVITE"]


@pytest.mark.parametrize("status_code", [408, 481])
def test_a_refresh_for_a_call_that_the_peer_forgot_ends_it(status_code: int) -> None:
    script, call = called("Session-Expires: 600;refresher=uac", "Allow: UPDATE")
    (update,) = script.wait(300.1)
    assert isinstance(update, Request)
    assert names(script.reply(update, status_code)) == ["BYE"]
    assert script.events[-1] == CallEnded(call, "peer", status_code, "Said")


def test_a_refresh_that_is_refused_is_tried_until_the_session_expires() -> None:
    script, call = called("Session-Expires: 90;refresher=uac", "Allow: UPDATE")
    (update,) = script.wait(45.1)
    assert isinstance(update, Request)
    script.reply(update, 500)
    (again,) = script.wait(RETRY_S)
    assert isinstance(again, Request)
    assert (again.method, again.cseq.number) == ("UPDATE", update.cseq.number + 1)
    script.reply(again, 500)
    said = script.wait(60.0)
    assert "BYE" in names(said)
    assert script.events[-1] == CallEnded(call, "timeout", 408, "session-expired")


def test_no_refresher_in_the_200_means_the_caller() -> None:
    script, _ = called("Session-Expires: 600", "Allow: UPDATE")
    assert names(script.wait(300.1)) == ["UPDATE"]


def test_a_shorter_session_than_is_legal_is_not_believed() -> None:
    script, _ = called("Session-Expires: 2;refresher=uac", "Allow: UPDATE")
    assert script.wait(44.9) == []


def test_a_peer_without_timers_is_left_alone() -> None:
    script, _ = called()
    assert script.wait(10_000.0) == []


# Both.


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_two_endpoints_keep_a_call_up_for_a_day(transport: str) -> None:
    call = Call(transport=transport)  # type: ignore[arg-type]
    call.answer()
    call.wire.run(86_400.0 - 1.0)
    assert len(call.alice.of(CallAnswered)) == 1
    assert not [*call.alice.of(CallEnded), *call.bob.of(CallEnded)]
    assert len(call.alice.requests("UPDATE")) + len(call.bob.requests("UPDATE")) == 86_400 // 900 - 1


def test_a_peer_that_vanishes_is_missed_within_the_interval() -> None:
    call = Call()
    call.answer()
    call.wire.drop = lambda _: True
    call.wire.run(1800.0)
    assert len([*call.alice.of(CallEnded), *call.bob.of(CallEnded)]) == 2
    call.wire.settle()
    assert call.is_quiet()
