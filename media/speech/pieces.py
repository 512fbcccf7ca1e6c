"""How much of a text is spoken at a time, so that others get their turn in between."""

import re
from collections.abc import Iterable

MAX_PIECE = 200
"""Characters: about half a second of work for the embedded voice."""
MIN_CLAUSE = 40
"""Characters: shorter clauses than that are not worth a cut."""

_PIECE = re.compile(
    rf".{{1,{MAX_PIECE}}}\Z"
    rf"|.{{{MIN_CLAUSE},{MAX_PIECE - 1}}}[,;:—](?=\s)"
    rf"|.{{1,{MAX_PIECE}}}(?=\s)"
    rf"|.{{{MAX_PIECE}}}",
    re.DOTALL,
)
"""All that is left; else up to the end of a clause, of a word, or, in a word without end, just so much."""


def pieces(sentences: Iterable[str]) -> list[str]:
    """The sentences, each in a piece of its own, or in several where it is longer than MAX_PIECE."""
    return [piece for sentence in sentences for piece in _cut(sentence.strip())]


def _cut(sentence: str) -> list[str]:
    return [piece.strip() for piece in _PIECE.findall(sentence) if piece.strip()]
