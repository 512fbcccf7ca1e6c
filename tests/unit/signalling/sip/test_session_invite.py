"""The endpoint as the caller: headers, early media, forks, failures and challenges."""

from dataclasses import replace

import pytest

from signalling.sdp.stream import SrtpPolicy
from signalling.sip.calls import CallAnswered, CallEnded, CallFailed, CallRinging
from signalling.sip.config import Credentials, Invitation
from signalling.sip.errors import LocalSipError
from signalling.sip.headers.auth import Challenge
from signalling.sip.message import Request
from signalling.sip.session.invite import MAX_FORKS
from signalling.sip.uri import SipUri
from tests.support.sip_script import SDP, VIDEO, Script, names
from tests.support.wire import ALICE, BOB, Call, guard, media

pytestmark = pytest.mark.unit

OTHER_SDP = SDP.replace("4000", "4002")
LOGIN = Credentials("me", "secret")


def authenticate(realm: str, algorithm: str = "MD5", field: str = "WWW-Authenticate") -> str:
    return f"{field}: {Challenge(realm, 'nonce', algorithm, ('auth',))}"


def test_an_invite_says_who_we_are() -> None:
    script = Script()
    headers = {"X-Account": "7", "User-to-User": "1234"}
    _, invite = script.call_out(headers=headers, from_display='Al "B"', from_host="example.com")
    assert str(invite.uri) == "sip:42@192.0.2.1"
    assert str(invite.from_.uri) == "sip:447700900000@example.com"
    assert invite.from_.display_name == 'Al "B"'
    assert len(invite.from_.tag or "") >= 16
    assert invite.headers.get("User-Agent") == "Cordboard"
    assert (invite.headers.get("X-Account"), invite.headers.get("User-to-User")) == ("7", "1234")
    assert invite.contacts[0].uri.host == "192.0.2.2"  # type: ignore[union-attr]
    assert "rport" in invite.via.params


@pytest.mark.parametrize(
    "name", ["Via", "v", "Contact", "CSEQ", "f", "Authorization", "Content-Type", "Route"]
)
def test_headers_that_are_ours_cannot_be_given(name: str) -> None:
    script = Script()
    with pytest.raises(LocalSipError):
        script.call_out(headers={name: "x"})
    assert (script.heard(), script.endpoint.calls) == ([], 0)


@pytest.mark.parametrize(("name", "value"), [("X-A", "1\r\nX-B: 2"), ("X A", "1"), ("X-A\r\nX-B", "1")])
def test_headers_cannot_smuggle_others(name: str, value: str) -> None:
    script = Script()
    with pytest.raises(LocalSipError):
        script.call_out(headers={name: value})
    assert (script.heard(), script.endpoint.calls) == ([], 0)


def offered(policy: SrtpPolicy) -> tuple[Script, Request]:
    """A call whose stream is offered by this policy."""
    script = Script()
    local = replace(media(BOB), srtp=policy)
    wanted = Invitation(SipUri("sip", "42", ALICE[0]), script.flow, "447700900000", local)
    script.endpoint.invite(wanted, script.now)
    (request,) = script.heard()
    assert isinstance(request, Request)
    return script, request


@pytest.mark.parametrize("status_code", [488, 606])
def test_who_refuses_keys_that_are_no_must_is_offered_all_else_once(status_code: int) -> None:
    script, invite = offered("optional")
    call_id, via = invite.call_id, invite.via
    offers = []
    for cseq in (1, 2, 3):
        offers.append((b"a=crypto" in invite.body, b"RTP/SAVP" in invite.body))
        assert (invite.call_id, invite.cseq.number) == (call_id, cseq)
        sent = script.reply(invite, status_code)
        assert names(sent) == ["ACK", "INVITE"][: 2 if cseq < 3 else 1]
        invite = sent[-1] if isinstance(sent[-1], Request) else invite
    assert offers == [(True, False), (True, True), (False, False)]
    assert invite.via != via
    assert isinstance(script.events[-1], CallFailed)


def test_a_stream_that_began_without_keys_stays_so() -> None:
    script, invite = offered("optional")
    script.reply(invite, 200, body=SDP)
    answered = script.events[-1]
    assert isinstance(answered, CallAnswered)
    script.endpoint.hold(answered.call, script.now)
    (hold,) = script.heard()
    assert isinstance(hold, Request)
    assert (b"a=sendonly" in hold.body, b"a=crypto" in hold.body) == (True, False)


