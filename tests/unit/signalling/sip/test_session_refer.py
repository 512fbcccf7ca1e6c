"""REFER: transfers that a peer wants and transfers that a peer is asked for, with what is told of them."""

import pytest

from signalling.sip.calls import CallHandle, CallReferred, TransferRequested
from signalling.sip.config import Credentials
from signalling.sip.errors import LocalSipError
from signalling.sip.headers.auth import Challenge
from signalling.sip.headers.refer_to import ReferTo
from signalling.sip.message import Request, Response
from signalling.sip.session.refer import REFERRAL_LIMIT_S
from signalling.sip.uri import SipUri
from tests.support.sip_script import SDP, Says, Script, names

pytestmark = pytest.mark.unit

CAROL = SipUri("sip", "carol", "pbx.example")


def refer(tag: str, target: str = "<sip:carol@pbx.example>", *extra: str, cseq: int = 2) -> Says:
    """The peer's REFER in its dialog with `tag`."""
    return Says(
        "REFER", branch=f"z9hG4bK-refer{cseq}", to_tag=tag, cseq=cseq, extra=(f"Refer-To: {target}", *extra)
    )


def asked(script: Script, tag: str, *args: str, cseq: int = 2) -> TransferRequested:
    """What our user is told of a REFER that is taken."""
    responses = script.say(refer(tag, *args, cseq=cseq))
    assert names(responses)[0] == "202", names(responses)
    event = script.events[-1]
    assert isinstance(event, TransferRequested)
    return event


def notified(message: Request | Response) -> tuple[bytes, str | None]:
    """The first line of a NOTIFY's body, and the state of its subscription."""
    assert isinstance(message, Request)
    assert message.method == "NOTIFY"
    assert message.content_type == "message/sipfrag"
    return message.body.splitlines()[0], message.headers.get("Subscription-State")


def test_a_transfer_is_taken_and_how_it_goes_is_told() -> None:
    script = Script()
    call, tag = script.establish_in()
    accepted, trying = script.say(refer(tag))
    assert isinstance(accepted, Response)
    assert (accepted.status_code, "Contact" in accepted.headers) == (202, True)
    assert script.events[-1] == TransferRequested(call, CAROL)
    assert notified(trying) == (b"SIP/2.0 100 Trying", f"active;expires={REFERRAL_LIMIT_S}")
    assert trying.headers.get("Event") == "refer;id=2"
    script.reply(trying, 200)  # type: ignore[arg-type]

    script.endpoint.report_transfer(call, 180, script.now)
    (ringing,) = script.heard()
    assert notified(ringing) == (b"SIP/2.0 180 Ringing", f"active;expires={REFERRAL_LIMIT_S}")
    script.reply(ringing, 200)  # type: ignore[arg-type]
    script.endpoint.report_transfer(call, 603, script.now)
    (final,) = script.heard()
    assert notified(final) == (b"SIP/2.0 603 Decline", "terminated;reason=noresource")
    script.reply(final, 200)  # type: ignore[arg-type]

    with pytest.raises(LocalSipError):
        script.endpoint.report_transfer(call, 200, script.now)
    assert script.endpoint.calls == 1, "the call goes on"
    assert asked(script, tag, cseq=3).call == call, "and may be transferred again"


def test_a_transfer_that_nobody_wants_to_follow_is_told_nothing_of() -> None:
    script = Script()
    call, tag = script.establish_in()
    response = script.ask(refer(tag, "<sip:carol@pbx.example>", "Refer-Sub: false", "Require: norefersub"))
    assert (response.status_code, response.headers.get("Refer-Sub")) == (202, "false")
    script.endpoint.report_transfer(call, 200, script.now)
    assert script.heard() == []


def test_a_refused_notify_is_the_last_one() -> None:
    script = Script()
    call, tag = script.establish_in()
    _, trying = script.say(refer(tag))
    script.reply(trying, 481)  # type: ignore[arg-type]
    script.endpoint.report_transfer(call, 200, script.now)
    assert script.heard() == []


def test_one_transfer_at_a_time() -> None:
    script = Script()
    _, tag = script.establish_in()
    script.say(refer(tag))
    assert script.ask(refer(tag, cseq=3)).status_code == 491


def test_a_retransmitted_refer_is_answered_and_not_told_again() -> None:
    script = Script()
    _, tag = script.establish_in()
    script.say(refer(tag))
    count = len(script.events)
    assert script.ask(refer(tag)).status_code == 202
    assert len(script.events) == count


