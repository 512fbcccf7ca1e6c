"""What a keypad can tell about a card, and how one is keyed in."""

import pytest

from gateway.ncco.actions.pay_entry import TRANSITIONS, CardEntry
from gateway.ncco.cards import MAX_YEARS, card_type, check_expiry, check_number, full_length
from gateway.ncco.effects import Card

pytestmark = pytest.mark.unit

TODAY = "2026-11-22"
VISA, AMEX, MAESTRO = "4111111111111111", "378282246310005", "6759649826438453"
"""Numbers that processors publish for tests."""


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (VISA, "Visa"),
        (AMEX, "American Express"),
        (MAESTRO, "Maestro"),
        ("5555555555554444", "Mastercard"),
        ("2223003122003222", "Mastercard"),
        ("6011111111111117", "Discover"),
        ("3530111333300000", "JCB"),
        ("30569309025904", "Diners Club"),
        ("6240008631401148", "UnionPay"),
    ],
)
def test_published_numbers_are_of_their_brand_and_right(number: str, name: str) -> None:
    brand = card_type(number)
    assert brand is not None
    assert brand.name == name
    assert check_number(number) is None
    assert full_length(number) >= len(number)


@pytest.mark.parametrize(
    ("number", "mistake"),
    [
        ("4111111111111112", "InvalidCardNumber"),
        ("411111111111111", "InvalidCardNumber"),
        ("9111111111111111", "InvalidCardType"),
        ("3", "InvalidCardType"),
    ],
)
def test_what_is_wrong_with_a_number_is_named(number: str, mistake: str) -> None:
    assert check_number(number) == mistake


@pytest.mark.parametrize(
    ("expires", "good"), [("1126", True), ("1226", True), ("0127", True), ("1146", True)]
)
def test_a_card_is_good_to_the_end_of_its_month(expires: str, good: bool) -> None:
    assert (check_expiry(expires, TODAY) is None) is good


@pytest.mark.parametrize("expires", ["1026", "1125", "0027", "1327", "127", "1246"])
def test_dates_that_no_card_has(expires: str) -> None:
    assert MAX_YEARS == 20
    assert check_expiry(expires, TODAY) == "InvalidExpirationDate"


def keyed(*presses: str) -> CardEntry:
    entry = CardEntry(TODAY)
    for presses_of_one in presses:
        for digit in presses_of_one:
            entry.press(digit)
    return entry


@pytest.mark.parametrize(
    "presses", [(VISA, "1227", "123"), (f"{VISA}#", "1227#", "123#"), ("*", VISA, "#12A27", "12#3"[:2], "3")]
)
def test_a_card_is_complete_with_or_without_hashes(presses: tuple[str, ...]) -> None:
    entry = keyed(*presses)
    assert entry.state == "complete"
    assert entry.card == Card(number=VISA, expires="1227", code="123")


def test_a_code_is_as_long_as_the_brand_has_it() -> None:
    entry = keyed(AMEX, "1227", "123")
    assert entry.state == "SecurityCode"
    assert entry.press("#") == "InvalidSecurityCode"
    assert [entry.press(digit) for digit in "1234"] == ["more", "more", "more", "accepted"]


def test_a_short_number_of_a_brand_with_long_ones_ends_with_a_silence() -> None:
    entry = keyed(MAESTRO)
    assert entry.state == "CardNumber"
    assert entry.time_out() == "accepted"


def test_each_entry_has_a_second_try_and_no_third() -> None:
    entry = keyed("4#", VISA, "1320#", "1227", "1#")
    assert (entry.state, entry.time_out(), entry.state) == ("SecurityCode", "Timeout", "failed")


def test_silences_count_as_tries() -> None:
    entry = CardEntry(TODAY)
    assert [entry.time_out(), entry.time_out(), entry.state] == ["Timeout", "Timeout", "failed"]


def test_every_field_can_be_accepted_mistaken_and_exhausted() -> None:
    fields = {"CardNumber", "ExpirationDate", "SecurityCode"}
    assert set(TRANSITIONS) == {
        (field, turn) for field in fields for turn in ("accepted", "mistaken", "exhausted")
    }
    assert set(TRANSITIONS.values()) == {*fields, "complete", "failed"}


def test_nothing_of_a_card_is_in_its_text() -> None:
    card = Card(number=VISA, expires="1227", code="123")
    assert str(card) == repr(card) == f"{card}" == "Card(…)"