@pytest.mark.parametrize("policy", ["never", "always"])
def test_no_other_policy_is_bent_by_a_refusal(policy: SrtpPolicy) -> None:
    script, invite = offered(policy)
    assert names(script.reply(invite, 488)) == ["ACK"]
    assert isinstance(script.events[-1], CallFailed)


def test_early_media_is_told_and_confirmed_by_a_200_without_sdp() -> None:
    script = Script()
    call, invite = script.call_out()
    script.reply(invite, 183, body=SDP)
    ringing = script.events[-1]
    assert isinstance(ringing, CallRinging)
    assert ringing.early is not None
    assert ringing.early.remote_port == 4000
    script.reply(invite, 200)
    assert script.events[-1] == CallAnswered(call, ringing.early)


def test_a_200_of_another_fork_has_its_own_answer() -> None:
    script = Script()
    _, invite = script.call_out()
    script.reply(invite, 183, tag="one", body=SDP)
    script.reply(invite, 200, tag="two", body=OTHER_SDP)
    event = script.events[-1]
    assert isinstance(event, CallAnswered)
    assert event.stream.remote_port == 4002


def test_early_media_of_many_forks_is_bounded() -> None:
    script = Script()
    _, invite = script.call_out()
    for number in range(MAX_FORKS + 3):
        script.reply(invite, 183, tag=f"fork-{number}", body=SDP)
    heard = [event.early is not None for event in script.events if isinstance(event, CallRinging)]
    assert heard == [True] * MAX_FORKS + [False] * 3


def test_a_180_without_a_tag_and_a_183_with_bad_sdp_just_ring() -> None:
    script = Script()
    call, invite = script.call_out()
    script.reply(invite, 183, body="nonsense")
    assert script.events == [CallRinging(call, 183)]


def test_the_second_answer_of_a_forked_call_is_acknowledged_and_ended() -> None:
    script = Script()
    _, invite = script.establish_out()
    ack, bye = script.reply(invite, 200, tag="other", body=SDP)
    assert names([ack, bye]) == ["ACK", "BYE"]
    assert (ack.to.tag, bye.to.tag) == ("other", "other")
    script.reply(bye, 200)  # type: ignore[arg-type]
    assert [type(event) for event in script.events] == [CallAnswered]
    assert script.endpoint.calls == 1


def test_surplus_answers_are_bounded() -> None:
    script = Script()
    _, invite = script.call_out()
    said = [
        names(script.reply(invite, 200, tag=f"fork-{number}", body=SDP)) for number in range(MAX_FORKS + 2)
    ]
    assert said == [["ACK"], *[["ACK", "BYE"]] * (MAX_FORKS - 1), [], []]


def test_a_repeated_200_gets_the_same_ack() -> None:
    script = Script()
    _, invite = script.call_out()
    first = script.reply(invite, 200, body=SDP)
    assert script.reply(invite, 200, body=SDP) == first
    assert names(first) == ["ACK"]


def test_a_200_after_the_call_ended_is_still_acknowledged() -> None:
    script = Script()
    call, invite = script.establish_out()
    script.endpoint.hang_up(call, script.now)
    (bye,) = script.heard()
    script.reply(bye, 200)  # type: ignore[arg-type]
    assert script.endpoint.calls == 0
    assert names(script.reply(invite, 200, body=SDP)) == ["ACK"]


@pytest.mark.parametrize("body", ["", VIDEO, "nonsense"])
def test_an_answer_that_cannot_be_used_ends_the_call(body: str) -> None:
    script = Script()
    _, invite = script.call_out()
    ack, bye = script.reply(invite, 200, body=body)
    assert names([ack, bye]) == ["ACK", "BYE"]
    script.reply(bye, 200)  # type: ignore[arg-type]
    event = script.events[-1]
    assert isinstance(event, CallFailed)
    assert event.status_code in {400, 488}
    assert not [event for event in script.events if isinstance(event, CallEnded)]


@pytest.mark.parametrize("status_code", [301, 404, 486, 503, 603])
def test_a_failure_is_acknowledged_and_told(status_code: int) -> None:
    script = Script()
    call, invite = script.call_out()
    (ack,) = script.reply(invite, status_code)
    assert isinstance(ack, Request)
    assert (ack.method, ack.via, ack.to.tag) == ("ACK", invite.via, "peer")
    assert script.events == [CallFailed(call, status_code, "Said")]


