"""A dictionary in few octets says what the dictionary said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.speech.packed import Packed

pytestmark = pytest.mark.unit

values = (
    st.none() | st.text() | st.floats(allow_nan=False) | st.dictionaries(st.text(), st.none() | st.text())
)


@given(st.dictionaries(st.text(), values), st.text())
def test_it_says_what_the_dictionary_says(table: dict[str, object], other: str) -> None:
    packed = Packed(table)
    assert len(packed) == len(table)
    for key in (*table, other):
        assert packed.get(key, "nothing") == table.get(key, "nothing")
        assert (key in packed) == (key in table)


def test_a_key_is_not_found_by_its_beginning_or_its_neighbours() -> None:
    packed = Packed({"read": 1, "reader": 2, "ready": 3})
    assert [packed.get(key) for key in ("", "rea", "read", "reade", "reader", "ready", "z")] == (
        [None, None, 1, None, 2, 3, None]
    )


def test_what_no_text_could_be_is_not_found() -> None:
    assert "\ud800" not in Packed({"a": 1})
