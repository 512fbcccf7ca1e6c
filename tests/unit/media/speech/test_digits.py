"""Which digits are a name, and which an amount."""

import pytest

from media.speech.digits import spell_digits

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1-800-555-0199", "one, eight zero zero, five five five, zero one nine nine"),
        ("+1 415 555 0100", "plus one, four one five, five five five, zero one zero zero"),
        ("(212) 555-0134", "two one two, five five five, zero one three four"),
        ("555-0134", "five five five, zero one three four"),
        ("020 7946 0958", "zero two zero, seven nine four six, zero nine five eight"),
        ("447700900000", "four four seven, seven zero zero, nine zero zero, zero zero zero"),
        ("+4477009", "plus four four seven, seven zero zero nine"),
        ("Code 0199.", "Code zero one nine nine."),
        ("Call 555-0134, please.", "Call five five five, zero one three four, please."),
    ],
)
def test_names_are_spelled(text: str, said: str) -> None:
    assert spell_digits(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "42",
        "12345",
        "room 101",
        "2024-03-01",
        "at 07:30",
        "01/02/2024",
        "1939-1945",
        "10 20 30",
        "3.14159265",
        "0.5",
        "0,75",
        "$1,250.50",
        "1,000,000",
        "A0000001",
        "192.168.0.1",
        "a score of 7-0",
    ],
)
def test_amounts_dates_and_times_stay(text: str) -> None:
    assert spell_digits(text) == text
