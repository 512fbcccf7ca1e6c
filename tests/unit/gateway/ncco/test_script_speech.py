"""input with speech: what is listened to, what ends it, and what the webhook then says."""

import itertools
from typing import TypeVar

import pytest

from gateway.errors import Invalid
from gateway.ncco.actions.input_speech import MAX_PHRASE, MAX_PHRASES, RECOGNITION_S
from gateway.ncco.effects import Ask, ClearTimer, Effect, Listen, Say, SetTimer, StopListening, StopPlay
from gateway.ncco.happenings import DigitPressed, PlayEnded, SpeechEnded, SpeechStarted, TimerFired
from gateway.ncco.schema import read_ncco
from gateway.ncco.script import Script
from gateway.store.records import Json
from media.control import ListenForSpeech
from media.control.framing import MAX_MESSAGE, encode

pytestmark = pytest.mark.unit

E = TypeVar("E", bound=Effect)

SALES: Json = {
    "timeout_reason": "end_on_silence_timeout",
    "results": [{"text": "sales", "confidence": "0.94"}],
}
NO_DIGITS = {"digits": None, "timed_out": False}
NOTHING_SAID: Json = {"results": []}
DEAF: Json = {"error": "there is no recogniser", "results": []}
PROMPT = {"action": "talk", "text": "sales or support?", "bargeIn": True}
URL = "https://shop.example/said"


class Menu:
    """A script that listens: what it wants, and what its webhook says in the end."""

    def __init__(self, options: Json | None = None, *, prompted: bool = False, **more: object) -> None:
        numbers = itertools.count(1)
        self.script = Script(lambda: str(next(numbers)), answered=True)
        action = {"action": "input", "type": ["speech"], "speech": options or {}, "eventUrl": [URL], **more}
        self.wanted: list[Effect] = self.script.run(
            read_ncco([*([PROMPT] if prompted else []), action, {"action": "wait"}])
        )
        self.listening = self.only(Listen).listening

    def only(self, kind: type[E]) -> E:
        """The one effect of a kind that was wanted last."""
        (found,) = (each for each in self.wanted if isinstance(each, kind))
        return found

    def wants(self, *kinds: type[Effect]) -> bool:
        """Whether one of these was wanted last."""
        return any(isinstance(each, kinds) for each in self.wanted)

    def begins(self) -> None:
        self.wanted = self.script.feed(SpeechStarted(listening=self.listening))

    def ends(self, speech: Json) -> None:
        self.wanted = self.script.feed(SpeechEnded(listening=self.listening, speech=speech))

    def presses(self, digit: str) -> None:
        self.wanted = self.script.feed(DigitPressed(digit=digit))

    def prompt_ends(self, play: str = "1") -> None:
        self.wanted = self.script.feed(PlayEnded(play=play))

    def clock_runs_out(self, timer: str) -> None:
        self.wanted = self.script.feed(TimerFired(timer=timer))

    @property
    def posted(self) -> Json:
        """What the webhook says."""
        return self.only(Ask).payload


def test_what_is_listened_to_by_default() -> None:
    menu = Menu()
    assert menu.only(Listen) == Listen(
        listening=menu.listening,
        leg=None,
        language="en-US",
        context=(),
        end_on_silence_s=2.0,
        max_duration_s=60,
        sensitivity=90,
        save_audio=False,
        partial=False,
        webhook=menu.only(Listen).webhook,
    )
    assert menu.only(SetTimer).seconds == 10


def test_every_option_reaches_who_listens() -> None:
    options = {
        "uuid": ["leg-7"],
        "endOnSilence": "0.4",
        "language": "de-DE",
        "context": ["ja", "nein"],
        "startTimeout": "60",
        "maxDuration": "1",
        "saveAudio": "true",
        "sensitivity": "10",
        "partialResults": True,
    }
    menu = Menu(options)
    listen = menu.only(Listen)
    assert (listen.leg, listen.end_on_silence_s, listen.language) == ("leg-7", 0.4, "de-DE")
    assert (listen.context, listen.max_duration_s, listen.sensitivity) == (("ja", "nein"), 1, 10)
    assert (listen.save_audio, listen.partial) == (True, True)
    assert listen.webhook is not None
    assert listen.webhook.address == URL
    assert menu.only(SetTimer).seconds == 60


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("uuid", []),
        ("uuid", ["one", "two"]),
        ("uuid", "one"),
        ("endOnSilence", 0.3),
        ("endOnSilence", 10.1),
        ("language", "English"),
        ("language", "en-" + "x" * 40),
        ("context", "sales"),
        ("context", ["x" * (MAX_PHRASE + 1)]),
        ("context", ["x"] * (MAX_PHRASES + 1)),
        ("startTimeout", 0.9),
        ("startTimeout", 61),
        ("maxDuration", 0),
        ("maxDuration", 61),
        ("saveAudio", "perhaps"),
        ("sensitivity", 9),
        ("sensitivity", 101),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(option: str, value: object) -> None:
    with pytest.raises(Invalid) as refused:
        read_ncco([{"action": "input", "type": ["speech"], "speech": {option: value}}])
    (place,) = refused.value.parameters
    assert place.startswith(f"ncco[0].input.speech.{option}")


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ({}, {"dtmf"}),
        ({"dtmf": {}}, {"dtmf"}),
        ({"speech": {}}, {"speech"}),
        ({"dtmf": {}, "speech": {}}, {"dtmf", "speech"}),
        ({"type": ["speech"], "dtmf": {}}, {"speech"}),
        ({"type": ["speech", "dtmf"]}, {"dtmf", "speech"}),
    ],
)
def test_what_is_collected(options: Json, kinds: set[str]) -> None:
    (action,) = read_ncco([{"action": "input", **options}])
    assert set(action.kinds) == kinds  # type: ignore[attr-defined]


