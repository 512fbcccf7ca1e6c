"""How a card is keyed in: number, date of expiry, security code, each with a second try. Pure.

    CardNumber      the number is being keyed in
    ExpirationDate  month and year are
    SecurityCode    the code on the card is
    complete        all three are there
    failed          one of them was wrong too often

A hash ends what is being keyed in, and so does its last digit. A hash too many, as many press after the last
digit, is no entry; neither are a star and A to D.
"""

from typing import Literal

from gateway.ncco.cards import (
    EXPIRY,
    Mistake,
    check_expiry,
    check_number,
    code_length,
    full_length,
)
from gateway.ncco.effects import Card
from gateway.states import step

Field = Literal["CardNumber", "ExpirationDate", "SecurityCode"]
"""What is asked for, in the words of the NCCO reference."""
State = Field | Literal["complete", "failed"]
Turn = Literal["accepted", "mistaken", "exhausted"]

TRANSITIONS: dict[tuple[State, Turn], State] = {
    ("CardNumber", "accepted"): "ExpirationDate",
    ("CardNumber", "mistaken"): "CardNumber",
    ("CardNumber", "exhausted"): "failed",
    ("ExpirationDate", "accepted"): "SecurityCode",
    ("ExpirationDate", "mistaken"): "ExpirationDate",
    ("ExpirationDate", "exhausted"): "failed",
    ("SecurityCode", "accepted"): "complete",
    ("SecurityCode", "mistaken"): "SecurityCode",
    ("SecurityCode", "exhausted"): "failed",
}

TRIES = 2
"""Of each entry; silence counts as one (NCCO reference, pay)."""

Answer = Literal["more", "accepted"] | Mistake
"""What came of a key: more of them are needed, or the entry is right, or what is wrong with it."""


class CardEntry:
    """A card that is being keyed in."""

    def __init__(self, today: str) -> None:
        """`today` is a date as ISO 8601 has it."""
        self.state: State = "CardNumber"
        self._today = today
        self._digits = ""
        self._tries = 0
        self._kept: dict[State, str] = {}

    @property
    def card(self) -> Card:
        """The card, once it is complete."""
        return Card(
            number=self._kept["CardNumber"],
            expires=self._kept["ExpirationDate"],
            code=self._kept["SecurityCode"],
        )

    def press(self, digit: str) -> Answer:
        """A key was pressed."""
        if digit == "#":
            return self._judge() if self._digits else "more"
        if not digit.isdecimal():
            return "more"
        self._digits += digit
        return self._judge() if len(self._digits) >= self._full() else "more"

    def time_out(self) -> Answer:
        """Nothing was pressed for too long: what is there is the entry, as not all cards are equally long."""
        return self._judge() if self._digits else self._settle("Timeout")

    def _full(self) -> int:
        match self.state:
            case "CardNumber":
                return full_length(self._digits)
            case "ExpirationDate":
                return EXPIRY
            case _:
                return code_length(self._kept["CardNumber"])

    def _judge(self) -> Answer:
        match self.state:
            case "CardNumber":
                return self._settle(check_number(self._digits))
            case "ExpirationDate":
                return self._settle(check_expiry(self._digits, self._today))
            case _:
                return self._settle(None if len(self._digits) == self._full() else "InvalidSecurityCode")

    def _settle(self, mistake: Mistake | None) -> Answer:
        digits, self._digits = self._digits, ""
        if mistake is None:
            self._kept[self.state] = digits
            self._tries = 0
            self._turn("accepted")
            return "accepted"
        self._tries += 1
        self._turn("mistaken" if self._tries < TRIES else "exhausted")
        return mistake

    def _turn(self, turn: Turn) -> None:
        self.state = step(TRANSITIONS, self.state, turn)
