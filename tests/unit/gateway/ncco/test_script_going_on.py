"""Scripts that go on in another process: what lasts does, what else was under way begins again."""

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gateway.ncco.effects import Dial, Effect, Enter, HangUp, Say, StartRecording, StopRecording
from gateway.ncco.happenings import DigitPressed, LegEnded, PlayEnded, RecordingEnded, Replied
from gateway.ncco.schema import read_ncco, write_ncco
from gateway.ncco.script import KeptScript, Script

pytestmark = pytest.mark.unit

GOOD = sorted((Path(__file__).parents[4] / "fixtures" / "ncco" / "good").glob("*.json"))
TALK = {"action": "talk", "text": "Hello"}
CONNECT = {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900001"}]}
ROOM = {"action": "conversation", "name": "room"}
RECORD = {"action": "record", "endOnKey": "#"}


def begun(*actions: Mapping[str, object]) -> tuple[Script, list[Effect]]:
    """A script of an answered leg, and what it wants first."""
    script = Script(ids("first"), answered=True)
    return script, script.run(read_ncco(list(actions)))


def ids(of: str) -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"{of}-{next(numbers)}"


def moved(script: Script) -> tuple[Script, list[Effect]]:
    """The same in another process, and what it wants there."""
    kept = script.kept
    actions = None if kept.actions is None else json.loads(json.dumps(write_ncco(kept.actions)))
    lasts = json.loads(json.dumps(kept.lasts))
    other = Script(ids("second"), answered=True)
    return other, other.go_on(KeptScript(None if actions is None else read_ncco(actions), lasts))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_every_action_comes_through(path: Path) -> None:
    actions = read_ncco(json.loads(path.read_text()))
    assert read_ncco(json.loads(json.dumps(write_ncco(actions)))) == actions


def test_a_text_that_was_cut_short_is_said_again() -> None:
    script, first = begun(TALK, {**TALK, "text": "Bye"})
    other, again = moved(script)
    (said,) = (each for each in again if isinstance(each, Say))
    assert [each.text for each in first if isinstance(each, Say)] == [said.text]
    (following,) = other.feed(PlayEnded(play=said.play))
    assert isinstance(following, Say)
    assert following.text == "Bye"


def test_nothing_is_dialled_twice() -> None:
    script, first = begun(CONNECT, TALK)
    (dial,) = (each for each in first if isinstance(each, Dial))
    other, again = moved(script)
    assert again == []
    assert other.feed(LegEnded(leg="another", status="completed")) == []
    assert [type(each) for each in other.feed(LegEnded(leg=dial.leg, status="completed"))] == [Say]


def test_the_question_about_a_leg_stays_open() -> None:
    script, first = begun({**CONNECT, "eventType": "synchronous"}, TALK)
    (dial,) = (each for each in first if isinstance(each, Dial))
    assert dial.question is not None
    other, _ = moved(script)
    other.feed(LegEnded(leg=dial.leg, status="busy"))
    assert [type(each) for each in other.feed(Replied(request=dial.question.id))] == [Say]


def test_who_is_in_a_room_does_not_enter_it_again() -> None:
    script, first = begun(ROOM)
    assert any(isinstance(each, Enter) for each in first)
    other, again = moved(script)
    assert again == []
    assert other.state == "running"


def test_a_recording_is_waited_for() -> None:
    script, first = begun(RECORD, TALK)
    (recording,) = (each for each in first if isinstance(each, StartRecording))
    other, again = moved(script)
    assert again == []
    assert other.feed(DigitPressed(digit="#")) == [StopRecording(recording=recording.recording)]
    ended = other.feed(RecordingEnded(recording=recording.recording))
    assert [type(each) for each in ended] == [Say]


def test_what_waits_for_an_ncco_waits_on() -> None:
    other, again = moved(Script(ids("first"), answered=True))
    assert (other.state, again) == ("fetching", [])


def test_the_last_words_end_the_call() -> None:
    script, _ = begun({**TALK, "bargeIn": True})
    assert script.state == "draining"
    other, again = moved(script)
    assert other.state == "ended"
    assert [type(each) for each in again] == [HangUp]
