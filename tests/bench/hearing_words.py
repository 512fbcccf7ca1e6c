"""How well and how fast speech is recognised: telephone phrases of several voices, in telephone quality.

The voices are synthetic, since no recordings of people come with this repository: the figures compare
recognisers and versions; they do not say how well somebody in the street is understood. The grammar holds
exactly the phrases that are spoken; a second one holds others, so that each phrase it finds is wrong. All of
this is the same each time: only the wait is repeated.
"""

import functools
import io
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr
from hibari import Hibari  # type: ignore[import-untyped]
from numpy.typing import NDArray

from media.control import ListenForSpeech, Ready, SpeechHeard
from media.files.wav import WavWriter
from media.hearing.recognisers import whisper
from media.hearing.recognisers.choice import Recognisers
from media.hearing.recognisers.free import Free
from media.hearing.recognisers.grammar import Grammar
from media.hearing.recognisers.lexicon import words_of
from media.hearing.recognisers.recogniser import RATE
from media.hearing.recognisers.whisper import Whisper
from tests.bench.effort import Effort
from tests.bench.report import Figure
from tests.support.hearing_process import RATE as LINE_RATE
from tests.support.hearing_process import HearingChild, silence

PHRASES = (
    "I would like to speak to an agent",
    "what is my account balance",
    "please cancel my order",
    "book a table for tonight",
    "four zero seven two",
    "technical support",
    "yes that is correct",
    "no thank you",
    "call me back tomorrow morning",
    "where is my parcel",
)
OTHERS = ("sales", "support", "opening hours", "repeat", "operator", "yes", "no", "main menu", "one", "two")
ESPEAK_VOICES = ("en-us", "en-gb+f3")
END_ON_SILENCE_S = 1.0
WAITS = 2
"""In each repetition; each takes as long as the phrase and its silence."""
WRITE_S = 0.1
"""Between two writes of a leg's file."""

Samples = NDArray[np.int16]


def measure(effort: Effort) -> list[Figure]:
    """Errors and speed of each recogniser, what the grammar rejects, and how long a caller waits."""
    phrases = PHRASES[: effort.count(len(PHRASES))]
    voices = {name: [_telephone(speak(phrase)) for phrase in phrases] for name, speak in _voices()}
    figures = []
    for name, recogniser, context in _recognisers():
        for voice, spoken in voices.items():
            figures += _recognised(effort, f"{name}, {voice}", Recognisers([recogniser]), context, spoken)
    figures.append(_false_finds(effort, [sound for spoken in voices.values() for sound in spoken]))
    figures.append(_waits(effort, next(iter(voices.values()))))
    return figures


def word_errors(reference: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest words to change, leave out or add (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for left, word in enumerate(reference, start=1):
        diagonal, row[0] = row[0], left
        for right, other in enumerate(heard, start=1):
            diagonal, row[right] = (
                row[right],
                min(row[right] + 1, row[right - 1] + 1, diagonal + (word != other)),
            )
    return row[-1]


def _recognised(
    effort: Effort, name: str, recognisers: Recognisers, context: tuple[str, ...], spoken: Sequence[Samples]
) -> list[Figure]:
    effort.tell(name)
    recognisers.recognise(_wide(spoken[0]), context)
    wrong, start = 0, time.perf_counter()
    for phrase, sound in zip(PHRASES, spoken, strict=False):
        understood = recognisers.recognise(_wide(sound), context).understood
        wrong += word_errors(words_of(phrase), words_of(understood.text if understood else ""))
    took = time.perf_counter() - start
    share = 100 * wrong / sum(len(words_of(phrase)) for phrase in PHRASES[: len(spoken)])
    speed = took / (sum(map(len, spoken)) / LINE_RATE)
    return [
        Figure(f"Wrong words, {name}", "%", (share,)),
        Figure(f"Time by length of sound, {name}", "s/s", (speed,)),
    ]


def _false_finds(effort: Effort, spoken: Sequence[Samples]) -> Figure:
    recognisers = Recognisers([Grammar()])
    effort.tell("phrases that are not in the grammar")
    found = [recognisers.recognise(_wide(sound), OTHERS).understood is not None for sound in spoken]
    return Figure("Other phrases taken for one of a grammar", "%", (100 * sum(found) / len(found),))


def _waits(effort: Effort, spoken: Sequence[Samples]) -> Figure:
    """From the moment when the silence has lasted long enough until it is told, on a file in real time."""
    waits = []
    with HearingChild() as child, tempfile.TemporaryDirectory(prefix="hearing-bench-") as place:
        child.told(Ready)
        for number in effort.rounds("the wait for the end of speech"):
            waits += [
                _wait(child, Path(place) / f"{number}-{index}.wav", sound)
                for index, sound in enumerate(spoken[: effort.count(WAITS)])
            ]
    return Figure(f"Wait after {END_ON_SILENCE_S:g} s of silence", "ms", tuple(waits))


def _wait(child: HearingChild, path: Path, sound: Samples) -> float:
    writer = WavWriter(path, 1, LINE_RATE)
    child.tell(ListenForSpeech(listening=path.name, path=str(path), end_on_silence_s=END_ON_SILENCE_S))
    whole = np.concatenate([sound, silence(END_ON_SILENCE_S + 1)])
    start = time.perf_counter()
    for index, block in enumerate(np.array_split(whole, round(len(whole) / LINE_RATE / WRITE_S)), start=1):
        time.sleep(max(0.0, start + index * WRITE_S - time.perf_counter()))
        writer.append(block.reshape(-1, 1))
    writer.close()
    while not isinstance(notice := child.notice(), SpeechHeard):
        pass
    return 1000 * (time.perf_counter() - start - notice.ended_s - END_ON_SILENCE_S)


def _recognisers() -> Iterator[tuple[str, Grammar | Whisper | Free, tuple[str, ...]]]:
    yield "grammar", Grammar(), PHRASES
    if whisper.is_installed():
        yield "whisper", Whisper(), ()
    yield "pocketsphinx", Free(), ()


def _voices() -> Iterator[tuple[str, Callable[[str], Samples]]]:
    engine = Hibari(threads=1)
    yield "hibari", lambda text: _scaled(engine(text, seed=0), engine.sample_rate)
    if shutil.which("espeak-ng"):
        for voice in ESPEAK_VOICES:
            yield f"espeak {voice}", functools.partial(_espeak, voice)


def _espeak(voice: str, text: str) -> Samples:
    command = ["espeak-ng", "-v", voice, "-s", "150", "--stdout", "--", text]
    sound, rate = soundfile.read(io.BytesIO(subprocess.run(command, capture_output=True, check=True).stdout))
    return _scaled(sound, rate)


def _scaled(sound: NDArray[np.floating], rate: int) -> Samples:
    narrow = soxr.resample(sound, rate, LINE_RATE)
    samples: Samples = (narrow / np.abs(narrow).max() * 12_000).astype(np.int16)
    return samples


def _telephone(sound: Samples) -> Samples:
    """Half a second of a quiet line around it, and through µ-law."""
    line = io.BytesIO()
    whole = np.concatenate([silence(0.5), sound, silence(0.5)])
    soundfile.write(line, whole, LINE_RATE, format="WAV", subtype="ULAW")
    line.seek(0)
    samples: Samples = soundfile.read(line, dtype="int16")[0]
    return samples


def _wide(sound: Samples) -> Samples:
    wide: Samples = soxr.resample(sound, LINE_RATE, RATE)
    return wide