@pytest.mark.parametrize(
    ("line", "status_code"),
    [
        ("X-None: 1", 400),
        ("Refer-To: <sip:carol@pbx.example", 400),
        ("Refer-To: <sip:carol@pbx.example>\r\nRefer-To: <sip:dave@pbx.example>", 400),
        ("Refer-To: <sip:carol@pbx.example;method=BYE>", 400),
        ("Refer-To: <sip:carol@pbx.example?Replaces=call-1>", 400),
        ("Refer-To: <sip:c@pbx.example?" + "&".join(f"X-{n}=1" for n in range(17)) + ">", 400),
    ],
)
def test_a_refer_that_makes_no_sense_is_refused(line: str, status_code: int) -> None:
    script = Script()
    _, tag = script.establish_in()
    count = len(script.events)
    message = Says("REFER", branch="z9hG4bK-2", to_tag=tag, cseq=2, extra=(line,))
    assert script.ask(message).status_code == status_code
    assert len(script.events) == count


def test_a_refer_before_the_answer_is_refused() -> None:
    script = Script()
    call = script.ring_in()
    script.endpoint.ring(call, script.now)
    (ringing,) = script.heard()
    assert script.ask(refer(ringing.to.tag or "")).status_code == 481
    assert len(script.events) == 1


def test_a_refer_that_comes_before_the_ack_is_taken() -> None:
    script = Script()
    call = script.ring_in()
    tag = script.accept(call).to.tag or ""
    assert asked(script, tag).call == call


def test_a_refer_that_was_overtaken_is_sent_again_and_its_notifies_are_known() -> None:
    script, call, request = referring()
    script.endpoint.probe(call, script.now)
    script.heard()
    (again,) = script.reply(request, 500)
    assert isinstance(again, Request)
    assert (again.method, again.cseq.number) == ("REFER", request.cseq.number + 2)
    assert again.headers.get("Refer-To") == request.headers.get("Refer-To")
    # The NOTIFY is faster than the 202.
    trying = notify(again, "SIP/2.0 100 Trying", "active")
    assert script.ask(trying).status_code == 200


def test_what_the_target_is_to_hear_comes_along() -> None:
    script = Script()
    _, tag = script.establish_in()
    wish = asked(script, tag, "<sip:carol@pbx.example;method=INVITE?X-Why=busy&Subject=a&User-to-User=31>")
    assert wish.target == CAROL
    assert wish.headers == {"X-Why": "busy", "User-to-User": "31"}


@pytest.mark.parametrize(
    ("target", "is_here"),
    [
        ("<sip:447700900001@192.0.2.2>", True),
        ("<sip:447700900001@192.0.2.2:5060;transport=udp>", True),
        ("<sip:447700900001@192.0.2.2:5070>", False),
        ("<sip:447700900001@192.0.2.1>", False),
        ("<tel:+447700900001>", False),
    ],
)
def test_an_address_of_ours_is_known(target: str, is_here: bool) -> None:
    script = Script()
    _, tag = script.establish_in()
    assert asked(script, tag, target).is_here is is_here


def consult(script: Script) -> tuple[CallHandle, str]:
    """A second call of the peer's, that is up: the call and our tag of it."""
    call = script.ring_in(call_id="call-2", branch="z9hG4bK-b", from_tag="peer2")
    tag = script.accept(call).to.tag or ""
    script.say(Says("ACK", branch="z9hG4bK-b2", to_tag=tag, call_id="call-2", from_tag="peer2"))
    return call, tag


def test_an_attended_transfer_names_the_other_call() -> None:
    script = Script()
    call, tag = script.establish_in()
    other, other_tag = consult(script)
    replaces = f"call-2%3Bto-tag%3D{other_tag}%3Bfrom-tag%3Dpeer2"
    wish = asked(script, tag, f"<sip:x@192.0.2.2?Replaces={replaces}>")
    assert (wish.call, wish.replaces, wish.headers) == (call, other, {})


@pytest.mark.parametrize(
    "wrong", ["call-9;to-tag={tag};from-tag=peer2", "call-2;to-tag={tag};from-tag=other"]
)
def test_a_dialog_of_others_is_passed_on(wrong: str) -> None:
    script = Script()
    _, tag = script.establish_in()
    _, other_tag = consult(script)
    replaces = wrong.format(tag=other_tag)
    escaped = replaces.replace(";", "%3B").replace("=", "%3D")
    wish = asked(script, tag, f"<sip:x@pbx.example?Replaces={escaped}>")
    assert (wish.replaces, wish.headers) == (None, {"Replaces": replaces})


# Asking a peer.


def referring() -> tuple[Script, CallHandle, Request]:
    """A call out that is up, and the REFER in it."""
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.refer(call, ReferTo(CAROL), script.now)
    (request,) = script.heard()
    assert isinstance(request, Request)
    return script, call, request


