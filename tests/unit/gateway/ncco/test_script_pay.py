"""pay in a script: what it asks, how long it waits, whom it tells."""

import itertools

import pytest

from gateway.errors import Invalid
from gateway.ncco.effects import (
    Card,
    Charge,
    ClearTimer,
    Conceal,
    Effect,
    HangUp,
    OpenPayment,
    Say,
    SetTimer,
    StopPlay,
    Tell,
)
from gateway.ncco.happenings import (
    Charged,
    DigitPressed,
    PaymentOpened,
    PaymentRefused,
    PlayEnded,
    TimerFired,
)
from gateway.ncco.schema import read_ncco
from gateway.ncco.script import Script

pytestmark = pytest.mark.unit

VISA = "4111111111111111"
PAY = {"action": "pay", "amount": 9.99}
FAILED = Tell(webhook=None, payload={"type": "payment", "status": "failure"})
CHARGE, TIMER = "1", "2"


class Caller:
    """A script that pays, and a caller who does as they are told."""

    def __init__(self, **options: object) -> None:
        numbers = itertools.count(1)
        self.script = Script(lambda: str(next(numbers)), answered=True)
        self.first = self.script.run(read_ncco([{**PAY, **options}]))
        self.effects: list[Effect] = []

    def opened(self) -> "Caller":
        """The payment may begin."""
        self.effects = self.script.feed(PaymentOpened(charge=CHARGE, today="2026-11-22"))
        return self

    def keys(self, digits: str) -> "Caller":
        """Press them, all prompts before and after being played to their end."""
        for digit in digits:
            self.effects = self.script.feed(DigitPressed(digit=digit))
        return self

    def silent(self) -> "Caller":
        """Hear the prompts to their end and press nothing."""
        while plays := [each.play for each in self.effects if isinstance(each, Say)]:
            self.effects = self.script.feed(PlayEnded(play=plays[0]))
        assert SetTimer(timer=TIMER, seconds=10) in self.effects, "the silence is counted from here"
        self.effects = self.script.feed(TimerFired(timer=TIMER))
        return self

    @property
    def said(self) -> list[str]:
        return [each.text for each in self.effects if isinstance(each, Say)]


def test_the_leg_is_concealed_before_anything_is_asked() -> None:
    assert Caller().first == [Conceal(concealed=True), OpenPayment(charge=CHARGE)]


def test_a_leg_that_may_not_pay_goes_on() -> None:
    caller = Caller()
    effects = caller.script.feed(PaymentRefused(charge=CHARGE))
    assert effects == [FAILED, Conceal(concealed=False), HangUp()]


@pytest.mark.row("pay.voice", "pay.voice.language", "pay.voice.style")
def test_a_card_is_charged_once_it_is_complete() -> None:
    url = "http://shop.example/paid"
    voice = {"language": "en-GB", "style": 3}
    caller = Caller(currency="gbp", eventUrl=[url], eventMethod="GET", voice=voice).opened()
    (ask,) = caller.effects
    assert isinstance(ask, Say)
    assert (ask.language, ask.style) == ("en-GB", 3)
    caller.keys(f"{VISA}#1227#123")
    charge = caller.effects[-1]
    assert isinstance(charge, Charge)
    assert charge.webhook is not None
    assert (charge.charge, charge.amount, charge.currency) == (CHARGE, "9.99", "gbp")
    assert (charge.webhook.address, charge.webhook.http_method) == (url, "GET")
    assert charge.card == Card(number=VISA, expires="1227", code="123")
    caller.keys("5#")
    assert caller.effects == [], "still concealed, and nothing comes of more keys"
    assert caller.script.feed(Charged(charge="another")) == []
    assert caller.script.feed(Charged(charge=CHARGE)) == [Conceal(concealed=False), HangUp()]


def test_a_key_silences_the_question() -> None:
    caller = Caller().opened().keys("4")
    assert caller.effects == [StopPlay(play="3"), SetTimer(timer=TIMER, seconds=10)]


def test_a_mistake_is_named_and_the_question_asked_again() -> None:
    caller = Caller().opened().keys("9#")
    assert caller.said == ["Cards of this type are not accepted."]
    caller.effects = caller.script.feed(PlayEnded(play="4"))
    assert caller.said == ["Please enter your card number, followed by the hash key."]


