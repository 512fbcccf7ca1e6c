"""The endpoint as the callee: what the caller says, what our user hears, and the 2xx until its ACK."""

import pytest

from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import CallEnded, CallEstablished, IncomingCall
from signalling.sip.errors import LocalSipError
from signalling.sip.headers.passed import MAX_PASSED, MAX_VALUE
from signalling.sip.refusals import RETRY_AFTER_S
from tests.support.sip_script import SDP, VIDEO, Says, Script, names
from tests.support.wire import BOB, media

pytestmark = pytest.mark.unit


def test_an_invite_is_announced_with_who_calls_whom() -> None:
    script = Script()
    assert names(script.say(Says(body=SDP))) == ["100"]
    (event,) = script.events
    assert isinstance(event, IncomingCall)
    assert (event.to_user, event.to_host) == ("42", "192.0.2.2")
    assert (event.from_user, event.from_host) == ("447700900000", "192.0.2.1")
    assert event.flow == script.flow


def test_custom_headers_reach_the_application() -> None:
    script = Script()
    script.ring_in(extra=("X-Account: 7", "User-to-User: 1234;encoding=hex", "P-Charge: no", "x-lower: yes"))
    (event,) = script.events
    assert isinstance(event, IncomingCall)
    assert event.headers == {"X-Account": "7", "User-to-User": "1234;encoding=hex", "x-lower": "yes"}


def test_custom_headers_are_bounded() -> None:
    script = Script()
    many = tuple(f"X-{number}: 1" for number in range(MAX_PASSED + 5))
    script.ring_in(extra=("X-Long: " + "a" * (MAX_VALUE + 1), *many))
    (event,) = script.events
    assert isinstance(event, IncomingCall)
    assert len(event.headers) == MAX_PASSED
    assert "X-Long" not in event.headers


def test_ringing_and_the_answer_share_one_tag_and_no_version() -> None:
    script = Script()
    call = script.ring_in()
    script.endpoint.ring(call, script.now)
    (ringing,) = script.heard()
    ok = script.accept(call)
    assert ringing.to.tag == ok.to.tag
    assert len(ok.to.tag or "") >= 16
    assert ok.headers.get("Server") == "Cordboard"
    assert ok.content_type == "application/sdp"


def test_early_media_is_repeated_in_the_answer() -> None:
    script = Script()
    call = script.ring_in()
    early = script.endpoint.progress(call, media(BOB), script.now)
    (progress,) = script.heard()
    assert (names([progress]), early is not None) == (["183"], True)
    assert script.accept(call).body == progress.body


def test_the_answer_is_repeated_until_its_ack() -> None:
    script = Script()
    call = script.ring_in()
    tag = script.accept(call).to.tag or ""
    assert names(script.wait(3.6)) == ["200", "200", "200"]
    script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=tag))
    assert isinstance(script.events[-1], CallEstablished)
    assert script.wait(60.0) == []


def test_a_repeated_ack_means_nothing() -> None:
    script = Script()
    _, tag = script.establish_in()
    before = list(script.events)
    assert script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=tag)) == []
    assert script.events == before


def test_the_ack_of_an_earlier_invite_confirms_no_later_one() -> None:
    script = Script()
    _, tag = script.establish_in()
    script.say(Says(branch="z9hG4bK-2", to_tag=tag, cseq=2, body=SDP))
    script.say(Says("ACK", branch="z9hG4bK-late", to_tag=tag, cseq=1))
    assert "200" in names(script.wait(1.0))
    script.say(Says("ACK", branch="z9hG4bK-ack-2", to_tag=tag, cseq=2))
    assert script.wait(40.0) == []


def test_without_an_ack_the_call_is_ended() -> None:
    script = Script()
    call = script.ring_in()
    script.accept(call)
    said = names(script.wait(32.0))
    assert said == ["200"] * 10 + ["BYE"]
    assert script.events[-1:] == [CallEnded(call, "timeout", 408, "no-ack")]
    assert script.endpoint.calls == 0


def test_hanging_up_before_the_ack_waits_for_it() -> None:
    script = Script()
    call = script.ring_in()
    tag = script.accept(call).to.tag or ""
    script.endpoint.hang_up(call, script.now)
    assert script.heard() == []
    (bye,) = script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=tag))
    assert names([bye]) == ["BYE"]
    script.reply(bye, 200)  # type: ignore[arg-type]
    assert script.events[-1:] == [CallEnded(call, "us")]


