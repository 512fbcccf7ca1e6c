"""Keys that come by two ways count once."""

import pytest

from gateway.calls.keys import MAX_SIGNALLED, SAME_PRESS_S, Keys, KeyWay

pytestmark = pytest.mark.unit

A: KeyWay = "audio"
S: KeyWay = "signalling"
LATER = SAME_PRESS_S


@pytest.mark.parametrize(
    ("presses", "counted"),
    [
        ([("1", A, 0.0), ("1", A, 0.2), ("2", A, 0.4)], "112"),
        ([("1", S, 0.0), ("1", S, 0.2), ("2", S, 0.4)], "112"),
        ([("1", A, 0.0), ("1", S, 0.1)], "1"),
        ([("1", S, 0.0), ("1", A, 0.1)], "1"),
        ([("1", S, 0.0), ("1", S, 0.1), ("1", A, 0.2), ("1", A, 0.3)], "11"),
        ([("1", S, 0.0), ("2", S, 0.1), ("1", A, 0.2), ("2", A, 0.3)], "12"),
        ([("1", S, 0.0), ("1", A, LATER)], "11"),
        ([("1", S, 0.0), ("2", A, 0.1)], "12"),
        ([("1", A, 0.0), ("2", S, 60.0)], "1"),
    ],
)
def test_each_press_counts_once(presses: list[tuple[str, KeyWay, float]], counted: str) -> None:
    keys = Keys()
    assert "".join(digit for digit, way, now in presses if keys.is_new(digit, way, now)) == counted


def test_no_more_is_remembered_than_anybody_presses() -> None:
    keys = Keys()
    assert all(keys.is_new("1", S, 0.0) for _ in range(MAX_SIGNALLED + 1))
    assert [keys.is_new("1", A, 0.0) for _ in range(MAX_SIGNALLED + 1)] == [*[False] * MAX_SIGNALLED, True]
