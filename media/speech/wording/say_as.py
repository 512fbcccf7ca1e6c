"""What stands in a `say-as`, in words that every voice says alike (Vonage "Customizing text to speech").

The words are English. In other languages what is spelled is spelled, and the rest is left to the voice, which
knows its language's numbers.
"""

import re
from collections.abc import Callable

from media.speech.wording.dates import date, time
from media.speech.wording.measures import address, unit
from media.speech.wording.numbers import amount, digits, fraction, ordinal

_SYMBOLS = {
    "-": "dash", ".": "dot", ",": "comma", "@": "at", "/": "slash", "\\": "backslash", "_": "underscore",
    "#": "hash", "*": "star", "+": "plus", "&": "and", "%": "percent", "$": "dollar", "=": "equals",
    ":": "colon", ";": "semicolon", "!": "exclamation mark", "?": "question mark", "(": "open parenthesis",
    ")": "close parenthesis", "'": "apostrophe", '"': "quote",
}  # fmt: skip
_ORDINAL = re.compile(r"(\d{1,18})(?:st|nd|rd|th)?", re.IGNORECASE)
_GROUP = 3
"""Digits of a telephone number in one breath, where the writer made no groups."""

ALIASES = {"characters": "character", "spell-out": "character", "number": "cardinal", "bleep": "expletive"}
"""Other spellings, of the sources and of other speakers."""
EXPLETIVE = "expletive"


def worded(text: str, what: str, form: str, *, english: bool) -> str:
    """The text as `what` says, in words; as it is where it is no such thing, or `what` is not known."""
    what = ALIASES.get(what, what)
    if what == "date":
        return (date(text, form or "mdy") if english else None) or text
    words = (_ENGLISH if english else _ELSEWHERE).get(what)
    return (words(text) if words else None) or text


def _characters(text: str) -> str:
    """Letter by letter; a comma between them keeps a voice from reading words into it."""
    return ", ".join(_letter(letter) for letter in text if not letter.isspace())


def _letter(letter: str) -> str:
    # A lone A is an article to a voice.
    return _SYMBOLS.get(letter) or (digits(letter) if letter.isdigit() else letter.upper().replace("A", "ay"))


def _spelled(text: str) -> str:
    return " ".join(letter for letter in text if not letter.isspace())


def _ordinal(text: str) -> str | None:
    number = _ORDINAL.fullmatch(text.strip().replace(",", ""))
    return ordinal(int(number[1])) if number else None


def _telephone(text: str) -> str:
    """Digit by digit, with a breath between the groups; `x` and `ext` are the extension."""
    text = re.sub(r"(?i)\b(?:ext\.?|x)(?=\s*\d)", " extension ", text)
    groups = [group for word in re.findall(r"\+|[0-9]+|[A-Za-z*#]+", text) for group in _groups(word)]
    said = ", ".join(digits(group) if group.isdecimal() else _SYMBOLS.get(group, group) for group in groups)
    return said.replace("plus, ", "plus ").replace("extension, ", "extension ")


def _groups(word: str) -> list[str]:
    """A long number cut into groups, none of a single digit."""
    if not word.isdecimal() or len(word) <= _GROUP + 1:
        return [word]
    starts = range(0, len(word) - 1, _GROUP)
    return [word[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


_ENGLISH: dict[str, Callable[[str], str | None]] = {
    "character": _characters,
    "cardinal": amount,
    "ordinal": _ordinal,
    "digits": digits,
    "fraction": fraction,
    "unit": unit,
    "time": time,
    "telephone": _telephone,
    "address": address,
}
_ELSEWHERE: dict[str, Callable[[str], str | None]] = {
    "character": _spelled,
    "digits": _spelled,
    "telephone": _spelled,
}
