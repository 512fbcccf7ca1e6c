"""Which recogniser answers."""

import numpy as np
import pytest

from media.errors import Unrecognisable
from media.hearing.recognisers.choice import Answer, Recognisers
from media.hearing.recognisers.recogniser import Sound, Understood

pytestmark = pytest.mark.unit

SOUND = np.zeros(1600, np.int16)


class FakeRecogniser:
    """Understands one text, if it wants to be asked."""

    def __init__(
        self, name: str, text: str | None, *, only_with_context: bool = False, fails: str = ""
    ) -> None:
        self.name = name
        self.text = text
        self.only_with_context = only_with_context
        self.fails = fails

    def wants(self, context: tuple[str, ...]) -> bool:
        return bool(context) or not self.only_with_context

    def recognise(
        self, sound: Sound, context: tuple[str, ...] = (), *, timed: bool = False
    ) -> Understood | None:
        if self.fails:
            raise Unrecognisable(self.fails)
        return Understood(self.text, 0.5) if self.text else None


def test_expected_phrases_go_to_the_grammar() -> None:
    recognisers = Recognisers(
        [FakeRecogniser("grammar", "sales", only_with_context=True), FakeRecogniser("free", "sails")]
    )
    assert recognisers.recognise(SOUND, ("sales",)) == Answer(Understood("sales", 0.5), "grammar")
    assert recognisers.recognise(SOUND) == Answer(Understood("sails", 0.5), "free")


def test_what_the_grammar_rejects_goes_to_the_next() -> None:
    recognisers = Recognisers([FakeRecogniser("grammar", None), FakeRecogniser("free", "sails")])
    assert recognisers.recognise(SOUND, ("sales",)) == Answer(Understood("sails", 0.5), "free")


def test_what_fails_is_passed_over() -> None:
    recognisers = Recognisers(
        [FakeRecogniser("broken", None, fails="no model"), FakeRecogniser("free", "yes")]
    )
    assert recognisers.recognise(SOUND).recogniser == "free"
    with pytest.raises(Unrecognisable, match="no model"):
        Recognisers([FakeRecogniser("broken", None, fails="no model")]).recognise(SOUND)


def test_nothing_understood_is_no_failure() -> None:
    assert Recognisers([FakeRecogniser("free", None)]).recognise(SOUND) == Answer(None, "free")


@pytest.mark.parametrize(
    ("text", "phrase"), [("1, 2, 3, 4.", "1234"), ("Yes!", "YES"), ("Don't know.", "don’t know")]
)
def test_an_expected_phrase_is_written_as_expected(text: str, phrase: str) -> None:
    understood = (
        Recognisers([FakeRecogniser("free", text)]).recognise(SOUND, ("other", "", phrase)).understood
    )
    assert understood == Understood(phrase, 0.5)


def test_what_is_not_expected_stays_as_it_is() -> None:
    understood = Recognisers([FakeRecogniser("free", "...")]).recognise(SOUND, ("", "!?")).understood
    assert understood == Understood("...", 0.5)


@pytest.mark.parametrize("language", ["en", "en-US", "EN-gb", "en-Latn-US"])
def test_english_is_understood(language: str) -> None:
    assert Recognisers([FakeRecogniser("free", "yes")]).refusal(language) == ""


def test_a_refusal_says_what_to_do() -> None:
    assert "use a language like en-US" in Recognisers([FakeRecogniser("free", "ja")]).refusal("de-DE")
    assert "pip install" in Recognisers([]).refusal("en-US")
    with pytest.raises(Unrecognisable, match="pip install"):
        Recognisers([]).recognise(SOUND)
