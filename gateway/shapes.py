"""What a type allows at a place inside of it, for errors that say what could stand there instead.

Paths are those of msgspec's messages, without the `$`: `.prompts[0].errors[...].text`.
"""

import re
from typing import Any

from msgspec import inspect

KEY = "[key]"
"""Ends the path of a dictionary's key, where the key itself is wrong."""

Model = Any
"""A type that msgspec reads into; unions are no `type`."""


def choices(model: Model, value: object, path: str) -> list[str]:
    """What the Literal, or the tags of the union, at `path` of the value allow."""
    return [str(choice) for kind in _kinds(model, value, path) for choice in _values(kind)]


def members(model: Model, value: object, path: str) -> list[str]:
    """The names that the members of the object at `path` of the value may have, besides its tag."""
    structs = (kind for kind in _kinds(model, value, path) if isinstance(kind, inspect.StructType))
    return [field.encode_name for struct in structs for field in struct.fields]


def _kinds(model: Model, value: object, path: str) -> list[inspect.Type]:
    kinds = _meant(inspect.type_info(model), value)
    for name in filter(None, re.split(r"[.\[]", path)):
        value = _inner(value, name)
        kinds = [each for kind in kinds for inner in _descend(kind, name) for each in _meant(inner, value)]
    return kinds


def _meant(kind: inspect.Type, value: object) -> list[inspect.Type]:
    """The members of a union; that alone which the value names by its tag, where it names one."""
    kinds = list(kind.types) if isinstance(kind, inspect.UnionType) else [kind]
    return [each for each in kinds if _is_named(each, value)] or kinds


def _is_named(kind: inspect.Type, value: object) -> bool:
    if not isinstance(kind, inspect.StructType) or not isinstance(value, dict):
        return False
    return kind.tag_field is not None and value.get(kind.tag_field) == kind.tag


def _inner(value: object, name: str) -> object:
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list):
        return next((item for index, item in enumerate(value) if f"{index}]" == name), None)
    return None


def _descend(kind: inspect.Type, name: str) -> list[inspect.Type]:
    match kind:
        case inspect.StructType(tag=tag, tag_field=tag_field) if tag_field == name:
            return [inspect.LiteralType((str(tag),))]
        case inspect.StructType(fields=fields):
            return [field.type for field in fields if field.encode_name == name]
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return [item]
        case inspect.DictType(key_type=key, value_type=item):
            return [key if f"[{name}" == KEY else item]
        case _:
            return []


def _values(kind: inspect.Type) -> tuple[object, ...]:
    return kind.values if isinstance(kind, inspect.LiteralType) else ()
