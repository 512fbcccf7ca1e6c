"""A script spoken by voices: phrase after phrase in its manner, with the pauses between."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from media.errors import Unspeakable
from media.speech import shaping
from media.speech.provider import Audio, Provider, Utterance
from media.speech.script import Bleep, Pause, Phrase, Script

MAX_SPEECH_S = 600
"""The longest speech; 1500 characters take about two minutes."""
BLEEP_RATE = 24_000
"""Hz, of a text that is nothing but bleeps."""


class Voice(NamedTuple):
    """Somebody who speaks a language."""

    provider: Provider
    name: str


def voices(providers: Iterable[Provider], language: str, style: int) -> list[Voice]:
    """Who speaks the language, in the providers' order."""
    named = [(provider, provider.voice(language, style)) for provider in providers]
    return [Voice(provider, name) for provider, name in named if name is not None]


def perform(script: Script, cast: Sequence[Voice], style: int) -> Audio:
    """The whole script by the first of the cast; where it changes its language, by whoever speaks that first.

    Raises Unspeakable when a voice fails, for silence, and for what is too long.
    """
    said = [_phrase(part, cast, style) if isinstance(part, Phrase) else part for part in script]
    rate = next((part.rate for part in said if isinstance(part, Audio)), BLEEP_RATE)
    if not any(isinstance(part, Bleep) or (isinstance(part, Audio) and part.samples.size) for part in said):
        raise Unspeakable(f"{cast[0].provider.name} found nothing to say in the text")
    samples = np.concatenate(list(_joined(said, rate)))
    if len(samples) > MAX_SPEECH_S * rate:
        raise Unspeakable(
            f"the speech would last {len(samples) / rate:.0f} s; at most {MAX_SPEECH_S} are kept"
        )
    return Audio(samples, rate)


def _phrase(phrase: Phrase, cast: Sequence[Voice], style: int) -> Audio:
    own = voices((voice.provider for voice in cast), phrase.language, style) if phrase.language else []
    provider, name = (*own, *cast)[0]
    rate, pitch, gain_db = phrase.prosody
    audio = provider.speak(Utterance(phrase.text, rate / pitch, phrase.ipa), name)
    return shaping.amplified(shaping.pitched(audio, pitch), gain_db)


def _joined(said: Sequence[Audio | Pause | Bleep], rate: int) -> Iterable[shaping.Samples]:
    """The parts at one rate.

    Speech loses the quiet before it, for which somebody would wait, and that before what follows it.
    """
    for part, after in zip(said, [*said[1:], None], strict=True):
        match part:
            case Pause(seconds):
                yield shaping.silence(seconds, rate)
            case Bleep(seconds):
                yield shaping.bleep(seconds, rate)
            case _:
                samples = shaping.at_rate(part, rate).samples
                yield shaping.trimmed(samples, rate, tail=after is not None)
