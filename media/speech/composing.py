"""Puts a script together from pieces of text, each in its manner, and from pauses."""

from typing import NamedTuple

from media.errors import Unspeakable
from media.speech.script import PLAIN, Bleep, Pause, Phrase, Prosody, Script

MAX_TEXT = 1500
"""Characters to be said, tags not counted: Vonage's limit."""
MAX_WORDED = 4 * MAX_TEXT
"""Characters after `say-as` and `sub` have been worded: a digit becomes a word."""
MAX_PHRASES = 300
"""Changes of manner in one text: each phrase costs an engine a run of its own."""
MAX_SILENCE_S = 120.0
"""All the pauses of one text: a call is not kept busy with nothing."""
BLEEP_S = 0.08
"""For each character that is not to be heard."""
MAX_BLEEP_S = 2.0


class Manner(NamedTuple):
    """How a piece of text is said."""

    prosody: Prosody = PLAIN
    language: str = ""
    ipa: str = ""


PLAINLY = Manner()


class Composer:
    """Collects a script: text in one manner is joined, the longer of two pauses that touch is kept."""

    def __init__(self) -> None:
        self._parts: Script = []
        self._text: list[str] = []
        self._manner = Manner()
        self._unseen = 0
        """Characters that were written less those that stand for them: a digit is one, its word is more."""

    def say(self, text: str, manner: Manner = PLAINLY, *, counted: int | None = None) -> None:
        """More text; `counted` is its length as it was written, where it has been worded."""
        if manner.ipa or manner != self._manner:
            self._end_text()
            self._manner = manner
        self._text.append(text)
        if counted is not None:
            self._unseen += counted - len(text)

    def pause(self, seconds: float) -> None:
        """Silence, if it is any."""
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

    def bleep(self, text: str) -> None:
        """A tone about as long as the text would be."""
        self._end_text()
        self._unseen += len(text)
        if text.strip():
            self._parts.append(Bleep(min(len(text.strip()) * BLEEP_S, MAX_BLEEP_S)))

    def script(self) -> Script:
        """The whole. Raises Unspeakable for nothing to say, and for too much."""
        self._end_text()
        phrases = [part for part in self._parts if isinstance(part, Phrase)]
        silence = sum(part.seconds for part in self._parts if isinstance(part, Pause))
        worded = sum(len(phrase.text) for phrase in phrases)
        if not any(isinstance(part, Phrase | Bleep) for part in self._parts):
            raise Unspeakable("there is nothing to say in the text")
        if (said := worded + self._unseen) > MAX_TEXT:
            raise Unspeakable(f"the text has {said} characters to say; at most {MAX_TEXT} are said")
        if worded > MAX_WORDED:
            raise Unspeakable(f"the text has {worded} characters in words; at most {MAX_WORDED} are said")
        if len(phrases) > MAX_PHRASES:
            raise Unspeakable(f"the text changes its manner {len(phrases)} times; at most {MAX_PHRASES}")
        if silence > MAX_SILENCE_S:
            raise Unspeakable(f"the text has {silence:g} s of pauses; at most {MAX_SILENCE_S:g} s are kept")
        return self._parts

    def _end_text(self) -> None:
        text = " ".join("".join(self._text).split())
        self._text.clear()
        before = self._parts[-1] if self._parts else None
        if not text:
            return
        if isinstance(before, Phrase) and not any(map(str.isalnum, text)):
            # A full stop after an emphasised word belongs to that word.
            self._parts[-1] = before._replace(text=f"{before.text}{text}")
        else:
            self._parts.append(Phrase(text, *self._manner))
