"""How trunks write numbers: out as they want them, in as we know them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.trunks import NumberFormat
from gateway.routing.number_format import read, written

pytestmark = pytest.mark.unit

PLAIN = NumberFormat()
PLUS = NumberFormat(style="plus")
BRITISH = NumberFormat(style="national", country="44")
ITALIAN = NumberFormat(style="national", country="39", national_prefix="")
PREFIXED = NumberFormat(style="plus", strip=1, prepend="9#")
"""The plus is stripped, and a technical prefix put in its place."""


@pytest.mark.parametrize(
    ("form", "number", "sent"),
    [
        (PLAIN, "447700900001", "447700900001"),
        (PLUS, "447700900001", "+447700900001"),
        (BRITISH, "447700900001", "07700900001"),
        (BRITISH, "12025550100", "0012025550100"),
        (ITALIAN, "390612345678", "0612345678"),
        (PREFIXED, "447700900001", "9#447700900001"),
        (PLUS, "4021", "4021"),
        (PLUS, "anonymous", "anonymous"),
    ],
)
def test_out(form: NumberFormat, number: str, sent: str) -> None:
    assert written(number, form) == sent


@pytest.mark.parametrize(
    ("form", "user", "number"),
    [
        (PLAIN, "447700900001", "447700900001"),
        (PLAIN, "+447700900001", "447700900001"),
        (PLAIN, "07700900001", "07700900001"),
        (PLAIN, "447700900001;npdi;rn=1", "447700900001"),
        (BRITISH, "07700900001", "447700900001"),
        (BRITISH, "0012025550100", "12025550100"),
        (BRITISH, "+12025550100", "12025550100"),
        (BRITISH, "447700900001", "447700900001"),
        (BRITISH, "reception", "reception"),
        (PREFIXED, "9#447700900001", "447700900001"),
        (BRITISH, "", ""),
    ],
)
def test_in(form: NumberFormat, user: str, number: str) -> None:
    assert read(user, form) == number


@given(
    # No country code is followed by its national prefix, which would read as the international one.
    st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True).filter(lambda number: not number.startswith("440")),
    st.sampled_from([PLAIN, PLUS, BRITISH, PREFIXED]),
)
def test_what_goes_out_comes_back(number: str, form: NumberFormat) -> None:
    assert read(written(number, form), form) == number
