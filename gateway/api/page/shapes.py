"""JSON Schemas for people: the fields as a list, and a sample."""

import re
from typing import Any

from gateway.api.page.markup import Markup, element, join, prose

Json = dict[str, Any]

MAX_DEPTH = 6
"""Levels of a schema that are shown: a type that holds itself must end somewhere."""

_LIMITS = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minimum", "from {}"),
    ("maximum", "to {}"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
)
_URL = re.compile(r"\^?https\?")


class Shapes:
    """The schemas of one document."""

    def __init__(self, document: Json) -> None:
        self._components: dict[str, Json] = document["components"]["schemas"]

    def follow(self, schema: Json) -> Json:
        """The schema that a reference names; null as an alternative says nothing to a reader."""
        if "$ref" in schema:
            return self.follow(self._components[schema["$ref"].rpartition("/")[2]] | _beside(schema))
        if "anyOf" in schema:
            kinds = [kind for kind in schema["anyOf"] if kind != {"type": "null"}]
            if len(kinds) == 1:
                return self.follow(kinds[0] | _beside(schema))
        return schema

    def fields(self, schema: Json, depth: int = 0) -> Markup:
        """The fields of an object, or of what an array holds, each with its kind and its words."""
        schema = self._inner(schema)
        if depth >= MAX_DEPTH:
            return Markup("")
        if "anyOf" in schema:
            return join([self._alternative(kind, depth) for kind in self._objects(schema["anyOf"])])
        if not schema.get("properties"):
            return Markup("")
        required = schema.get("required", ())
        rows = [
            self._field(name, field, depth, is_required=name in required)
            for name, field in schema["properties"].items()
        ]
        return element("dl", *rows)

    def _inner(self, schema: Json) -> Json:
        """What arrays of arrays hold in the end."""
        schema = self.follow(schema)
        return self._inner(schema["items"]) if "items" in schema else schema

    def _objects(self, kinds: list[Json]) -> list[Json]:
        return [kind for kind in kinds if self.follow(kind).get("properties")]

    def _alternative(self, schema: Json, depth: int) -> Markup:
        inner = self.follow(schema)
        heading = element("p", inner.get("title", self.kind(schema)), class_="alternative")
        return join([heading, self.fields(schema, depth + 1)])

    def _field(self, name: str, schema: Json, depth: int, *, is_required: bool) -> Markup:
        kind = element("small", self.kind(schema) + (", required" if is_required else ""))
        words = prose(schema.get("description") or self.follow(schema).get("description") or "")
        return join(
            [
                element("dt", element("code", name), " ", kind),
                element("dd", words, self.fields(schema, depth + 1)),
            ]
        )

    def kind(self, schema: Json) -> str:
        """What a value is, in a few words."""
        schema = self.follow(schema)
        if "enum" in schema:
            words = " or ".join(str(value) for value in schema["enum"])
        elif "anyOf" in schema:
            words = " or ".join(dict.fromkeys(self.kind(kind) for kind in schema["anyOf"]))
        elif schema.get("type") == "array":
            words = f"array of {self.kind(schema.get('items', {}))}"
        else:
            words = schema.get("type", "anything")
        limits = [text.format(schema[name]) for name, text in _LIMITS if name in schema]
        if schema.get("default") not in (None, ""):
            limits.append(f"{schema['default']} when absent")
        return ", ".join([words, *limits])

    def sample(self, schema: Json, depth: int = 0) -> object:
        """A value that fits, as short as it can be without hiding fields."""
        schema = self.follow(schema)
        if "default" in schema and schema["default"] is not None:
            return schema["default"]
        if "enum" in schema:
            return schema["enum"][0]
        if "anyOf" in schema:
            return self.sample(schema["anyOf"][0], depth)
        match schema.get("type"):
            case "object":
                properties = schema.get("properties", {}) if depth < MAX_DEPTH else {}
                return {name: self.sample(field, depth + 1) for name, field in properties.items()}
            case "array":
                return [self.sample(schema["items"], depth + 1)] if "items" in schema else []
            case "integer" | "number":
                return max(1, schema.get("minimum", 1))
            case "boolean":
                return True
            case "string":
                return "https://example.com/" if _URL.match(schema.get("pattern", "")) else "…"
            case _:
                return None


def _beside(schema: Json) -> Json:
    """What stands beside a reference or alternatives, which it does not replace."""
    return {name: value for name, value in schema.items() if name in ("description", "default")}
