"""JSON Schemas of the types that requests are read into and answers are made of, with their words."""

import ast
import inspect
import sys
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import Any, get_args

import msgspec
from msgspec import UnsetType
from msgspec.inspect import StructType, Type, multi_type_info

Json = dict[str, Any]

REFERENCE = "#/components/schemas/{name}"


class Schemas:
    """The schemas of a set of types, named together so that no two of a name meet."""

    def __init__(self, types: Iterable[Any]) -> None:
        wanted = list({id(kind): kind for kind in types}.values())
        structs = sorted(_structs(multi_type_info(wanted)), key=lambda struct: struct.__qualname__)
        schemas, components = msgspec.json.schema_components([*wanted, *structs], ref_template=REFERENCE)
        self._by_type = {id(kind): schema for kind, schema in zip(wanted, schemas, strict=False)}
        self.components: dict[str, Json] = components
        """By name, what the schemas refer to."""
        for struct, schema in zip(structs, schemas[len(wanted) :], strict=True):
            _describe(self.follow(schema), struct)

    def of(self, kind: Any) -> Json:  # noqa: ANN401 - unions are no types
        """The schema of one of the types."""
        return self._by_type[id(kind)]

    def follow(self, schema: Json) -> Json:
        """What a schema stands for, which may be a reference."""
        return self.components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _structs(kinds: Iterable[Type]) -> set[type[msgspec.Struct]]:
    """Every struct that the types are made of."""
    found: set[type[msgspec.Struct]] = set()
    waiting: list[object] = list(kinds)
    while waiting:
        match waiting.pop():
            case StructType(cls=struct, fields=fields):
                if struct not in found:
                    found.add(struct)
                    waiting += [field.type for field in fields]
            case Type() as kind:
                waiting += [getattr(kind, name) for name in kind.__struct_fields__]
            case tuple() as several:
                waiting += several
            case _:
                pass
    return found


def _describe(schema: Json, struct: type[msgspec.Struct]) -> None:
    """Put the words of the source beside a struct and its fields."""
    schema["description"] = inspect.cleandoc(struct.__doc__ or "")
    words = field_words(struct)
    for field in msgspec.structs.fields(struct):
        if field.name in words:
            shown = schema["properties"][field.encode_name]
            schema["properties"][field.encode_name] = {**shown, "description": words[field.name]}
        # What may be unset may be left out, whether or not it has a default.
        if UnsetType in get_args(field.type) and field.encode_name in schema["required"]:
            schema["required"].remove(field.encode_name)


def field_words(struct: type) -> dict[str, str]:
    """The text that stands under each field in the source, bases included; without a source there is none."""
    words: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        definition = _classes(base.__module__).get(base.__name__)
        if definition is not None:
            words |= _words_of(definition.body)
    return words


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    """The classes of one of our modules, by name. The file may be newer than what runs, or not be there."""
    if not module.startswith("gateway."):
        return {}
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (KeyError, OSError, SyntaxError):
        return {}
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _words_of(body: list[ast.stmt]) -> dict[str, str]:
    return {
        field.target.id: inspect.cleandoc(text)
        for field, note in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(note, ast.Expr) and isinstance(note.value, ast.Constant)
        if isinstance(text := note.value.value, str)
    }
