"""connect with its options: what it asks the application, what the caller hears, who is called."""

import itertools

import pytest

from gateway.errors import Invalid
from gateway.ncco.effects import (
    Answer,
    AwaitReply,
    Dial,
    Effect,
    HangUp,
    HangUpLeg,
    Progress,
    StopPlay,
    Stream,
)
from gateway.ncco.happenings import Answered, LegAnswered, LegEnded, Replied
from gateway.ncco.schema import read_ncco
from gateway.ncco.script import Script

pytestmark = pytest.mark.unit

PHONE = {"type": "phone", "number": "447700900001"}
WEBSOCKET = {"type": "websocket", "uri": "wss://shop.example/audio"}
TONE = "http://shop.example/tone.wav"


def begun(options: dict[str, object], *, answered: bool = True) -> tuple[Script, list[Effect]]:
    """A script whose ids are "1", "2", "3" …, and what it wants first."""
    numbers = itertools.count(1)
    machine = Script(lambda: str(next(numbers)), answered=answered)
    connect = {"action": "connect", "endpoint": [PHONE], **options}
    return machine, machine.run(read_ncco([connect]))


def asked_of(effects: list[Effect]) -> tuple[str, ...]:
    (dial,) = (each for each in effects if isinstance(each, Dial))
    return dial.question.statuses if dial.question is not None else ()


@pytest.mark.parametrize(
    ("options", "statuses"),
    [
        ({}, ()),
        ({"eventType": "synchronous"}, ("timeout", "failed", "rejected", "unanswered", "busy")),
        ({"endpoint": [WEBSOCKET]}, ("disconnected",)),
        (
            {"endpoint": [WEBSOCKET], "eventType": "synchronous"},
            ("timeout", "failed", "rejected", "unanswered", "busy", "disconnected"),
        ),
    ],
)
def test_what_a_connect_asks_about(options: dict[str, object], statuses: tuple[str, ...]) -> None:
    _, effects = begun(options)
    assert asked_of(effects) == statuses


def test_a_synchronous_connect_waits_for_the_reply_to_its_end() -> None:
    machine, (dial,) = begun({"eventType": "synchronous"})
    assert isinstance(dial, Dial)
    assert dial.question is not None
    assert machine.feed(LegEnded(leg="1", status="busy")) == [AwaitReply(request=dial.question.id)]
    assert machine.feed(Replied(request="other")) == []
    assert machine.feed(Replied(request=dial.question.id)) == [HangUp()]


def test_who_was_transferred_away_is_not_asked_about() -> None:
    machine, _ = begun({"eventType": "synchronous"})
    assert machine.feed(LegEnded(leg="1", status="transferred")) == [HangUp()]


def test_the_ringback_is_looped_until_the_endpoint_is_connected() -> None:
    machine, (dial, progress, ringback) = begun({"ringbackTone": TONE}, answered=False)
    assert isinstance(dial, Dial)
    assert progress == Progress()
    assert ringback == Stream(play="2", url=TONE, level=0.0, loop=0)
    assert machine.feed(LegAnswered(leg="1")) == [StopPlay(play="2"), Answer()]
    assert machine.feed(Answered()) == []
    assert machine.feed(LegEnded(leg="1", status="completed")) == [HangUp()]


@pytest.mark.parametrize(
    "options",
    [
        {"ringback": TONE},
        {"endpoint": [{**PHONE, "onAnswer": {"url": TONE, "ringbackTone": TONE}}]},
        {"endpoint": [{**PHONE, "onAnswer": {"url": TONE, "ringback": TONE}}]},
    ],
)
def test_the_ringback_goes_by_other_names_and_ends_with_the_attempt(options: dict[str, object]) -> None:
    machine, (_, ringback) = begun(options)
    assert ringback == Stream(play="2", url=TONE, level=0.0, loop=0)
    assert machine.feed(LegEnded(leg="1", status="busy")) == [StopPlay(play="2"), HangUp()]


def test_the_ringback_stops_when_the_caller_goes_elsewhere() -> None:
    machine, _ = begun({"ringbackTone": TONE})
    assert machine.recall() == [StopPlay(play="2"), HangUpLeg(leg="1")]


def test_a_random_number_is_wanted() -> None:
    _, (dial,) = begun({"randomFromNumber": "true"})
    assert isinstance(dial, Dial)
    assert (dial.from_number, dial.from_random) == (None, True)


@pytest.mark.parametrize(
    ("options", "place", "reason"),
    [
        ({"randomFromNumber": True, "from": "447700900009"}, "randomFromNumber", "together with from"),
        ({"endpoint": [{"type": "vbc", "extension": "front desk"}]}, "endpoint[0].extension", "digits"),
        ({"endpoint": [{"type": "app", "user": ""}]}, "endpoint[0].user", "length"),
        ({"eventType": "asynchronous"}, "eventType", "asynchronous"),
        ({"ringbackTone": "tone.wav"}, "ringbackTone", "an http(s) URL"),
        ({"endpoint": [{**PHONE, "onAnswer": {}}]}, "endpoint[0].onAnswer.url", "given"),
    ],
)
def test_what_cannot_be_is_named(options: dict[str, object], place: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason.replace("(", r"\(").replace(")", r"\)")) as refused:
        begun(options)
    assert list(refused.value.parameters) == [f"ncco[0].connect.{place}"]