def test_the_longest_context_fits_into_a_message() -> None:
    command = ListenForSpeech(listening="1", path="x", context=("\U0001f600" * MAX_PHRASE,) * MAX_PHRASES)
    assert len(encode(command)) < MAX_MESSAGE


def test_what_was_said_is_posted() -> None:
    menu = Menu()
    menu.begins()
    assert menu.only(SetTimer).seconds == 60 + RECOGNITION_S
    assert not menu.wants(Ask)
    menu.ends(SALES)
    assert menu.posted == {"speech": SALES, "dtmf": NO_DIGITS}
    assert menu.wants(ClearTimer)
    assert not menu.wants(StopListening)


def test_nobody_speaks() -> None:
    menu = Menu()
    menu.clock_runs_out(menu.only(SetTimer).timer)
    assert menu.posted["speech"] == {"timeout_reason": "start_timeout", "results": []}
    assert menu.only(StopListening) == StopListening(listening=menu.listening, nobody_spoke=True)


def test_the_clock_starts_after_the_prompts_and_listening_with_them() -> None:
    menu = Menu(prompted=True)
    assert menu.wants(Listen, Say)
    assert not menu.wants(SetTimer)
    menu.prompt_ends()
    assert menu.only(SetTimer).seconds == 10


def test_a_word_silences_the_prompts() -> None:
    menu = Menu(prompted=True)
    menu.begins()
    assert menu.only(StopPlay).play == "1"
    menu.prompt_ends()
    assert not menu.wants(SetTimer)
    menu.ends(SALES)
    assert menu.posted["speech"] == SALES


def test_a_digit_is_nobodys_where_speech_alone_is_wanted() -> None:
    menu = Menu(prompted=True)
    menu.presses("1")
    assert menu.wanted == []


def test_speech_that_is_never_understood_is_given_up() -> None:
    menu = Menu()
    menu.begins()
    menu.clock_runs_out(menu.only(SetTimer).timer)
    assert menu.posted["speech"]["results"] == []
    assert "not understood" in menu.posted["speech"]["error"]
    assert menu.only(StopListening).nobody_spoke is False
    menu.ends(SALES)
    assert menu.wanted == []


def test_who_cannot_listen_says_so_at_once() -> None:
    menu = Menu()
    menu.ends(DEAF)
    assert menu.posted == {"speech": DEAF, "dtmf": NO_DIGITS}


def test_who_cannot_listen_says_so_after_the_prompts() -> None:
    menu = Menu(prompted=True)
    menu.ends(DEAF)
    assert not menu.wants(Ask)
    menu.prompt_ends()
    assert menu.posted["speech"] == DEAF


def test_another_listening_is_not_ours() -> None:
    menu = Menu()
    menu.script.feed(SpeechStarted(listening="other"))
    menu.wanted = menu.script.feed(SpeechEnded(listening="other", speech=SALES))
    assert menu.wanted == []


def test_leaving_ends_the_listening() -> None:
    menu = Menu()
    menu.wanted = menu.script.recall()
    assert menu.only(StopListening).listening == menu.listening
    assert menu.wants(ClearTimer)


class TestBoth:
    """Where digits are wanted as well."""

    def menu(self, *, prompted: bool = False) -> Menu:
        return Menu(prompted=prompted, type=["dtmf", "speech"], dtmf={"maxDigits": 2, "timeOut": 4})

    def test_the_wait_for_the_first_of_them_is_that_for_speech(self) -> None:
        assert self.menu().only(SetTimer).seconds == 10

    def test_a_digit_ends_the_listening(self) -> None:
        menu = self.menu(prompted=True)
        menu.presses("1")
        assert menu.only(StopListening).listening == menu.listening
        assert menu.only(StopPlay).play == "1"
        assert menu.only(SetTimer).seconds == 4
        menu.prompt_ends()
        assert menu.wanted == []
        menu.presses("2")
        assert menu.posted == {"speech": NOTHING_SAID, "dtmf": {"digits": "12", "timed_out": False}}

    def test_digits_may_be_followed_by_silence(self) -> None:
        menu = self.menu()
        menu.presses("1")
        menu.clock_runs_out(menu.only(SetTimer).timer)
        assert menu.posted == {"speech": NOTHING_SAID, "dtmf": {"digits": "1", "timed_out": True}}

    def test_a_digit_counts_for_more_than_speech_that_has_begun(self) -> None:
        menu = self.menu()
        menu.begins()
        menu.presses("1")
        menu.ends(SALES)
        assert not menu.wants(Ask)
        menu.presses("2")
        assert menu.posted == {"speech": NOTHING_SAID, "dtmf": {"digits": "12", "timed_out": False}}

    def test_speech_is_posted_without_digits(self) -> None:
        menu = self.menu()
        menu.begins()
        menu.ends(SALES)
        assert menu.posted == {"speech": SALES, "dtmf": NO_DIGITS}

    def test_neither_comes(self) -> None:
        menu = self.menu()
        menu.clock_runs_out(menu.only(SetTimer).timer)
        told = {"timeout_reason": "start_timeout", "results": []}
        assert menu.posted == {"speech": told, "dtmf": NO_DIGITS}

    @pytest.mark.parametrize("prompted", [False, True])
    def test_where_nothing_can_be_heard_digits_are_left(self, prompted: bool) -> None:
        menu = self.menu(prompted=prompted)
        menu.ends(DEAF)
        if prompted:
            menu.prompt_ends()
        assert menu.only(SetTimer).seconds == 4
        menu.presses("1")
        menu.presses("2")
        assert menu.posted == {"speech": DEAF, "dtmf": {"digits": "12", "timed_out": False}}
