"""A dictionary in few octets says what the dictionary said."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.speech.packed import packed

pytestmark = pytest.mark.unit

values = (
    st.none() | st.text() | st.floats(allow_nan=False) | st.dictionaries(st.text(), st.none() | st.text())
)


@given(st.dictionaries(st.text(), values), st.text())
def test_it_says_what_the_dictionary_says(table: dict[str, object], other: str) -> None:
    entries = packed(table)
    assert len(entries) == len(table)
    for key in (*table, other):
        assert entries.get(key, "nothing") == table.get(key, "nothing")
        assert (key in entries) == (key in table)


def test_a_key_is_not_found_by_its_beginning_or_its_neighbours() -> None:
    entries = packed({"read": 1, "reader": 2, "ready": 3})
    assert [entries.get(key) for key in ("", "rea", "read", "reade", "reader", "ready", "z")] == (
        [None, None, 1, None, 2, 3, None]
    )


def test_what_no_text_could_be_is_not_found() -> None:
    assert "\ud800" not in packed({"a": 1})


@given(st.dictionaries(st.text(), values))
def test_its_octets_can_be_elsewhere(table: dict[str, object]) -> None:
    apart: list[pickle.PickleBuffer] = []
    rest = pickle.dumps(packed(table), protocol=5, buffer_callback=apart.append)
    elsewhere = [bytes(each.raw()) for each in apart]
    entries = pickle.loads(rest, buffers=[memoryview(b"..." + each)[3:] for each in elsewhere])
    assert {key: entries.get(key) for key in table} == table
    assert len(rest) < 200
