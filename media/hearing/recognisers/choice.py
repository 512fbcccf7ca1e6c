"""Which recogniser understands a speech: expected phrases first, then the best that is installed."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from media.errors import Unrecognisable
from media.hearing.recognisers import sphinx, whisper
from media.hearing.recognisers.free import Free
from media.hearing.recognisers.grammar import Grammar
from media.hearing.recognisers.lexicon import words_of
from media.hearing.recognisers.recogniser import Recogniser, Sound, Understood
from media.hearing.recognisers.whisper import Whisper

HINT = "`pip install -r requirements/whisper.txt` installs one"

_log = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What was understood, and which recogniser said so, or was asked last."""

    understood: Understood | None
    recogniser: str


class Recognisers:
    """Asked in their order; the first that understands something is right."""

    def __init__(self, recognisers: Sequence[Recogniser]) -> None:
        self._recognisers = recognisers

    def refusal(self, language: str) -> str:
        """Why speech in this BCP 47 language cannot be recognised; empty when it can."""
        if language.lower().split("-")[0] != "en":
            return f"only English is recognised here, not {language[:40]}: use a language like en-US"
        if not self._recognisers:
            return f"no recogniser is installed: {HINT}"
        return ""

    def recognise(self, sound: Sound, context: tuple[str, ...] = (), *, timed: bool = False) -> Answer:
        """What is said. Raises Unrecognisable when no recogniser works."""
        failures: list[str] = []
        answer = None
        for recogniser in self._recognisers:
            try:
                if not recogniser.wants(context):
                    continue
                answer = Answer(recogniser.recognise(sound, context, timed=timed), recogniser.name)
            except Unrecognisable as error:
                _log.warning("recogniser_failed", extra={"recogniser": recogniser.name, "reason": str(error)})
                failures.append(str(error))
                continue
            if answer.understood is not None:
                return Answer(_as_expected(answer.understood, context), answer.recogniser)
        if answer is None:
            raise Unrecognisable("; ".join(failures) or HINT)
        return answer


def _as_expected(understood: Understood, context: tuple[str, ...]) -> Understood:
    """Written as in the context, when it is one of its phrases: for Whisper, 1234 is "1, 2, 3, 4."."""
    said = words_of(understood.text)
    for phrase in context:
        if said and words_of(phrase) == said:
            return understood._replace(text=phrase)
    return understood


def installed() -> Recognisers:
    """Those of this machine. Models are loaded when they are first used."""
    found: list[Recogniser] = []
    if sphinx.is_installed():
        found.append(Grammar())
    if whisper.is_installed():
        found.append(Whisper())
    elif sphinx.is_installed():
        found.append(Free())
    return Recognisers(found)
