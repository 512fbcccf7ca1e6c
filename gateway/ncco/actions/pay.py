"""pay: take a card payment from the caller (NCCO reference, pay; Voice API, pay over the phone).

From its first to its last moment the leg is concealed: what is keyed in is heard, kept, recorded and posted
nowhere. The card goes to the payment processor and is forgotten. The webhook of the action says how that
went; its reply is not read, and the script goes on whichever way it was.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from gateway.forms import CURRENCY
from gateway.ncco.actions.base import Action, OneUrl, Options, Run, webhook
from gateway.ncco.actions.pay_entry import Answer, CardEntry, Field
from gateway.ncco.actions.pay_prompts import Prompt, complaint, question
from gateway.ncco.effects import Card, Charge, ClearTimer, Conceal, OpenPayment, Say, SetTimer, Tell
from gateway.ncco.happenings import (
    Charged,
    DigitPressed,
    Happening,
    PaymentOpened,
    PaymentRefused,
    PlayEnded,
    TimerFired,
)
from gateway.ncco.stage import Stage

INPUT_TIMEOUT_S = 10.0
"""Silence that ends an entry (NCCO reference, pay)."""
MAX_AMOUNT = 1_000_000_000
"""Of any currency: what is above is a mistake, and still fits into whatever a processor counts with."""
MAX_PLACES = 3
"""Decimal places of the currency that has most (ISO 4217)."""


class Voice(Options, frozen=True, kw_only=True):
    """Who speaks the prompts."""

    language: Annotated[str, Meta(max_length=35)] = "en-US"
    style: Annotated[int, Meta(ge=0, le=1000)] = 0


class Pay(Action, frozen=True, kw_only=True, tag="pay"):
    """Charge `amount` to the card that the caller keys in."""

    amount: Decimal
    currency: Annotated[str, Meta(pattern=CURRENCY)] = "usd"
    """ISO 4217, in small letters; whether the processor takes it, the processor says."""
    voice: Voice = Voice()
    prompts: Annotated[tuple[Prompt, ...], Meta(max_length=3)] = ()
    event_url: OneUrl | None = None
    event_method: Literal["GET", "POST"] = "POST"

    def __post_init__(self) -> None:
        """Raises ValueError (an error of `amount` to the reader) for an amount that nobody can pay."""
        places = self.amount.as_tuple().exponent
        if not self.amount.is_finite() or not 0 < self.amount < MAX_AMOUNT:
            raise ValueError(f"amount must be above 0 and below {MAX_AMOUNT}")
        if isinstance(places, int) and places < -MAX_PLACES:
            raise ValueError(f"amount must have at most {MAX_PLACES} decimal places")

    def begin(self, stage: Stage) -> Run:
        """Conceal the leg before anything else, and ask whether it may pay."""
        return PayRun(self, stage)


class PayRun:
    """Asks for one entry after the other, has the card charged, and tells how it went."""

    def __init__(self, action: Pay, stage: Stage) -> None:
        self.done = False
        self._action = action
        self._webhook = webhook(action.event_url, action.event_method)
        self._charge = stage.new_id()
        self._timer = stage.new_id()
        self._entry: CardEntry | None = None
        """The card, while it is being keyed in."""
        self._asked: Field = "CardNumber"
        self._plays: set[str] = set()
        self._charging = False
        """Whoever charges tells how the payment went, from then on."""
        stage.emit(Conceal(concealed=True))
        stage.emit(OpenPayment(charge=self._charge))

    def take(self, happening: Happening, stage: Stage) -> None:
        """A key, a silence, the end of a prompt, or what became of the payment."""
        match happening:
            case PaymentOpened(charge=charge, today=today) if charge == self._charge:
                self._entry = CardEntry(today)
                self._ask(self._asked, stage)
            case PaymentRefused(charge=charge) if charge == self._charge:
                self._fail(stage)
            case Charged(charge=charge) if charge == self._charge:
                self._end(stage)
            case _ if self._entry is not None:
                self._key_in(self._entry, happening, stage)

    def leave(self, stage: Stage) -> None:
        """Cut the payment short; one that is being charged goes on, and is told of when that is over."""
        stage.silence()
        stage.emit(ClearTimer(timer=self._timer))
        if self._charging:
            self._end(stage)
        else:
            self._fail(stage)

    def _key_in(self, entry: CardEntry, happening: Happening, stage: Stage) -> None:
        match happening:
            case DigitPressed(digit=digit):
                stage.silence()
                self._restart_timer(stage)
                self._go_on(entry, entry.press(digit), stage)
            case TimerFired(timer=timer) if timer == self._timer:
                self._go_on(entry, entry.time_out(), stage)
            case PlayEnded(play=play, failed=True) if play in self._plays:
                # Nobody can answer what they have not heard.
                self.leave(stage)
            case PlayEnded() if not stage.prompts:
                self._restart_timer(stage)

    def _go_on(self, entry: CardEntry, answer: Answer, stage: Stage) -> None:
        if answer == "more":
            return
        stage.emit(ClearTimer(timer=self._timer))
        if answer != "accepted":
            self._say(complaint(self._action.prompts, self._asked, answer), stage)
        match entry.state:
            case "complete":
                self._pay(entry.card, stage)
            case "failed":
                self._fail(stage)
            case field:
                self._ask(field, stage)

    def _ask(self, field: Field, stage: Stage) -> None:
        self._asked = field
        self._say(question(self._action.prompts, field), stage)

    def _say(self, text: str, stage: Stage) -> None:
        voice = self._action.voice
        play = stage.new_id()
        self._plays.add(play)
        stage.prompt(Say(play=play, text=text, language=voice.language, style=voice.style, level=0.0, loop=1))

    def _pay(self, card: Card, stage: Stage) -> None:
        self._entry = None
        self._charging = True
        stage.emit(
            Charge(
                charge=self._charge,
                card=card,
                amount=format(self._action.amount, "f"),
                currency=self._action.currency,
                webhook=self._webhook,
            )
        )

    def _fail(self, stage: Stage) -> None:
        stage.emit(Tell(webhook=self._webhook, payload={"type": "payment", "status": "failure"}))
        self._end(stage)

    def _end(self, stage: Stage) -> None:
        self._entry = None
        self.done = True
        stage.emit(Conceal(concealed=False))

    def _restart_timer(self, stage: Stage) -> None:
        stage.emit(SetTimer(timer=self._timer, seconds=INPUT_TIMEOUT_S))
