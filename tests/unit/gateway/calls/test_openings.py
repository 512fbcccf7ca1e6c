"""Where long texts are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.calls.openings import MIN_OPENING, MIN_TEXT, cut

pytestmark = pytest.mark.unit

FIRST = "Thank you for calling the harbour office of Little Hampton. "
REST = "We are open from nine to five, and on Saturdays until noon. " * 6


def test_the_first_sentence_is_the_opening() -> None:
    assert cut(FIRST + REST) == (FIRST.strip(), REST.strip())


def test_what_is_no_ssml_is_cut_whatever_it_begins_with() -> None:
    assert cut("<b> " + FIRST + REST) == ("<b> " + FIRST.strip(), REST.strip())


def test_an_opening_is_long_enough() -> None:
    opening, _ = cut("Hello there. Welcome. " + FIRST + REST)
    assert opening == "Hello there. Welcome. " + FIRST.strip()


@pytest.mark.parametrize(
    "text",
    [
        FIRST,
        "Short. " * 10,
        f"<speak>{FIRST + REST}</speak>",
        "no end at all " * 40,
        "您好。" * 200,
        "It was Dr. X and Prof. Y and Mr. Z " * 20,
    ],
)
def test_what_is_not_cut(text: str) -> None:
    assert cut(text) == (text.strip(), "")


@given(st.lists(st.sampled_from(["word", "sentence", ". ", "! ", " ", "\n", "3.5", "Dr. "])).map("".join))
def test_nothing_is_lost(text: str) -> None:
    opening, rest = cut(text)
    assert f"{opening} {rest}".split() == text.split()
    assert not rest or (len(opening) >= MIN_OPENING and len(text) >= MIN_TEXT)
