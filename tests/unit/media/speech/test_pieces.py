"""Into what pieces texts are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.speech.pieces import MAX_PIECE, pieces

pytestmark = pytest.mark.unit

CLAUSE = "and so it went on and on and on without an end, "


def test_sentences_are_pieces() -> None:
    assert pieces(["One.", " Two, and three. ", ""]) == ["One.", "Two, and three."]


def test_a_long_sentence_is_cut_between_clauses() -> None:
    assert pieces([CLAUSE * 6]) == [(CLAUSE * 4).strip(), (CLAUSE * 2).strip()]


@pytest.mark.parametrize("sentence", ["word " * 100, "Well, " + "word " * 100])
def test_a_sentence_without_clauses_is_cut_between_words(sentence: str) -> None:
    first, *others = pieces([sentence])
    assert len(first) > MAX_PIECE - len("word ")
    assert set(" ".join([first, *others]).split()) <= {"Well,", "word"}


@given(st.lists(st.sampled_from(["word", "clause, ", " ", "\n", "x" * 150, "very" * 60])).map("".join))
def test_nothing_is_lost_and_no_piece_is_long(sentence: str) -> None:
    cut = pieces([sentence])
    assert "".join("".join(cut).split()) == "".join(sentence.split())
    assert all(0 < len(piece) <= MAX_PIECE for piece in cut)
