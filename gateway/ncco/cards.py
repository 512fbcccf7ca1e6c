"""Payment cards, as far as a telephone keypad can tell about them (ISO/IEC 7812, numbers of cards). Pure."""

from typing import Literal

import msgspec

Mistake = Literal[
    "InvalidCardType", "InvalidCardNumber", "InvalidExpirationDate", "InvalidSecurityCode", "Timeout"
]
"""What can be wrong with an entry, in the words of the NCCO reference."""

MAX_NUMBER = 19
"""Digits of the longest card number (ISO/IEC 7812-1)."""
EXPIRY = 4
"""Digits of MMYY."""
MAX_CODE = 4
"""Digits of the longest security code."""
MAX_YEARS = 20
"""No issuer makes a card that lasts longer: a date beyond is a slip of the finger."""


class CardType(msgspec.Struct, frozen=True, kw_only=True):
    """A brand of cards: how its numbers begin, and how long they and its security codes are."""

    name: str
    prefixes: tuple[tuple[str, str], ...]
    """Ranges, both ends included, each of texts that are equally long."""
    lengths: tuple[int, ...]
    code: int = 3


TYPES = (
    CardType(name="American Express", prefixes=(("34", "34"), ("37", "37")), lengths=(15,), code=4),
    CardType(name="Diners Club", prefixes=(("300", "305"), ("36", "36"), ("38", "39")), lengths=(14,)),
    CardType(name="JCB", prefixes=(("3528", "3589"),), lengths=(16,)),
    CardType(name="Visa", prefixes=(("4", "4"),), lengths=(16,)),
    CardType(name="Mastercard", prefixes=(("51", "55"), ("2221", "2720")), lengths=(16,)),
    CardType(name="Discover", prefixes=(("6011", "6011"), ("644", "649"), ("65", "65")), lengths=(16,)),
    CardType(name="UnionPay", prefixes=(("62", "62"),), lengths=(16, 17, 18, 19)),
    CardType(
        name="Maestro",
        prefixes=(("50", "50"), ("56", "58"), ("6304", "6304"), ("67", "67")),
        lengths=tuple(range(12, 20)),
    ),
)


def card_type(number: str) -> CardType | None:
    """The brand of a number, or of its beginning; None where no brand begins so, or too little is known."""
    for brand in TYPES:
        if any(low <= number[: len(low)] <= high for low, high in brand.prefixes if len(number) >= len(low)):
            return brand
    return None


def full_length(number: str) -> int:
    """How many digits a number that begins so has at most."""
    brand = card_type(number)
    return MAX_NUMBER if brand is None else max(brand.lengths)


def check_number(number: str) -> Mistake | None:
    """What is wrong with a card's number."""
    brand = card_type(number)
    if brand is None:
        return "InvalidCardType"
    return None if len(number) in brand.lengths and passes_luhn(number) else "InvalidCardNumber"


def passes_luhn(number: str) -> bool:
    """Whether the check digit is right (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def check_expiry(expires: str, today: str) -> Mistake | None:
    """What is wrong with MMYY on the day `today` (ISO 8601): a card is good to the end of its month."""
    if len(expires) != EXPIRY or not 1 <= int(expires[:2]) <= 12:
        return "InvalidExpirationDate"
    this_month = int(today[:4]) * 12 + int(today[5:7])
    month = (2000 + int(expires[2:])) * 12 + int(expires[:2])
    return None if this_month <= month <= this_month + MAX_YEARS * 12 else "InvalidExpirationDate"


def code_length(number: str) -> int:
    """How many digits the security code of the card has."""
    brand = card_type(number)
    return MAX_CODE if brand is None else brand.code