def notify(request: Request, body: str, state: str, **changes: object) -> Says:
    """The peer tells how it gets on."""
    says = Says(
        "NOTIFY",
        uri="sip:cordboard@192.0.2.2",
        branch=f"z9hG4bK-n{len(body)}",
        to_tag=request.from_.tag or "",
        call_id=request.call_id,
        cseq=len(body),
        extra=(f"Event: refer;id={request.cseq.number}", f"Subscription-State: {state}"),
        body=body,
        content_type="message/sipfrag;version=2.0",
    )
    return Says(**{name: getattr(says, name) for name in says.__dataclass_fields__} | changes)


def test_a_peer_is_asked_and_tells() -> None:
    script, call, request = referring()
    assert (request.method, request.headers.get("Refer-To")) == ("REFER", "<sip:carol@pbx.example>")
    with pytest.raises(LocalSipError):
        script.endpoint.refer(call, ReferTo(CAROL), script.now)
    script.reply(request, 202)
    assert script.events[-1] == CallReferred(call, 202, "Said", is_final=False)
    assert script.ask(notify(request, "SIP/2.0 100 Trying", "active;expires=60")).status_code == 200
    assert script.events[-1] == CallReferred(call, 100, "Trying", is_final=False)
    done = notify(request, "SIP/2.0 200 OK, it is done", "terminated;reason=noresource")
    assert script.ask(done).status_code == 200
    assert script.events[-1] == CallReferred(call, 200, "OK, it is done", is_final=True)
    late = notify(request, "SIP/2.0 200 OK, it is done, yes", "terminated")
    assert script.ask(late).status_code == 481


def test_a_peer_refuses() -> None:
    script, call, request = referring()
    script.reply(request, 603)
    assert script.events[-1] == CallReferred(call, 603, "Said", is_final=True)
    script.endpoint.refer(call, ReferTo(CAROL), script.now)
    assert names(script.heard()) == ["REFER"]


def test_a_peer_does_not_tell() -> None:
    script, call, request = referring()
    script.reply(request, 202, "Refer-Sub: false")
    assert script.events[-1] == CallReferred(call, 202, "Said", is_final=True)


def test_a_peer_forgets_to_tell() -> None:
    script, call, request = referring()
    script.reply(request, 202)
    script.wait(REFERRAL_LIMIT_S)
    assert script.events[-1] == CallReferred(call, 408, "Request Timeout", is_final=True)
    assert script.endpoint.calls == 1


def test_a_subscription_that_ends_without_a_word_has_failed() -> None:
    script, call, request = referring()
    script.reply(request, 202)
    silent = notify(request, "nothing", "terminated;reason=timeout", content_type="text/plain")
    assert script.ask(silent).status_code == 200
    assert script.events[-1] == CallReferred(call, 480, "", is_final=True)


@pytest.mark.parametrize(
    ("extra", "body", "status_code"),
    [
        (("Event: presence",), "SIP/2.0 200 OK", 489),
        ((), "SIP/2.0 200 OK", 489),
        (("Event: refer;id=99",), "SIP/2.0 200 OK", 481),
        (("Event: refer", "Subscription-State: active"), "all is well", 400),
    ],
)
def test_a_notify_that_is_not_ours_changes_nothing(
    extra: tuple[str, ...], body: str, status_code: int
) -> None:
    script, _, request = referring()
    script.reply(request, 202)
    count = len(script.events)
    response = script.ask(notify(request, body, "active", extra=extra))
    assert response.status_code == status_code
    assert response.headers.get("Allow-Events") == ("refer" if status_code == 489 else None)
    assert len(script.events) == count


def test_a_challenged_refer_is_answered_and_its_notifies_are_known() -> None:
    script = Script()
    call, invite = script.call_out(credentials=Credentials("me", "secret"))
    script.reply(invite, 200, body=SDP)
    script.endpoint.refer(call, ReferTo(CAROL), script.now)
    (request,) = script.heard()
    challenge = f"WWW-Authenticate: {Challenge('trunk', 'nonce', qop=('auth',))}"
    (again,) = script.reply(request, 401, challenge)  # type: ignore[arg-type]
    assert isinstance(again, Request)
    assert (again.method, again.cseq.number, again.headers.get("Refer-To")) == (
        "REFER",
        request.cseq.number + 1,
        "<sip:carol@pbx.example>",
    )
    script.reply(again, 202)
    assert script.ask(notify(again, "SIP/2.0 200 OK", "terminated")).status_code == 200
    assert script.events[-1] == CallReferred(call, 200, "OK", is_final=True)


def test_a_call_that_is_not_up_is_not_transferred() -> None:
    script = Script()
    call, _ = script.call_out()
    with pytest.raises(LocalSipError):
        script.endpoint.refer(call, ReferTo(CAROL), script.now)
