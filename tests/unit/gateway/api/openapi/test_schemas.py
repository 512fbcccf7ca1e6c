"""Schemas of types: named apart, with the words of the source."""

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from gateway.api.families import CommonProblem, LegacyProblem
from gateway.api.openapi.schemas import Schemas, field_words

pytestmark = pytest.mark.unit


class Tree(msgspec.Struct):
    """Holds itself."""

    branches: "list[Tree]"
    height: Annotated[int, Meta(ge=0)] = 0


def test_fields_carry_the_words_of_the_source_also_of_bases() -> None:
    words = field_words(LegacyProblem)
    assert words.keys() >= {"instance", "validation"}
    properties = Schemas([LegacyProblem]).components["LegacyProblem"]["properties"]
    assert {name: properties[name]["description"] for name in words} == words


def test_a_type_may_hold_itself() -> None:
    schemas = Schemas([Tree])
    assert schemas.of(Tree) == {"$ref": "#/components/schemas/Tree"}
    assert schemas.components["Tree"]["properties"]["height"] == {
        "type": "integer",
        "minimum": 0,
        "default": 0,
    }


def test_types_of_one_name_are_told_apart() -> None:
    one, two = (
        msgspec.defstruct("Thing", [("size", kind)], module=f"elsewhere.{kind.__name__}")
        for kind in (int, str)
    )
    schemas = Schemas([one, two])
    kinds = [schemas.follow(schemas.of(thing))["properties"]["size"] for thing in (one, two)]
    assert kinds == [{"type": "integer"}, {"type": "string"}]


def test_every_struct_inside_is_described() -> None:
    components = Schemas([CommonProblem]).components
    assert components.keys() == {"CommonProblem", "InvalidParameter"}
    assert all(schema["description"] for schema in components.values())


def test_a_struct_without_a_source_has_no_words() -> None:
    struct = msgspec.defstruct("Elsewhere", [("size", int)], module="gateway.nowhere")
    assert field_words(struct) == {}
