"""No type that msgspec reads is one that it cannot forget.

Of a union of a text with a pattern and a collection, msgspec (0.22) frees the pattern as if it were memory of
its own: the heap is torn, and the process dies when it ends, if not before. The collection alone may have
patterns in it; the form of a text that stands for one is checked after reading.
"""

import importlib
import pkgutil
from collections.abc import Iterator

import msgspec
import pytest
from msgspec import inspect

import gateway
import media
import signalling

pytestmark = pytest.mark.unit

PACKAGES = (gateway, media, signalling)
RUN_ALONE = ("__main__", "migrations.env")
"""Modules that do something when they are imported."""

FORMED, TEXT, ANY = inspect.StrType(pattern="^https?:"), inspect.StrType(), inspect.AnyType()
"""Only described: a type that msgspec is asked to describe is read by it, and forgotten."""


def inside(kind: inspect.Type) -> Iterator[inspect.Type]:
    """What the type is made of."""
    for part in msgspec.structs.astuple(kind):
        for each in part if isinstance(part, tuple) else (part,):
            if isinstance(each, inspect.Type):
                yield each
            elif isinstance(each, inspect.Field):
                yield each.type


def tears(kind: inspect.Type) -> bool:
    """Whether there is such a union in it. Structs in it are looked at by themselves."""
    if isinstance(kind, inspect.StructType):
        return False
    parts = list(inside(kind))
    if isinstance(kind, inspect.UnionType):
        bare = [each.type if isinstance(each, inspect.Metadata) else each for each in parts]
        if any(isinstance(each, inspect.StrType) and each.pattern for each in bare):
            return any(isinstance(each, inspect.CollectionType | inspect.DictType) for each in bare)
    return any(map(tears, parts))


def structs(base: type[msgspec.Struct] = msgspec.Struct) -> Iterator[type[msgspec.Struct]]:
    """All that have been defined."""
    for each in base.__subclasses__():
        yield each
        yield from structs(each)


def described(struct: type[msgspec.Struct]) -> inspect.StructType | None:
    """None for what msgspec cannot read: it only carries something inside the process."""
    try:
        kind = inspect.type_info(struct)
    except (TypeError, NameError):
        return None
    assert isinstance(kind, inspect.StructType)
    return kind


@pytest.mark.parametrize("beside", [inspect.ListType(ANY), inspect.DictType(ANY, ANY), inspect.SetType(ANY)])
def test_such_a_union_is_found(beside: inspect.Type) -> None:
    union = inspect.UnionType((FORMED, beside))
    told = inspect.UnionType((inspect.Metadata(FORMED, {"title": "URL"}), beside))
    for kind in (union, told, inspect.ListType(union), inspect.TupleType((ANY, union))):
        assert tears(kind)


@pytest.mark.parametrize("beside", [inspect.ListType(FORMED), inspect.DictType(FORMED, FORMED)])
def test_others_are_left_alone(beside: inspect.Type) -> None:
    assert not tears(inspect.UnionType((TEXT, beside)))
    assert not tears(inspect.UnionType((FORMED, inspect.NoneType())))


def test_no_struct_has_one() -> None:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(RUN_ALONE):
                importlib.import_module(module.name)
    names = tuple(f"{package.__name__}." for package in PACKAGES)
    own = {each for each in structs() if each.__module__.startswith(names)}
    kinds = [kind for kind in map(described, own) if kind is not None]
    assert len(kinds) > 300
    fields = [(field, kind.cls) for kind in kinds for field in kind.fields]
    assert not [f"{struct.__qualname__}.{field.name}" for field, struct in fields if tears(field.type)]
