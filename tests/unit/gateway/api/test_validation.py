"""Reasons in the words of the published API."""

from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from gateway.api.validation import convert
from gateway.errors import Invalid
from gateway.forms import HTTP_URL

pytestmark = pytest.mark.unit


class Inner(msgspec.Struct):
    id: str
    state: Literal["invited", "joined"] | None = None


class Closed(msgspec.Struct, forbid_unknown_fields=True):
    id: str = ""
    name: str = ""


class Model(msgspec.Struct, kw_only=True):
    closed: Closed | None = None
    name: Annotated[str, Meta(min_length=2, max_length=3)] | None = None
    size: Annotated[int, Meta(ge=1, lt=10)] = 1
    ratio: float = 1
    flag: bool = False
    one: Annotated[list[Inner], Meta(min_length=1, max_length=1)] | None = None
    map: dict[str, str] = {}
    url: Annotated[str, Meta(pattern=HTTP_URL)] | None = None


class Stop(msgspec.Struct, tag_field="action", tag="stop"):
    pass


class Go(msgspec.Struct, tag_field="action", tag="go"):
    pass


@pytest.mark.parametrize(
    ("value", "name", "reason"),
    [
        ({"name": 1}, "name", "must be a string"),
        ({"name": "a"}, "name", "length must be greater than or equal to 2 characters long"),
        ({"name": "abcd"}, "name", "length must be less than or equal to 3 characters long"),
        ({"size": "1"}, "size", "must be a number"),
        ({"size": 0}, "size", "must be greater than or equal to 1"),
        ({"size": 10}, "size", "must be less than or equal to 9"),
        ({"ratio": None}, "ratio", "must be a number"),
        ({"flag": 1}, "flag", "must be a boolean"),
        ({"one": {}}, "one", "must be an array"),
        ({"one": []}, "one", "length must be greater than or equal to 1 items"),
        ({"one": [{}]}, "one[0].id", "is required"),
        ({"one": [{"id": "a", "state": "left"}]}, "one[0].state", "must be one of [invited, joined]"),
        ({"closed": {"size": 1}}, "closed.size", "must be one of [id, name]"),
        ({"map": {"a": 1}}, "map[...]", "must be a string"),
        ({"url": "ftp://"}, "url", "must be an http(s) URL"),
        (7, "body", "must be an object"),
        ([], "body", "must be an object"),
    ],
)
def test_reasons(value: object, name: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        convert(value, Model)
    assert refused.value.parameters == {name: f'"{name}" {reason}'}
    assert refused.value.code == "http:error:validation-fail"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({}, '"action" is required'),
        ({"action": "run"}, '"action" must be one of [stop, go]'),
        ({"action": 1}, '"action" must be a string'),
    ],
)
def test_reasons_of_a_choice_between_structs(value: object, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        convert(value, Stop | Go)
    assert refused.value.parameters == {"action": reason}


def test_texts_count_as_numbers_where_only_texts_can_be_sent() -> None:
    assert convert({"size": "7", "flag": "true"}, Model, text=True) == Model(size=7, flag=True)
