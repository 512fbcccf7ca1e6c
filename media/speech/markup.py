"""What an application wants said: plain text, or SSML, as texts and pauses.

SSML is what begins with <speak>. Understood are `break`, `p` and `s`, as pauses; other elements keep their
text. Anything with `<!` is refused before the parser sees it, so that there are no entities to expand.

Source: Vonage "Customizing text to speech"; W3C SSML 1.1 §3.2.3.
"""

import re
from typing import NamedTuple
from xml.parsers import expat

from media.errors import Unspeakable

MAX_TEXT = 1500
"""Characters to be said, tags not counted: Vonage's limit."""
MAX_MARKUP = 16_384
"""Characters with the tags: ten for each that may be said."""
MAX_PAUSE_S = 10.0
"""The longest single break; a longer one is cut."""
MAX_SILENCE_S = 120.0
"""All the pauses of one text: a call is not kept busy with nothing."""

STRENGTHS_S = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.2}
BOUNDARIES_S = {"p": 0.8, "s": 0.4}
"""Silence between what is inside such an element and what is outside."""

_SSML = re.compile(r"(?:<\?xml[^>]*\?>\s*)?(?=<speak[\s>/])")
_TIME = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(ms|s)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Pause(NamedTuple):
    """Silence."""

    seconds: float


Script = list[str | Pause]
"""What to say, in order: no empty text, no two pauses in a row."""


def parse(text: str) -> Script:
    """Cut an application's text into what is said and what is not.

    Raises Unspeakable, with the fault and its place, when the SSML is broken, there is nothing to say, or too
    much.
    """
    if len(text) > MAX_MARKUP:
        raise Unspeakable(
            f"the text has {len(text)} characters; at most {MAX_MARKUP} are read, tags included"
        )
    text = _CONTROL.sub(" ", text).strip()
    builder = _Builder()
    if markup := _SSML.match(text):
        _read_ssml(text[markup.end() :], builder)
    else:
        builder.say(text)
    return builder.script()


class _Builder:
    """Collects a script: text that touches is joined, the longer of two pauses that touch is kept."""

    def __init__(self) -> None:
        self._parts: Script = []
        self._text: list[str] = []

    def say(self, text: str) -> None:
        self._text.append(text)

    def pause(self, seconds: float) -> None:
        self._end_text()
        if seconds and self._parts and isinstance(self._parts[-1], Pause):
            self._parts[-1] = max(self._parts[-1], Pause(seconds))
        elif seconds:
            self._parts.append(Pause(seconds))

    def boundary(self, seconds: float) -> None:
        """A pause only between texts, not before the first."""
        self._end_text()
        if self._parts:
            self.pause(seconds)

    def script(self) -> Script:
        self._end_text()
        said = sum(len(part) for part in self._parts if isinstance(part, str))
        silence = sum(part.seconds for part in self._parts if isinstance(part, Pause))
        if said == 0:
            raise Unspeakable("there is nothing to say in the text")
        if said > MAX_TEXT:
            raise Unspeakable(f"the text has {said} characters to say; at most {MAX_TEXT} are said")
        if silence > MAX_SILENCE_S:
            raise Unspeakable(f"the text has {silence:g} s of pauses; at most {MAX_SILENCE_S:g} s are kept")
        return self._parts

    def _end_text(self) -> None:
        if text := " ".join("".join(self._text).split()):
            self._parts.append(text)
        self._text.clear()


def _read_ssml(text: str, builder: _Builder) -> None:
    if "<!" in text:
        raise Unspeakable("the SSML has a <! declaration, comment or CDATA section, which are not read")

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "break":
            builder.pause(_break_s(attributes))
        elif tag in BOUNDARIES_S:
            builder.boundary(BOUNDARIES_S[tag])

    def end(tag: str) -> None:
        if tag in BOUNDARIES_S:
            builder.boundary(BOUNDARIES_S[tag])

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.say
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        fault = expat.ErrorString(error.code)
        place = f"line {error.lineno}, column {error.offset + 1}"
        raise Unspeakable(f"the SSML is not well-formed: {fault} at {place}") from error


def _break_s(attributes: dict[str, str]) -> float:
    if "time" in attributes:
        time = _TIME.fullmatch(attributes["time"].strip())
        if time is None:
            raise Unspeakable(f'<break time="{attributes["time"][:20]}"/>: a time is like 500ms or 1.5s')
        return min(float(time[1]) / (1000 if time[2] == "ms" else 1), MAX_PAUSE_S)
    strength = attributes.get("strength", "medium")
    if strength not in STRENGTHS_S:
        raise Unspeakable(f'<break strength="{strength[:20]}"/>: one of {", ".join(STRENGTHS_S)}')
    return STRENGTHS_S[strength]
