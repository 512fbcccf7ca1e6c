"""What becomes of options that were said, and of those that were not."""

import pytest

from gateway.cli.bodies import Verbatim, beside, given

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ({"a": None, "b": 0, "c": False, "d": ""}, {"b": 0, "c": False, "d": ""}),
        ({"a": {"b": None}, "c": {"d": {"e": None, "f": 1}}}, {"c": {"d": {"f": 1}}}),
        ({"a": Verbatim({}), "b": {"c": Verbatim({"d": None})}}, {"a": {}, "b": {"c": {"d": None}}}),
    ],
)
def test_only_what_was_said_is_sent(said: dict[str, object], sent: dict[str, object]) -> None:
    assert given(said) == sent


def test_a_part_keeps_what_is_not_named() -> None:
    before = {"name": "a", "properties": {"ttl": 1, "type": "x"}}
    assert beside(before, {"properties": {"ttl": 2}}, "properties") == {"properties": {"ttl": 2, "type": "x"}}
    assert beside(before, {"name": "b"}, "properties") == {"name": "b"}
    assert beside({}, {"properties": {"ttl": 2}}, "properties") == {"properties": {"ttl": 2}}
