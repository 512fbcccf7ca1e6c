"""What an application wants said: plain text, or SSML, as a script.

SSML is what begins with <speak>, or with its document type. Elements that are not in the table keep their
text. There are no entities to expand: a document type is refused where it begins.

Source: Vonage "Customizing text to speech"; W3C SSML 1.1 §3.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from xml.parsers import expat

from media.errors import Unspeakable
from media.speech import phonemes
from media.speech.composing import Composer, Manner
from media.speech.prosody import changed, emphasised
from media.speech.script import Script
from media.speech.wording.say_as import ALIASES, EXPLETIVE, worded

MAX_MARKUP = 16_384
"""Characters with the tags: ten for each that may be said."""
MAX_PAUSE_S = 10.0
"""The longest single break; a longer one is cut."""

STRENGTHS_S = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.2}
BOUNDARIES_S = {"p": 0.8, "s": 0.4}
"""Silence between what is inside such an element and what is outside."""

_SSML = re.compile(r"(?:<\?xml[^>]*\?>\s*)?<(?:speak[\s>/]|!DOCTYPE\s+speak\b)")
_TIME = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(ms|s)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Attributes = Mapping[str, str]


def parse(text: str, language: str = "en-US") -> Script:
    """Cut an application's text into what is said, and how.

    `language` is that of the text, BCP 47. Raises Unspeakable, with the fault and its place, when the SSML is
    broken, there is nothing to say, or too much.
    """
    if len(text) > MAX_MARKUP:
        raise Unspeakable(
            f"the text has {len(text)} characters; at most {MAX_MARKUP} are read, tags included"
        )
    text = _CONTROL.sub(" ", text).strip()
    composer = Composer()
    if _SSML.match(text):
        _Reader(composer, language).read(text)
    else:
        composer.say(text)
    return composer.script()


class _Frame(NamedTuple):
    """An element that is open. What takes its text otherwise than aloud has `take`, and collects it."""

    manner: Manner
    collected: list[str] | None = None
    take: Callable[[str], None] | None = None


class _Reader:
    """Walks through SSML and tells a composer what it finds."""

    def __init__(self, composer: Composer, language: str) -> None:
        self._composer = composer
        self._language = language
        self._frames = [_Frame(Manner())]
        self._place = _place(1, 0)
        """Where the last element began."""
        self._parser = expat.ParserCreate("UTF-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def read(self, text: str) -> None:
        """Raises Unspeakable, with line and column."""
        try:
            self._parser.Parse(text.encode(), True)
        except expat.ExpatError as error:
            fault = expat.ErrorString(error.code)
            place = _place(error.lineno, error.offset)
            raise Unspeakable(f"the SSML is not well-formed: {fault} at {place}") from error
        except Unspeakable as error:
            raise Unspeakable(f"the SSML cannot be read: {error} at {self._place}") from error

    @property
    def _frame(self) -> _Frame:
        return self._frames[-1]

    def _start(self, tag: str, attributes: Attributes) -> None:
        self._place = _place(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber)
        around = self._frame
        opened = _ELEMENTS[tag](self, attributes) if tag in _ELEMENTS else None
        if opened is None:
            opened = _Frame(around.manner, around.collected)
        elif around.collected is not None:
            # Within what is worded or replaced as a whole there is only text.
            opened = _Frame(around.manner, around.collected)
        self._frames.append(opened)

    def _end(self, tag: str) -> None:
        frame = self._frames.pop()
        if frame.take is not None:
            frame.take("".join(frame.collected or ()))
        elif tag in BOUNDARIES_S:
            self._composer.boundary(BOUNDARIES_S[tag])

    def _text(self, text: str) -> None:
        if self._frame.collected is not None:
            self._frame.collected.append(text)
        else:
            self._composer.say(text, self._frame.manner)

    def _refuse_doctype(self, *_: object) -> None:
        raise Unspeakable("a document type is not read")

    def break_(self, attributes: Attributes) -> None:
        self._composer.pause(_break_s(attributes))

    def boundary(self, seconds: float) -> None:
        self._composer.boundary(seconds)

    def emphasis(self, attributes: Attributes) -> _Frame:
        manner = self._frame.manner
        prosody = emphasised(manner.prosody, attributes.get("level", "moderate"))
        return _Frame(manner._replace(prosody=prosody))

    def prosody(self, attributes: Attributes) -> _Frame:
        manner = self._frame.manner
        return _Frame(manner._replace(prosody=changed(manner.prosody, attributes)))

    def lang(self, attributes: Attributes) -> _Frame:
        language = attributes.get("xml:lang", "")
        if not _LANGUAGE.fullmatch(language):
            raise Unspeakable(f'<lang xml:lang="{language[:20]}">: a language tag is like fr-FR')
        return _Frame(self._frame.manner._replace(language=language))

    def phoneme(self, attributes: Attributes) -> _Frame:
        alphabet, spelling = attributes.get("alphabet", "ipa").lower(), attributes.get("ph", "").strip()
        if alphabet not in _ALPHABETS:
            raise Unspeakable(f'<phoneme alphabet="{alphabet[:20]}">: one of ipa, x-sampa')
        if not spelling:
            raise Unspeakable("<phoneme> needs ph, the pronunciation")
        manner = self._frame.manner._replace(ipa=_ALPHABETS[alphabet](spelling))
        return self._taking(lambda text: self._composer.say(text.strip() or spelling, manner))

    def say_as(self, attributes: Attributes) -> _Frame:
        what = attributes.get("interpret-as", "").strip().lower()
        form = attributes.get("format", "").strip().lower()
        manner = self._frame.manner
        if ALIASES.get(what, what) == EXPLETIVE:
            return self._taking(self._composer.bleep)
        english = (manner.language or self._language).lower().split("-")[0] == "en"

        def take(text: str) -> None:
            words = worded(" ".join(text.split()), what, form, english=english)
            self._composer.say(f" {words} " if words != text else text, manner, counted=len(text))

        return self._taking(take)

    def sub(self, attributes: Attributes) -> _Frame:
        manner, alias = self._frame.manner, attributes.get("alias")
        return self._taking(lambda text: self._composer.say(text if alias is None else alias, manner))

    def _taking(self, take: Callable[[str], None]) -> _Frame:
        return _Frame(self._frame.manner, [], take)


_ELEMENTS: Mapping[str, Callable[[_Reader, Attributes], _Frame | None]] = {
    "break": _Reader.break_,
    "emphasis": _Reader.emphasis,
    "prosody": _Reader.prosody,
    "lang": _Reader.lang,
    "phoneme": _Reader.phoneme,
    "say-as": _Reader.say_as,
    "sub": _Reader.sub,
    "p": lambda reader, _: reader.boundary(BOUNDARIES_S["p"]),
    "s": lambda reader, _: reader.boundary(BOUNDARIES_S["s"]),
}
_ALPHABETS: Mapping[str, Callable[[str], str]] = {
    "ipa": phonemes.from_ipa,
    "x-sampa": phonemes.from_x_sampa,
}


def _place(line: int, offset: int) -> str:
    return f"line {line}, column {offset + 1}"


def _break_s(attributes: Attributes) -> float:
    if "time" in attributes:
        time = _TIME.fullmatch(attributes["time"].strip())
        if time is None:
            raise Unspeakable(f'<break time="{attributes["time"][:20]}"/>: a time is like 500ms or 1.5s')
        return min(float(time[1]) / (1000 if time[2] == "ms" else 1), MAX_PAUSE_S)
    strength = attributes.get("strength", "medium")
    if strength not in STRENGTHS_S:
        raise Unspeakable(f'<break strength="{strength[:20]}"/>: one of {", ".join(STRENGTHS_S)}')
    return STRENGTHS_S[strength]
