"""Which action runs, what ends it, and what a script wants at each turn."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ncco.effects import (
    Answer,
    Ask,
    Dial,
    Effect,
    Enter,
    HangUp,
    HangUpLeg,
    Say,
    SetTimer,
    StartRecording,
    StopPlay,
    StopRecording,
    Stream,
)
from gateway.ncco.happenings import (
    Answered,
    DigitPressed,
    Happening,
    LegAnswered,
    LegEnded,
    PlayEnded,
    RecordingEnded,
    Replied,
    TimerFired,
)
from gateway.ncco.schema import read_ncco
from gateway.ncco.script import TRANSITIONS, Script

pytestmark = pytest.mark.unit

PHONE = {"type": "phone", "number": "447700900001"}


def script(*, answered: bool = True) -> Script:
    """Its ids are "1", "2", "3" …"""
    numbers = itertools.count(1)
    return Script(lambda: str(next(numbers)), answered=answered)


def kinds(effects: list[Effect]) -> list[type[Effect]]:
    return [type(effect) for effect in effects]


def test_a_talk_on_an_unanswered_leg_answers_first() -> None:
    machine = script(answered=False)
    assert kinds(machine.run(read_ncco([{"action": "talk", "text": "hello"}]))) == [Answer]
    (say,) = machine.feed(Answered())
    assert isinstance(say, Say)
    assert say.text == "hello"
    assert kinds(machine.feed(PlayEnded(play="1"))) == [HangUp]
    assert machine.state == "ended"


def test_a_connect_answers_only_when_the_endpoint_does() -> None:
    machine = script(answered=False)
    assert kinds(machine.run(read_ncco([{"action": "connect", "endpoint": [PHONE]}]))) == [Dial]
    assert kinds(machine.feed(LegAnswered(leg="1"))) == [Answer]
    assert machine.feed(Answered()) == []
    assert kinds(machine.feed(LegEnded(leg="1", status="completed"))) == [HangUp]


def test_a_failed_connect_goes_on_with_the_next_action() -> None:
    machine = script(answered=False)
    ncco = [{"action": "connect", "endpoint": [PHONE]}, {"action": "talk", "text": "nobody is there"}]
    machine.run(read_ncco(ncco))
    assert kinds(machine.feed(LegEnded(leg="1", status="busy"))) == [Answer]
    assert kinds(machine.feed(Answered())) == [Say]


def test_the_caller_takes_the_connected_leg_along() -> None:
    machine = script()
    machine.run(read_ncco([{"action": "connect", "endpoint": [PHONE]}]))
    assert machine.stop() == [HangUpLeg(leg="1")]


def test_prompts_play_one_after_the_other() -> None:
    machine = script()
    ncco = [
        {"action": "talk", "text": "one"},
        {"action": "stream", "streamUrl": ["http://example.com/two.wav"]},
    ]
    assert kinds(machine.run(read_ncco(ncco))) == [Say]
    assert kinds(machine.feed(PlayEnded(play="1"))) == [Stream]


MENU = [
    {"action": "talk", "text": "one", "bargeIn": True},
    {"action": "talk", "text": "two", "bargeIn": True},
    {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 2, "timeOut": 5}},
]


def test_a_digit_cuts_the_whole_queue_of_prompts_short() -> None:
    machine = script()
    assert kinds(machine.run(read_ncco(MENU))) == [Say]
    effects = machine.feed(DigitPressed(digit="7"))
    assert kinds(effects) == [StopPlay, SetTimer]
    assert machine.feed(PlayEnded(play="1")) == []


def test_the_clock_of_input_starts_when_the_prompts_are_over() -> None:
    machine = script()
    machine.run(read_ncco(MENU))
    assert kinds(machine.feed(PlayEnded(play="1"))) == [Say]
    assert machine.feed(PlayEnded(play="2")) == [SetTimer(timer="3", seconds=5)]


def test_enough_digits_are_posted_and_the_script_waits_for_the_reply() -> None:
    machine = script()
    machine.run(read_ncco(MENU))
    machine.feed(DigitPressed(digit="7"))
    ask = machine.feed(DigitPressed(digit="8"))[-1]
    assert isinstance(ask, Ask)
    assert ask.payload == {"speech": {"results": []}, "dtmf": {"digits": "78", "timed_out": False}}
    assert machine.feed(DigitPressed(digit="9")) == []
    assert kinds(machine.feed(Replied(request=ask.request))) == [HangUp]


def test_a_silence_is_posted_as_timed_out_without_digits() -> None:
    machine = script()
    machine.run(read_ncco([MENU[2]]))
    ask = machine.feed(TimerFired(timer="1"))[-1]
    assert isinstance(ask, Ask)
    assert ask.payload == {"speech": {"results": []}, "dtmf": {"digits": None, "timed_out": True}}


def test_a_hash_submits_where_it_should() -> None:
    machine = script()
    machine.run(read_ncco([{"action": "input", "dtmf": {"submitOnHash": True, "maxDigits": 9}}]))
    machine.feed(DigitPressed(digit="4"))
    ask = machine.feed(DigitPressed(digit="#"))[-1]
    assert isinstance(ask, Ask)
    assert ask.payload["dtmf"]["digits"] == "4"


def test_a_hash_is_a_digit_where_it_does_not_submit() -> None:
    machine = script()
    machine.run(read_ncco([{"action": "input", "dtmf": {"submitOnHash": False, "maxDigits": 2}}]))
    machine.feed(DigitPressed(digit="#"))
    ask = machine.feed(DigitPressed(digit="4"))[-1]
    assert isinstance(ask, Ask)
    assert ask.payload["dtmf"]["digits"] == "#4"


def test_a_reply_with_an_ncco_replaces_what_is_left() -> None:
    machine = script()
    machine.run(read_ncco([MENU[2], {"action": "talk", "text": "never said"}]))
    machine.feed(TimerFired(timer="1"))
    effects = machine.run(read_ncco([{"action": "conversation", "name": "room", "record": True}]))
    enter = effects[-1]
    assert isinstance(enter, Enter)
    assert (enter.name, enter.record) == ("room", True)
    assert machine.state == "running"


def test_a_recording_runs_beside_the_script() -> None:
    machine = script()
    ncco = [{"action": "record", "split": "conversation"}, {"action": "talk", "text": "hello"}]
    recording, say = machine.run(read_ncco(ncco))
    assert isinstance(recording, StartRecording)
    assert (recording.channels, recording.format) == (2, "mp3")
    assert isinstance(say, Say)


def test_a_recording_with_an_end_key_is_waited_for() -> None:
    machine = script()
    ncco = [{"action": "record", "endOnKey": "#", "timeOut": 60}, {"action": "talk", "text": "thanks"}]
    (recording,) = machine.run(read_ncco(ncco))
    assert isinstance(recording, StartRecording)
    assert recording.limit_s == 60
    assert machine.feed(DigitPressed(digit="1")) == []
    assert machine.feed(DigitPressed(digit="#")) == [StopRecording(recording="1")]
    assert kinds(machine.feed(RecordingEnded(recording="1"))) == [Say]


def test_a_recording_with_a_time_limit_runs_beside_the_script() -> None:
    ncco = [{"action": "record", "timeOut": 60}, {"action": "talk", "text": "hello"}]
    assert kinds(script().run(read_ncco(ncco))) == [StartRecording, Say]


def test_a_script_that_ends_with_a_barge_in_prompt_lets_it_finish() -> None:
    machine = script()
    machine.run(read_ncco([MENU[0]]))
    assert machine.state == "draining"
    assert kinds(machine.feed(PlayEnded(play="1"))) == [HangUp]


def test_an_empty_ncco_hangs_up() -> None:
    assert kinds(script(answered=False).run(())) == [HangUp]


def test_a_recalled_script_stops_what_it_does_and_waits() -> None:
    machine = script()
    machine.run(read_ncco([{"action": "talk", "text": "hello"}]))
    assert machine.recall() == [StopPlay(play="1")]
    assert machine.state == "fetching"
    assert kinds(machine.run(read_ncco([{"action": "talk", "text": "again"}]))) == [Say]


ACTIONS = st.sampled_from(
    [
        {"action": "talk", "text": "a"},
        {"action": "talk", "text": "b", "bargeIn": True},
        {"action": "stream", "streamUrl": ["http://example.com/a.wav"]},
        {"action": "input", "dtmf": {"maxDigits": 2}},
        {"action": "connect", "endpoint": [PHONE]},
        {"action": "record"},
        {"action": "record", "endOnKey": "#"},
        {"action": "conversation", "name": "room"},
    ]
)
NAMES = st.integers(1, 9).map(str)
HAPPENINGS: st.SearchStrategy[Happening] = st.one_of(
    st.just(Answered()),
    st.builds(PlayEnded, play=NAMES),
    st.builds(DigitPressed, digit=st.sampled_from("12#")),
    st.builds(TimerFired, timer=NAMES),
    st.builds(LegAnswered, leg=NAMES),
    st.builds(LegEnded, leg=NAMES, status=st.just("completed")),
    st.builds(RecordingEnded, recording=NAMES),
    st.builds(Replied, request=NAMES),
)


@given(st.booleans(), st.lists(st.lists(ACTIONS, max_size=4), min_size=1, max_size=3), st.data())
def test_whatever_happens_a_script_keeps_its_rules(
    answered: bool, nccos: list[list[dict[str, object]]], data: st.DataObject
) -> None:
    machine = script(answered=answered)
    wanted: list[Effect] = []
    for ncco in nccos:
        wanted += machine.run(read_ncco(ncco))
        for happening in data.draw(st.lists(HAPPENINGS, max_size=8)):
            over = machine.state == "ended"
            effects = machine.feed(happening)
            assert not (over and effects)
            wanted += effects
    wanted += machine.stop()
    assert machine.state == "ended"
    hang_ups = [effect for effect in wanted if isinstance(effect, HangUp)]
    assert len(hang_ups) <= 1
    playing = [effect.play for effect in wanted if isinstance(effect, Say | Stream)]
    assert len(playing) == len(set(playing))


def test_every_state_can_end() -> None:
    states = {state for state, _ in TRANSITIONS}
    assert {state for state, turn in TRANSITIONS if turn == "stopped"} == states
