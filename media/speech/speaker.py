"""Which engine says a text, and the file that comes of it.

The engines are asked in order: the first with a voice for the language speaks; when it fails, the next.
"""

import logging
import re
from collections.abc import Sequence

import numpy as np

from media.control import Speak, Spoken
from media.errors import Unspeakable
from media.speech.cache import Cache, Entry, key
from media.speech.markup import Pause, Script, parse
from media.speech.provider import Audio, Provider

MAX_SPEECH_S = 600
"""The longest speech; 1500 characters take about two minutes."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_HINT = "installing espeak-ng adds a hundred languages, and a second voice for English"

_log = logging.getLogger(__name__)


class Speaker:
    """Turns Speak commands into files."""

    def __init__(self, providers: Sequence[Provider], cache: Cache) -> None:
        self._providers = providers
        self._cache = cache

    def find(self, command: Speak) -> Spoken | None:
        """The speech when it has been made before, at once."""
        for provider, voice in self._candidates(command):
            if entry := self._cache.find(key(provider.name, voice, command.text)):
                return _spoken(command, entry, provider, voice)
        return None

    def speak(self, command: Speak) -> Spoken:
        """Make the speech. Raises Unspeakable, or Unwritable when the disk is full."""
        if not _LANGUAGE.fullmatch(command.language):
            raise Unspeakable(f"{command.language[:40]!r} is not a language tag like en-US")
        script = parse(command.text)
        candidates = self._candidates(command)
        failures = [] if candidates else [f"no voice speaks {command.language}"]
        for provider, voice in candidates:
            try:
                audio = _perform(script, provider, voice)
            except Unspeakable as error:
                _log.warning(
                    "speech_provider_failed", extra={"provider": provider.name, "reason": str(error)}
                )
                failures.append(str(error))
                continue
            entry = self._cache.put(key(provider.name, voice, command.text), audio)
            return _spoken(command, entry, provider, voice)
        if len(candidates) < len(self._providers):
            failures.append(_HINT)
        raise Unspeakable("; ".join(failures))

    def _candidates(self, command: Speak) -> list[tuple[Provider, str]]:
        voices = [(provider, provider.voice(command.language, command.style)) for provider in self._providers]
        return [(provider, voice) for provider, voice in voices if voice is not None]


def _perform(script: Script, provider: Provider, voice: str) -> Audio:
    """The texts of a script by one voice, with its pauses."""
    said = [part if isinstance(part, Pause) else provider.speak(part, voice) for part in script]
    speeches = [part for part in said if isinstance(part, Audio)]
    rate = speeches[0].rate
    if not any(len(speech.samples) for speech in speeches):
        raise Unspeakable(f"{provider.name} found nothing to say in the text")
    samples = np.concatenate(
        [
            np.zeros(round(part.seconds * rate), np.int16) if isinstance(part, Pause) else part.samples
            for part in said
        ]
    )
    if len(samples) > MAX_SPEECH_S * rate:
        raise Unspeakable(
            f"the speech would last {len(samples) / rate:.0f} s; at most {MAX_SPEECH_S} are kept"
        )
    return Audio(samples, rate)


def _spoken(command: Speak, entry: Entry, provider: Provider, voice: str) -> Spoken:
    return Spoken(
        speech=command.speech,
        path=str(entry.path),
        duration_s=entry.duration_s,
        voice=f"{provider.name}:{voice}",
    )
