"""One of the expected phrases, or nothing: pocketsphinx with a grammar of them.

A grammar always finds one of its phrases, whatever was said. Therefore the same sound is also heard as mere
phones, in any order: speech that fits these much better than the phrase, or that the phrase leaves half
unexplained, was something else.
"""

import tempfile
import threading
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from media.hearing.recognisers import sphinx
from media.hearing.recognisers.lexicon import Lexicon
from media.hearing.recognisers.recogniser import Sound, Understood

TOLERANCE = 60.0
"""How much worse a phrase may fit than phones do, for each frame of speech; there the confidence is a half.

Chosen by 17 phrases of three synthetic voices under five grammars, one of them of digits: of 123 wrong finds
5 pass, of 56 right ones 8 do not, and go to the next recogniser. Most find their phrase at 15 to 45.
"""
UNEXPLAINED = 120.0
"""What it costs to leave all of the speech unexplained: a short phrase found in a long sentence."""
SOFTNESS = 8.0
"""Of the step from sure to rejected, in the same unit."""
MIN_CONFIDENCE = 0.5
KEPT_CONTEXTS = 64
"""As many different ones as people may be listened to at a time."""

_GRAMMAR_SCALE = 1024
"""Decoders keep a grammar's scores in finer steps than those of phones, by ten bits."""


class Grammar:
    """Understands the phrases of the context alone, and says nothing to anything else."""

    name = "pocketsphinx-grammar"

    def __init__(self) -> None:
        self._phones = sphinx.Decoders(_phones)
        self._lexicon: Lexicon | None = None
        self._loading = threading.Lock()
        # The same phrases are asked for again with each pause of a speech.
        self._phrases = lru_cache(maxsize=KEPT_CONTEXTS)(self._read)

    def wants(self, context: tuple[str, ...]) -> bool:
        """When there is a phrase whose words are in the dictionary."""
        return bool(context and self._phrases(context))

    def recognise(
        self, sound: Sound, context: tuple[str, ...] = (), *, timed: bool = False
    ) -> Understood | None:
        """The phrase that was said, written as in the context. Raises Unrecognisable."""
        phrases = self._phrases(context)
        found = sphinx.decode(self._decoder(phrases), sound)
        said = [part for part in found if part.is_said]
        phrase = phrases.get(" ".join(part.word for part in said))
        if phrase is None:
            return None
        with self._phones.borrowed() as engine:
            confidence = _confidence(found, sphinx.decode(engine, sound))
        if confidence < MIN_CONFIDENCE:
            return None
        words = tuple(sphinx.place(part, confidence) for part in said)
        return Understood(phrase, confidence, words if timed else ())

    def _read(self, context: tuple[str, ...]) -> dict[str, str]:
        return self._words().speakable(context)

    def _words(self) -> Lexicon:
        with self._loading:
            if self._lexicon is None:
                self._lexicon = Lexicon(sphinx.model("cmudict-en-us.dict"))
            return self._lexicon

    def _decoder(self, phrases: Iterable[str]) -> sphinx.Decoder:
        """Made for each utterance: with a dictionary of a few words that takes 15 ms."""
        phrases = list(phrases)
        words = sorted({word for phrase in phrases for word in phrase.split()})
        with tempfile.TemporaryDirectory(prefix="cordboard-grammar-") as place:
            dictionary = Path(place) / "words.dict"
            dictionary.write_text("\n".join(self._words().lines(words)) + "\n")
            engine = sphinx.decoder(lm=None, dict=str(dictionary))
        engine.add_jsgf_string("phrases", _jsgf(phrases))
        engine.activate_search("phrases")
        return engine


def _jsgf(phrases: Sequence[str]) -> str:
    return f"#JSGF V1.0; grammar phrases; public <phrase> = {' | '.join(phrases)};"


def _phones() -> sphinx.Decoder:
    """Hears phones; with narrow beams, since it only has to be a yardstick."""
    return sphinx.decoder(
        lm=None, dict=None, allphone=str(sphinx.model("en-us-phone.lm.bin")), beam=1e-20, pbeam=1e-20, lw=2.0
    )


def _confidence(phrase: Sequence[sphinx.Segment], phones: Sequence[sphinx.Segment]) -> float:
    """How sure it is that the phrase was said, 0 to 1."""
    spoken = max(sum(part.frames for part in phones if part.is_said), 1)
    explained = min(sum(part.frames for part in phrase if part.is_said) / spoken, 1.0)
    fit = sum(part.score for part in phrase) / _GRAMMAR_SCALE - sum(part.score for part in phones)
    misfit = -fit / spoken + UNEXPLAINED * (1 - explained)
    return float(1 / (1 + np.exp((misfit - TOLERANCE) / SOFTNESS)))
