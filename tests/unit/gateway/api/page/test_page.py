"""The page of any document: nothing escapes its place, and every kind of value is said in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.page.html import page
from gateway.api.page.markup import Markup, element, join, prose
from gateway.api.page.shapes import MAX_DEPTH, Json, Shapes

pytestmark = pytest.mark.unit

EVIL = '"><script>alert(1)</script>'
SHAPES = Shapes(
    {
        "components": {
            "schemas": {
                "Tree": {
                    "type": "object",
                    "properties": {
                        "branches": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                        "name": {"type": "string"},
                    },
                    "required": ["name"],
                }
            }
        }
    }
)
TREE = {"$ref": "#/components/schemas/Tree"}


@given(st.text(), st.text())
def test_texts_never_become_markup(text: str, value: str) -> None:
    shown = element("p", text, title=value)
    inner = shown.removeprefix("<p ").removesuffix("</p>")
    assert "<" not in inner
    assert inner.count(">") == 1
    assert join([shown, Markup("<br>")]) == f"{shown}<br>"


def test_backquotes_make_code_and_empty_lines_paragraphs() -> None:
    assert prose("a `b<` c\n\nd") == "<p>a <code>b&lt;</code> c</p><p>d</p>"
    assert prose("it's `open") == "<p>it&#x27;s open</p>"


def test_a_schema_that_holds_itself_ends() -> None:
    assert SHAPES.fields(TREE).count("<dl>") == MAX_DEPTH
    sample = SHAPES.sample(TREE)
    for _ in range(MAX_DEPTH):
        sample = sample["branches"][0] if isinstance(sample, dict) and "branches" in sample else None
    assert sample is None or sample == {}


@pytest.mark.parametrize(
    ("schema", "words", "sample"),
    [
        ({"type": "string", "maxLength": 5}, "string, at most 5 characters", "…"),
        ({"type": "string", "pattern": "^https?://"}, "string", "https://example.com/"),
        ({"type": "integer", "minimum": 2, "default": 10}, "integer, from 2, 10 when absent", 10),
        ({"type": "boolean"}, "boolean", True),
        ({"enum": ["a", "b"]}, "a or b", "a"),
        ({"anyOf": [{"type": "integer", "maximum": 3}, {"type": "null"}]}, "integer, to 3", 1),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "string or integer", "…"),
        ({"type": "array", "items": {"type": "string"}}, "array of string", ["…"]),
        ({"type": "object"}, "object", {}),
        ({}, "anything", None),
    ],
)
def test_a_value_is_said_in_words_and_by_a_sample(schema: Json, words: str, sample: object) -> None:
    assert SHAPES.kind(schema) == words
    assert SHAPES.sample(schema) == sample


def test_a_document_cannot_break_out_of_its_page() -> None:
    body = {"properties": {EVIL: {"enum": [EVIL]}}}
    operation = {
        "operationId": EVIL,
        "tags": [EVIL],
        "summary": EVIL,
        "description": EVIL,
        "parameters": [{"name": EVIL, "in": "query", "schema": {"type": EVIL}, "description": EVIL}],
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": EVIL, "content": {"application/json": {"schema": TREE}}}},
        "security": [{}],
    }
    document = {
        "info": {"title": EVIL, "version": EVIL, "description": EVIL},
        "servers": [{"url": EVIL}],
        "tags": [{"name": EVIL, "description": EVIL}],
        "paths": {f"/{EVIL}": {"post": operation}},
        "components": {"schemas": {"Tree": {"type": "object"}}, "securitySchemes": {}},
    }
    text = page(document)
    assert text.count("<script>") == 1
    assert "alert(1)" in text