def test_hanging_up_without_an_ack_ends_after_64_t1() -> None:
    script = Script()
    call = script.ring_in()
    script.accept(call)
    script.endpoint.hang_up(call, script.now)
    assert names(script.wait(32.0))[-1] == "BYE"
    assert script.events[-1:] == [CallEnded(call, "us")]


def test_a_late_offer_is_ours_and_its_answer_comes_in_the_ack() -> None:
    script = Script()
    call = script.ring_in(body="")
    assert script.endpoint.progress(call, media(BOB), script.now) is None
    assert script.heard()[0].body == b""
    assert script.endpoint.accept(call, media(BOB), script.now) is None
    (ok,) = script.heard()
    assert b"m=audio 40000" in ok.body
    script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=ok.to.tag or "", body=SDP))
    event = script.events[-1]
    assert isinstance(event, CallEstablished)
    assert event.stream.remote_port == 4000


@pytest.mark.parametrize("body", ["", VIDEO, "nonsense"])
def test_a_late_offer_that_is_not_answered_ends_the_call(body: str) -> None:
    script = Script()
    call = script.ring_in(body="")
    tag = script.accept(call).to.tag or ""
    (bye,) = script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=tag, body=body))
    script.reply(bye, 200)  # type: ignore[arg-type]
    event = script.events[-1]
    assert isinstance(event, CallEnded)
    assert (event.by, event.status_code in {400, 488}) == ("us", True)


@pytest.mark.parametrize(("status_code", "again"), [(503, str(RETRY_AFTER_S)), (486, None)])
def test_who_finds_no_room_hears_when_to_try_again(status_code: int, again: str | None) -> None:
    script = Script()
    call = script.ring_in()
    script.endpoint.reject(call, status_code, None, script.now)
    (refusal,) = script.heard()
    assert (names([refusal]), refusal.headers.get("Retry-After")) == ([str(status_code)], again)


def test_a_rejected_call_ends_once() -> None:
    script = Script()
    call = script.ring_in()
    script.endpoint.reject(call, 404, None, script.now)
    assert names(script.heard()) == ["404"]
    assert script.events[-1:] == [CallEnded(call, "us", 404, "Not Found")]
    with pytest.raises(LocalSipError, match="unknown call"):
        script.endpoint.reject(call, 404, None, script.now)


@pytest.mark.parametrize("status_code", [100, 200, 299, 700])
def test_a_refusal_is_no_success(status_code: int) -> None:
    script = Script()
    call = script.ring_in()
    with pytest.raises(LocalSipError):
        script.endpoint.reject(call, status_code, None, script.now)
    assert script.endpoint.calls == 1


def test_a_codec_that_we_do_not_have_leaves_the_call_waiting() -> None:
    script = Script()
    call = script.ring_in()
    with pytest.raises(LocalSipError) as caught:
        script.endpoint.accept(call, LocalMedia("192.0.2.2", 40000, ("PCMA",)), script.now)
    assert caught.value.status_code == 488
    script.endpoint.reject(call, 488, None, script.now)
    (refusal,) = script.heard()
    assert names([refusal]) == ["488"]
    assert "both sides want" in (refusal.headers.get("Warning") or "")


def test_a_reason_with_a_line_break_is_refused_with_nothing_done() -> None:
    script = Script()
    call = script.ring_in()
    with pytest.raises(LocalSipError):
        script.endpoint.reject(call, 486, "Busy\r\nX-Injected: 1", script.now)
    assert script.heard() == []
    assert script.endpoint.calls == 1


def test_verbs_at_the_wrong_time_are_refused_with_nothing_done() -> None:
    script = Script()
    call, _ = script.establish_in()
    with pytest.raises(LocalSipError):
        script.endpoint.ring(call, script.now)
    with pytest.raises(LocalSipError):
        script.endpoint.accept(call, media(BOB), script.now)
    with pytest.raises(LocalSipError):
        script.endpoint.reject(call, 486, None, script.now)
    waiting = script.ring_in(call_id="call-2", branch="z9hG4bK-2")
    with pytest.raises(LocalSipError):
        script.endpoint.hold(waiting, script.now)
    assert script.heard() == []
