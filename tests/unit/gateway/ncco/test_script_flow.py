"""The actions without sound: notify, wait and transfer, and how a script goes on after them."""

import itertools

import pytest

from gateway.errors import Invalid
from gateway.ncco.actions.selective import MAX_LEGS
from gateway.ncco.effects import (
    Ask,
    ClearTimer,
    Effect,
    Enter,
    FollowDigits,
    HangUp,
    MoveAll,
    SetTimer,
    StopPlay,
    Stream,
)
from gateway.ncco.happenings import Replied, TimerFired
from gateway.ncco.schema import read_ncco
from gateway.ncco.script import Script

pytestmark = pytest.mark.unit

NOTIFY = {"action": "notify", "payload": {"snake_case": 1}, "eventUrl": ["http://example.com/told"]}


def begun(*actions: object, answered: bool = True) -> tuple[Script, list[Effect]]:
    """A script whose ids are "1", "2", "3" …, and what it wants first."""
    numbers = itertools.count(1)
    machine = Script(lambda: str(next(numbers)), answered=answered)
    return machine, machine.run(read_ncco(list(actions)))


def test_a_notify_posts_its_payload_as_it_is_and_waits_for_the_reply() -> None:
    machine, (ask,) = begun(NOTIFY, answered=False)
    assert isinstance(ask, Ask)
    assert (ask.payload, ask.about) == ({"payload": {"snake_case": 1}}, "conversation")
    assert ask.webhook is not None
    assert ask.webhook.address == "http://example.com/told"
    assert machine.feed(Replied(request="other")) == []
    assert machine.feed(Replied(request=ask.request)) == [HangUp()]


@pytest.mark.parametrize(
    ("timeout", "seconds"), [(None, 10), (0.5, 0.5), ("3", 3), (0, 0.1), (-1, 0.1), (10_000, 7200)]
)
def test_a_wait_lasts_as_long_as_it_may(timeout: object, seconds: float) -> None:
    machine, effects = begun({"action": "wait", "timeout": timeout})
    assert effects == [SetTimer(timer="1", seconds=seconds)]
    assert machine.feed(TimerFired(timer="other")) == []
    assert machine.feed(TimerFired(timer="1")) == [HangUp()]


def test_a_wait_that_is_left_forgets_its_timer() -> None:
    machine, _ = begun({"action": "wait"})
    assert machine.recall() == [ClearTimer(timer="1")]


def test_a_transfer_is_the_last_that_a_script_does() -> None:
    action = {"action": "transfer", "conversationId": "CON-1", "mute": "true"}
    machine, effects = begun(action, {"action": "wait"})
    assert effects == [MoveAll(conversation_id="CON-1", muted=True)]
    assert machine.state == "running"


@pytest.mark.row("conversation.canSpeak", "conversation.canHear", "transfer.canSpeak", "transfer.canHear")
@pytest.mark.parametrize(
    ("options", "can_speak", "can_hear"),
    [
        ({}, None, None),
        ({"canSpeak": ["a", "b"]}, ("a", "b"), None),
        ({"canHear": []}, None, ()),
        ({"can_speak": [], "can_hear": ["a"]}, (), ("a",)),
        ({"canSpeak": ["a"], "mute": False}, ("a",), None),
    ],
)
def test_who_enters_may_say_who_hears_them(
    options: dict[str, object], can_speak: object, can_hear: object
) -> None:
    for place in ({"action": "conversation", "name": "x"}, {"action": "transfer", "conversationId": "CON-1"}):
        _, (effect,) = begun({**place, **options})
        assert isinstance(effect, Enter | MoveAll)
        assert (effect.can_speak, effect.can_hear) == (can_speak, can_hear)


@pytest.mark.parametrize("name", ["conversation", "transfer"])
def test_who_is_muted_says_not_who_hears_them(name: str) -> None:
    place = (
        {"action": name, "name": "x"} if name == "conversation" else {"action": name, "conversationId": "C"}
    )
    with pytest.raises(Invalid, match="mute: not together with canSpeak"):
        begun({**place, "mute": True, "canSpeak": []})


@pytest.mark.parametrize("option", ["canSpeak", "canHear"])
def test_no_list_names_more_legs_than_the_media_worker_takes(option: str) -> None:
    begun({"action": "conversation", "name": "x", option: ["a"] * MAX_LEGS})
    with pytest.raises(Invalid, match=option):
        begun({"action": "conversation", "name": "x", option: ["a"] * (MAX_LEGS + 1)})


MUSIC = "http://example.com/music.mp3"


@pytest.mark.parametrize("given", [MUSIC, [MUSIC]])
def test_who_waits_for_a_moderator_has_music_until_they_leave(given: object) -> None:
    room = {"action": "conversation", "name": "x", "startOnEnter": False, "musicOnHoldUrl": given}
    machine, (enter,) = begun(room)
    assert isinstance(enter, Enter)
    assert enter.starts is False
    assert enter.music == Stream(play="1", url=MUSIC, level=0.0, loop=0)
    assert machine.recall() == [StopPlay(play="1")]


def test_who_starts_a_conversation_has_no_music() -> None:
    machine, (enter,) = begun({"action": "conversation", "name": "x", "musicOnHoldUrl": MUSIC})
    assert isinstance(enter, Enter)
    assert (enter.starts, enter.music) == (True, None)
    assert machine.recall() == []


def test_an_asynchronous_input_lets_the_script_go_on() -> None:
    follow = {"action": "input", "type": ["dtmf"], "mode": "asynchronous"}
    _, effects = begun(follow, {"action": "wait"})
    assert effects == [FollowDigits(webhook=None), SetTimer(timer="1", seconds=10)]


def test_an_asynchronous_input_has_no_settings() -> None:
    action = {"action": "input", "mode": "asynchronous", "dtmf": {"maxDigits": 1}}
    with pytest.raises(Invalid, match="posts each digit singly") as refused:
        begun(action)
    assert list(refused.value.parameters) == ["ncco[0].input.mode"]