def test_two_silences_end_it() -> None:
    caller = Caller().opened().silent()
    assert caller.said == ["You have not entered anything."]
    caller.silent()
    assert caller.effects[-2:] == [FAILED, Conceal(concealed=False)]
    assert caller.said == ["You have not entered anything."], "and what comes next waits for its end"


@pytest.mark.row(
    "pay.prompts",
    "pay.prompts.type",
    "pay.prompts.text",
    "pay.prompts.errors",
    "pay.prompts.errors.text",
)
def test_the_application_has_its_own_words() -> None:
    own = {
        "type": "CardNumber",
        "text": "Number, please.",
        "errors": {"InvalidCardNumber": {"text": "No such card."}},
    }
    caller = Caller(prompts=[own]).opened()
    assert caller.said == ["Number, please."]
    assert caller.keys("41#").said == ["No such card."]
    caller.keys(VISA)
    assert caller.said[0].startswith("Please enter the date"), "the others have the built-in ones"


def test_a_script_that_is_recalled_forgets_the_card_and_is_heard_again() -> None:
    caller = Caller().opened().keys(VISA)
    effects = caller.script.recall()
    assert ClearTimer(timer=TIMER) in effects
    assert effects[-1] == Conceal(concealed=False)
    assert caller.script.feed(DigitPressed(digit="1")) == []


@pytest.mark.parametrize("keys", [None, "", VISA])
def test_a_payment_that_is_cut_short_has_failed(keys: str | None) -> None:
    caller = Caller()
    if keys is not None:
        caller.opened().keys(keys)
    effects = caller.script.stop()
    assert effects.count(FAILED) == 1
    assert effects[-1] == Conceal(concealed=False)


def test_a_payment_that_is_being_charged_is_told_of_by_who_charges() -> None:
    caller = Caller().opened().keys(f"{VISA}1227123")
    effects = caller.script.stop()
    assert FAILED not in effects
    assert effects[-1] == Conceal(concealed=False)


def test_a_question_that_cannot_be_played_ends_it() -> None:
    caller = Caller().opened()
    effects = caller.script.feed(PlayEnded(play="3", failed=True))
    assert effects == [ClearTimer(timer=TIMER), FAILED, Conceal(concealed=False), HangUp()]


def test_after_a_complaint_that_cannot_be_played_nothing_is_asked() -> None:
    caller = Caller().opened().keys("9#")
    effects = caller.script.feed(PlayEnded(play="4", failed=True))
    assert effects[-3:] == [FAILED, Conceal(concealed=False), HangUp()]
    (question,) = [each.play for each in effects if isinstance(each, Say)]
    assert StopPlay(play=question) in effects


def test_what_was_to_be_heard_before_it_may_fail() -> None:
    talk = {"action": "talk", "text": "welcome", "bargeIn": True}
    numbers = itertools.count(1)
    script = Script(lambda: str(next(numbers)), answered=True)
    script.run(read_ncco([talk, PAY]))
    script.feed(PaymentOpened(charge="2", today="2026-11-22"))
    (question,) = script.feed(PlayEnded(play="1", failed=True))
    assert isinstance(question, Say)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0},
        {"amount": -1},
        {"amount": "NaN"},
        {"amount": "much"},
        {"amount": "0.0001"},
        {"amount": 1_000_000_000},
        {"currency": "USD"},
        {"currency": "euro"},
        {"voice": {"style": -3}},
        {"voice": {"style": 1001}},
        {"voice": {"language": "x" * 36}},
        {"prompts": [{"type": "PostCode", "text": "?"}]},
        {"prompts": [{"type": "CardNumber", "text": "?", "errors": {"TooLate": {"text": "!"}}}]},
        {"prompts": [{"type": "CardNumber"}]},
        {"prompts": [{"type": "CardNumber", "text": "?"}] * 4},
        {"eventUrl": "http://shop.example"},
    ],
)
def test_what_nobody_can_pay_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid, match=r"ncco\[0\]\.pay"):
        read_ncco([{**PAY, **wrong}])


@pytest.mark.parametrize(("given", "charged"), [("12.50", "12.50"), (3, "3"), ("1E+3", "1000"), (0.1, "0.1")])
def test_an_amount_is_charged_as_plain_digits(given: object, charged: str) -> None:
    caller = Caller(amount=given).opened().keys(f"{VISA}1227123")
    assert isinstance(caller.effects[-1], Charge)
    assert caller.effects[-1].amount == charged
