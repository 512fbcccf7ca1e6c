"""The toll policy: closed by default, and open to nothing but plain numbers of allowed prefixes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import TrunkSettings
from gateway.routing.toll import is_allowed
from gateway.routing.trunks import NoTrunk, Trunks

pytestmark = pytest.mark.unit


def trunk(*prefixes: str, denied: tuple[str, ...] = ()) -> TrunkSettings:
    return TrunkSettings(name="carrier", host="192.0.2.1", prefixes=prefixes, denied=denied)


@pytest.mark.parametrize(
    "number",
    [
        "44770090000&447700900001",
        "447700900001;phone-context=+1900",
        "447700900001%00",
        "447700900001\x00",
        "447700900001\n",
        " 447700900001",
        "447700900001 ",
        "+447700900001",
        "00447700900001",
        "0447700900001",
        "44770090000１",
        "٤٤٧٧٠٠٩٠٠٠٠١",
        "44770090²000",
        "4477009",
        "4477009000010000",
        "44-7700-900001",
        "44*7700900001",
        "447700900001@198.51.100.9",
        "sip:447700900001",
        "",
    ],
)  # fmt: skip
def test_what_is_no_plain_number_is_never_called(number: str) -> None:
    """Injections, forms of other countries, digits of other scripts, too short, too long."""
    allowed = number == "4477009"  # seven digits are a number, if a short one
    assert is_allowed(number, trunk("44", "4", "0", "+", "٤")) is allowed


def test_nothing_is_allowed_by_default() -> None:
    assert not is_allowed("447700900001", trunk())


@pytest.mark.parametrize(
    ("number", "allowed"),
    [
        ("447700900001", True),
        ("449098790001", False),
        ("448712345678", False),
        ("448712000678", True),
        ("12025550100", True),
        ("19005550100", False),
        ("33123456789", False),
    ],
)
def test_the_longest_prefix_counts(number: str, allowed: bool) -> None:
    """Premium ranges inside of allowed countries, and an exception inside of one of them."""
    carrier = trunk("44", "44871200", "1", denied=("449", "44871", "1900"))
    assert is_allowed(number, carrier) is allowed


def test_denying_wins_a_tie() -> None:
    assert not is_allowed("447700900001", trunk("447", denied=("447",)))


PREFIXES = st.lists(st.text("0123456789", min_size=1, max_size=4), max_size=4).map(tuple)


@given(st.text(max_size=18) | st.text("0123456789", max_size=18), PREFIXES, PREFIXES)
def test_whatever_is_called_is_in_the_list(
    number: str, prefixes: tuple[str, ...], denied: tuple[str, ...]
) -> None:
    try:
        (found,) = Trunks([trunk(*prefixes, denied=denied)]).for_number(number)
    except NoTrunk:
        return
    assert re.fullmatch("[1-9][0-9]{6,14}", number)
    assert number.startswith(found.prefixes)
    longest = max(len(prefix) for prefix in prefixes if number.startswith(prefix))
    assert all(len(prefix) < longest for prefix in denied if number.startswith(prefix))
