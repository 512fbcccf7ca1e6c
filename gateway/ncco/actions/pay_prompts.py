"""What a caller who pays is told, where the action has no text of its own (NCCO reference, pay)."""

from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.ncco.actions.base import Options
from gateway.ncco.actions.pay_entry import Field
from gateway.ncco.cards import Mistake
from gateway.ncco.texts import MAX_TEXT

Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]


class ErrorPrompt(Options, frozen=True, kw_only=True):
    """What is said of a mistake."""

    text: Text


class Prompt(Options, frozen=True, kw_only=True):
    """What is said to ask for an entry, and of each mistake in it."""

    type: Field
    text: Text
    errors: dict[Mistake, ErrorPrompt] = msgspec.field(default_factory=dict)


QUESTIONS: dict[Field, str] = {
    "CardNumber": "Please enter your card number, followed by the hash key.",
    "ExpirationDate": "Please enter the date when your card expires, two digits for the month and two for "
    "the year.",
    "SecurityCode": "Please enter the security code of your card, followed by the hash key.",
}

MISTAKES: dict[Mistake, str] = {
    "InvalidCardType": "Cards of this type are not accepted.",
    "InvalidCardNumber": "This is not a valid card number.",
    "InvalidExpirationDate": "This is not a valid date, or your card has expired.",
    "InvalidSecurityCode": "This is not a valid security code.",
    "Timeout": "You have not entered anything.",
}


def question(prompts: tuple[Prompt, ...], field: Field) -> str:
    """What asks for the entry."""
    return next((prompt.text for prompt in prompts if prompt.type == field), QUESTIONS[field])


def complaint(prompts: tuple[Prompt, ...], field: Field, mistake: Mistake) -> str:
    """What is said of a mistake in the entry."""
    own = (prompt.errors.get(mistake) for prompt in prompts if prompt.type == field)
    return next((error.text for error in own if error is not None), MISTAKES[mistake])