def test_silence_is_408() -> None:
    script = Script()
    call, _ = script.call_out()
    script.wait(32.0)
    assert script.events == [CallFailed(call, 408, "Request Timeout")]


def test_ringing_for_ever_is_408() -> None:
    script = Script()
    call, invite = script.call_out()
    script.reply(invite, 180)
    assert script.wait(179.0) == []
    (cancel,) = script.wait(1.0)
    assert names([cancel]) == ["CANCEL"]
    script.reply(cancel, 200)  # type: ignore[arg-type]
    script.reply(invite, 487)
    script.wait(40.0)
    assert script.events[-1] == CallFailed(call, 408, "Request Timeout")
    assert script.endpoint.pending_transactions == 0


def test_a_lost_connection_is_503() -> None:
    script = Script(transport="tcp")
    call, _ = script.call_out()
    script.endpoint.receive_closed(script.flow, script.now)
    script.heard()
    assert script.events == [CallFailed(call, 503, "Service Unavailable")]
    assert script.endpoint.pending_transactions == 0


@pytest.mark.parametrize(
    ("status_code", "asked", "answered"),
    [(401, "WWW-Authenticate", "Authorization"), (407, "Proxy-Authenticate", "Proxy-Authorization")],
)
def test_a_challenge_is_answered_once(status_code: int, asked: str, answered: str) -> None:
    script = Script()
    call, invite = script.call_out(credentials=LOGIN)
    ack, again = script.reply(invite, status_code, authenticate("trunk", field=asked))
    assert names([ack, again]) == ["ACK", "INVITE"]
    assert isinstance(again, Request)
    assert (again.call_id, again.from_.tag, again.cseq.number) == (invite.call_id, invite.from_.tag, 2)
    assert again.via.branch != invite.via.branch
    assert again.body == invite.body
    assert "Digest username=" in (again.headers.get(answered) or "")
    assert names(script.reply(again, status_code, authenticate("trunk", field=asked))) == ["ACK"]
    assert script.events == [CallFailed(call, status_code, "Said")]


def test_of_several_challenges_the_strongest_that_we_may_answer_is() -> None:
    script = Script()
    _, invite = script.call_out(credentials=Credentials("me", "secret", "trunk"))
    _, again = script.reply(
        invite,
        401,
        authenticate("elsewhere", "SHA-256"),
        authenticate("trunk", "MD5"),
        authenticate("trunk", "SHA-256"),
        authenticate("trunk", "MD4"),
    )
    value = again.headers.get("Authorization") or ""
    assert 'realm="trunk"' in value
    assert "SHA-256" in value
    assert "secret" not in value


def test_a_password_is_never_given_to_another_realm() -> None:
    script = Script()
    call, invite = script.call_out(credentials=Credentials("me", "secret", "trunk"))
    assert names(script.reply(invite, 401, authenticate("elsewhere"))) == ["ACK"]
    assert script.events == [CallFailed(call, 401, "Said")]


@pytest.mark.parametrize(
    "challenge", ["X-None: 1", "WWW-Authenticate: Digest", "WWW-Authenticate: Basic realm=a"]
)
def test_a_challenge_that_cannot_be_read_is_a_failure(challenge: str) -> None:
    script = Script()
    call, invite = script.call_out(credentials=LOGIN)
    assert names(script.reply(invite, 401, challenge)) == ["ACK"]
    assert script.events == [CallFailed(call, 401, "Said")]


def test_a_proxy_and_the_callee_may_both_challenge() -> None:
    script = Script()
    _, invite = script.call_out(credentials=LOGIN)
    _, second = script.reply(invite, 407, authenticate("proxy", field="Proxy-Authenticate"))
    assert isinstance(second, Request)
    _, third = script.reply(second, 401, authenticate("callee"))
    assert {"Authorization", "Proxy-Authorization"} <= {name for name, _ in third.headers}


def test_our_own_guard_lets_our_own_credentials_in() -> None:
    bob = {"guard": guard(users={"me": "secret"})}
    call = Call(invitation={"credentials": LOGIN}, bob=bob)
    call.answer()
    assert len(call.alice.of(CallAnswered)) == 1
    assert call.incoming
