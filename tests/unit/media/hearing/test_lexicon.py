"""Phrases as they are spoken, and the dictionary that a grammar gets."""

from pathlib import Path

import pytest

from media.hearing.recognisers.lexicon import MAX_PHRASE, MAX_PHRASES, Lexicon, words_of

pytestmark = pytest.mark.unit


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    path = tmp_path / "words.dict"
    path.write_text("sales S EY L Z\nfour F AO R\ntwo T UW\nroom R UW M\nroom(2) R UH M\ndon't D OW N T\n")
    return Lexicon(path)


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("Sales", "sales"),
        ("  Room 42! ", "room four two"),
        ("I don’t know", "i don't know"),
        ("<a>;|public", "a public"),
        ("привет", ""),
        ("'", ""),
        ("", ""),
    ],
)
def test_phrases_are_words(phrase: str, words: str) -> None:
    assert " ".join(words_of(phrase)) == words


def test_phrases_are_kept_as_they_are_written(lexicon: Lexicon) -> None:
    assert lexicon.speakable(["Sales!", "Room 42", "DON'T"]) == {
        "sales": "Sales!",
        "room four two": "Room 42",
        "don't": "DON'T",
    }


def test_what_cannot_be_pronounced_is_left_out_and_said(
    lexicon: Lexicon, caplog: pytest.LogCaptureFixture
) -> None:
    assert lexicon.speakable(["sales", "xyzzy sales", "!"]) == {"sales": "sales"}
    assert [record.message for record in caplog.records] == ["context_left_out"] * 2
    assert vars(caplog.records[0])["unknown"] == ["xyzzy"]


def test_all_ways_to_say_a_word_are_in_the_dictionary(lexicon: Lexicon) -> None:
    assert list(lexicon.lines(["room", "two"])) == ["room R UW M", "room(2) R UH M", "two T UW"]


def test_phrases_are_bounded(lexicon: Lexicon) -> None:
    assert lexicon.speakable(["room"] * MAX_PHRASES + ["sales"]) == {"room": "room"}
    assert lexicon.speakable(["sales " * 40, "sales"]) == {"sales": "sales"}
    assert len("sales " * 40) > MAX_PHRASE
