"""How English words are pronounced, and what phrases look like in words."""

import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

MAX_PHRASES = 500
"""Expected phrases of one listening; the published limit is not known, and a grammar grows with each."""
MAX_PHRASE = 200
"""Characters of one."""

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*|[0-9]")

_log = logging.getLogger(__name__)


def words_of(phrase: str) -> tuple[str, ...]:
    """The phrase as it is spoken, in lower case: "Room 42!" is room four two."""
    spoken = _WORD.findall(phrase.lower().replace("’", "'"))
    return tuple(_DIGITS[int(word)] if word.isdigit() else word for word in spoken)


class Lexicon:
    """A pronouncing dictionary of `word phone phone…` lines; further ways of a word are `word(2)`."""

    def __init__(self, path: Path) -> None:
        self._ways: dict[str, list[str]] = {}
        for line in path.read_text().splitlines():
            word, _, phones = line.partition(" ")
            self._ways.setdefault(word.partition("(")[0], []).append(phones)

    def __contains__(self, word: object) -> bool:
        return word in self._ways

    def lines(self, words: Iterable[str]) -> Iterator[str]:
        """The lines of a dictionary with these words alone."""
        for word in words:
            for number, phones in enumerate(self._ways[word], start=1):
                yield f"{word} {phones}" if number == 1 else f"{word}({number}) {phones}"

    def speakable(self, context: Iterable[str]) -> dict[str, str]:
        """The phrases that can be pronounced: as spoken, and as they were written.

        Those that are too long, or have a word that is not in the dictionary, are left out; the log says so.
        """
        phrases: dict[str, str] = {}
        for phrase in list(context)[:MAX_PHRASES]:
            words = words_of(phrase) if len(phrase) <= MAX_PHRASE else ()
            unknown = [word for word in words if word not in self]
            if words and not unknown:
                phrases.setdefault(" ".join(words), phrase)
            else:
                _log.warning("context_left_out", extra={"phrase": phrase[:MAX_PHRASE], "unknown": unknown})
        return phrases
