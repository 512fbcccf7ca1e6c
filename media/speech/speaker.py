"""Which engine says a text, and the file that comes of it.

The engines are asked in order: the first with a voice for the language speaks; when it fails, the next. An
engine that the text asks for by name comes before all others.
"""

import logging
import re
import shutil
from collections.abc import Sequence

from media.control import Speak, Spoken
from media.errors import Unspeakable
from media.speech.cache import Cache, Entry, key
from media.speech.espeak import PROGRAM
from media.speech.languages import called
from media.speech.markup import parse
from media.speech.performance import Voice, perform, voices
from media.speech.provider import Provider

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_INSTALL = "installing espeak-ng (apt-get install espeak-ng) adds a hundred languages"
_CONFIGURE = "a server that has one can be configured in [speech]"

_log = logging.getLogger(__name__)


class Speaker:
    """Turns Speak commands into files."""

    def __init__(self, providers: Sequence[Provider], cache: Cache) -> None:
        self._providers = providers
        self._cache = cache

    def find(self, command: Speak) -> Spoken | None:
        """The speech when it has been made before, at once."""
        for voice in self._cast(command):
            if entry := self._cache.find(_key(command, voice)):
                return _spoken(command, entry, voice)
        return None

    def speak(self, command: Speak) -> Spoken:
        """Make the speech. Raises Unspeakable, or Unwritable when the disk is full."""
        if not _LANGUAGE.fullmatch(command.language):
            raise Unspeakable(f"{command.language[:40]!r} is not a language tag like en-US")
        script = parse(command.text, command.language)
        cast = self._cast(command)
        if not cast:
            advice = _CONFIGURE if shutil.which(PROGRAM) else _INSTALL
            raise Unspeakable(f"no installed voice speaks {called(command.language)}; {advice}")
        failures = []
        for first, voice in enumerate(cast):
            try:
                audio = perform(script, cast[first:], command.style)
            except Unspeakable as error:
                name = voice.provider.name
                _log.warning("speech_provider_failed", extra={"provider": name, "reason": str(error)})
                failures.append(str(error))
                continue
            return _spoken(command, self._cache.put(_key(command, voice), audio), voice)
        raise Unspeakable("; ".join(failures))

    def _cast(self, command: Speak) -> list[Voice]:
        """Who may speak, in order."""
        cast = voices(self._providers, command.language, command.style)
        wanted = command.provider.casefold()
        named = [voice for voice in cast if voice.provider.name.casefold() == wanted]
        return [*named, *(voice for voice in cast if voice not in named)]


def _key(command: Speak, voice: Voice) -> str:
    manner = f"{voice.name} {command.language.lower()}/{command.style}"
    return key(voice.provider.name, manner, command.text)


def _spoken(command: Speak, entry: Entry, voice: Voice) -> Spoken:
    return Spoken(
        speech=command.speech,
        path=str(entry.path),
        duration_s=entry.duration_s,
        voice=f"{voice.provider.name}:{voice.name}",
    )
