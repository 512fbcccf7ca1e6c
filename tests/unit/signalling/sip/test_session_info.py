"""INFO: keys that a peer presses, and keys that it is sent."""

import pytest

from signalling.sip.calls import DigitPressed
from signalling.sip.errors import LocalSipError
from signalling.sip.message import Request
from signalling.sip.session.ask import MAX_OVERTAKEN
from signalling.sip.session.info import MAX_BODY, MAX_DURATION_MS, MAX_PENDING
from tests.support.sip_script import Says, Script

pytestmark = pytest.mark.unit

RELAY, PLAIN = "application/dtmf-relay", "application/dtmf"


def info(tag: str, body: str, content_type: str = RELAY, *extra: str) -> Says:
    """The peer's INFO."""
    return Says(
        "INFO",
        branch="z9hG4bK-info",
        to_tag=tag,
        cseq=2,
        body=body,
        content_type=content_type,
        extra=extra,
    )


@pytest.mark.parametrize(
    ("body", "content_type", "digit", "duration_ms"),
    [
        ("Signal=5\r\nDuration=240\r\n", RELAY, "5", 240),
        ("Signal= *\nDuration= 100", RELAY, "*", 100),
        ("signal=11\r\n", RELAY, "#", 160),
        ("Signal=d\r\nDuration=", RELAY, "D", 160),
        ("Duration=99999\r\nSignal=1", RELAY, "1", MAX_DURATION_MS),
        ("Signal=1\r\nDuration=-1", RELAY, "1", 160),
        ("7", PLAIN, "7", 160),
        ("#\r\n", PLAIN, "#", 160),
        ("10", PLAIN, "*", 160),
    ],
)
def test_a_key_is_told(body: str, content_type: str, digit: str, duration_ms: int) -> None:
    script = Script()
    call, tag = script.establish_in()
    assert script.ask(info(tag, body, content_type)).status_code == 200
    assert script.events[-1] == DigitPressed(call, digit, duration_ms)
    count = len(script.events)
    assert script.ask(info(tag, body, content_type)).status_code == 200, "a retransmission"
    assert len(script.events) == count


@pytest.mark.parametrize(
    ("message", "status_code", "header"),
    [
        (("", RELAY), 200, None),
        (("Signal=16\r\n", RELAY), 200, None),
        (("Signal=E", RELAY), 400, None),
        (("Duration=100", RELAY), 400, None),
        (("55", PLAIN), 400, None),
        (("5" + " " * MAX_BODY, PLAIN), 400, None),
        (("<media_control/>", "application/media_control+xml"), 415, ("Accept", f"{RELAY}, {PLAIN}")),
        (("5", PLAIN, "Info-Package: foo"), 469, ("Recv-Info", "")),
    ],
)
def test_what_is_no_key_tells_nothing(
    message: tuple[str, ...], status_code: int, header: tuple[str, str] | None
) -> None:
    script = Script()
    _, tag = script.establish_in()
    count = len(script.events)
    response = script.ask(info(tag, *message))
    assert response.status_code == status_code
    assert header is None or response.headers.get(header[0]) == header[1]
    assert len(script.events) == count


def sent(script: Script, message: object) -> str:
    """The key of an INFO of ours, which the peer takes."""
    assert isinstance(message, Request)
    assert (message.method, message.content_type) == ("INFO", RELAY)
    script.reply(message, 200)
    return message.body.decode().splitlines()[0].removeprefix("Signal=")


def test_keys_go_out_one_after_the_other() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.press(call, "1", script.now)
    script.endpoint.press(call, "2p#", script.now)
    began = script.now
    keys = [sent(script, message) for message in script.heard()]
    assert keys == ["1"], "the next one waits"
    times = {}
    while len(keys) < 3:
        due = script.endpoint.next_timer()
        assert due is not None
        for message in script.wait(due - script.now):
            keys.append(sent(script, message))
            times[keys[-1]] = script.now - began
    assert keys == ["1", "2", "#"]
    assert times["2"] == pytest.approx(0.26)
    assert times["#"] == pytest.approx(1.02), "the pause is half a second"
    script.endpoint.press(call, "3", script.now)
    while not (messages := script.wait(1.0)):
        pass
    assert sent(script, messages[0]) == "3"


def test_a_refused_key_is_the_last_one() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.press(call, "123", script.now)
    (first,) = script.heard()
    assert isinstance(first, Request)
    script.reply(first, 415)
    assert script.wait(40.0) == []


def test_a_key_that_was_overtaken_is_sent_again() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.press(call, "12", script.now)
    (first,) = script.heard()
    script.endpoint.probe(call, script.now)
    script.heard()
    assert isinstance(first, Request)
    (again,) = script.reply(first, 500)
    assert isinstance(again, Request)
    assert (again.cseq.number, again.body) == (first.cseq.number + 2, first.body)
    assert script.reply(again, 500) == [], "nothing has overtaken that one"


def test_a_peer_that_refuses_everything_is_asked_a_few_times() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.press(call, "1", script.now)
    said = script.heard()
    times = 0
    while said:
        script.endpoint.probe(call, script.now)
        (options,) = script.heard()
        (info,) = said
        assert isinstance(info, Request)
        assert isinstance(options, Request)
        said = script.reply(info, 500)
        script.reply(options, 200)
        times += 1
    assert times == 1 + MAX_OVERTAKEN


def test_a_call_that_ends_sends_no_more_keys() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.press(call, "12", script.now)
    (first,) = script.heard()
    script.endpoint.hang_up(call, script.now)
    (bye,) = script.heard()
    sent(script, first)
    assert isinstance(bye, Request)
    script.reply(bye, 200)
    assert script.wait(60.0) == []


@pytest.mark.parametrize(("digits", "status_code"), [("1w", 400), ("e", 400), ("1" * (MAX_PENDING + 1), 503)])
def test_keys_are_bounded(digits: str, status_code: int) -> None:
    script = Script()
    call, _ = script.establish_out()
    with pytest.raises(LocalSipError) as caught:
        script.endpoint.press(call, digits, script.now)
    assert caught.value.status_code == status_code
    assert script.heard() == []


def test_a_call_that_is_not_up_has_no_keys() -> None:
    script = Script()
    with pytest.raises(LocalSipError):
        script.endpoint.press(script.ring_in(), "1", script.now)
