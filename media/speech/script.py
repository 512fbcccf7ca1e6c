"""What is to be said, as values: phrases with their manner, pauses, bleeps."""

from typing import NamedTuple


class Prosody(NamedTuple):
    """How a phrase differs from the voice's own way.

    `rate` and `pitch` are factors, 2.0 twice as fast and an octave up; `gain_db` is added to the level, minus
    infinity is silence.
    """

    rate: float = 1.0
    pitch: float = 1.0
    gain_db: float = 0.0


PLAIN = Prosody()


class Phrase(NamedTuple):
    """A text without markup, said in one manner."""

    text: str
    prosody: Prosody = PLAIN
    language: str = ""
    """BCP 47; the whole script's when empty."""
    ipa: str = ""
    """How it is pronounced (International Phonetic Alphabet), for voices that can be told."""


class Pause(NamedTuple):
    """Silence."""

    seconds: float


class Bleep(NamedTuple):
    """A tone in place of a word that must not be heard."""

    seconds: float


Script = list[Phrase | Pause | Bleep]
"""What to say, in order: no empty text, no two pauses in a row."""
