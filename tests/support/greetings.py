"""How calls are answered: a labelled set of generated greetings, for whoever tells machines from people.

Each is a list of parts, made into what a phone line brings: speech of several synthetic voices, within the
telephone band, over noise, in mu-law.
"""

import functools
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from media.speech.espeak import PROGRAM, Espeak
from media.speech.hibari import Hibari
from media.speech.provider import Utterance

RATE = 8_000
SPEECH_DB = -22.0
BEEP_DB = -18.0
MUSIC_DB = -24.0
LISTENED_S = 8.0
"""A greeting is followed by at least so much of the line's own noise, less what it lasts itself."""
_BAND_HZ = 300, 3400

HIBARI = "hibari"
_OF_ESPEAK = ("en-us", "en-gb+f2", "en-us+m3", "en-gb-scotland+m7") if shutil.which(PROGRAM) else ()
VOICES = (HIBARI, *_OF_ESPEAK)
"""hibari's voice, and some of espeak-ng's where that is installed."""


class Said(NamedTuple):
    """Words."""

    text: str


class Still(NamedTuple):
    """Nothing but the line's noise."""

    seconds: float


class Beep(NamedTuple):
    """One tone; of several, the last is what the machine begins to record after."""

    hertz: float
    seconds: float


class Tones(NamedTuple):
    """Several tones at once: keys, ringing."""

    hertz: tuple[float, ...]
    seconds: float


class Music(NamedTuple):
    """Chords with a melody above."""

    seconds: float


Part = Said | Still | Beep | Tones | Music
Who = Literal["human", "machine"]


@dataclass(frozen=True, slots=True)
class Greeting:
    """How one call is answered."""

    name: str
    who: Who
    parts: tuple[Part, ...]
    noise_db: float = -65.0
    """Of the line, relative to full scale."""


class Answer(NamedTuple):
    """A greeting as one voice says it, on the line."""

    name: str
    who: Who
    samples: NDArray[np.int16]
    """At 8 kHz, from the moment of the answer."""
    beep_s: float | None
    """When its last beep ends; None without one."""
    ended_s: float
    """When the last part ends, and only the line's noise goes on."""


def _human(name: str, *parts: Part, noise_db: float = -65.0) -> Greeting:
    return Greeting(name, "human", parts, noise_db)


def _machine(name: str, *parts: Part, noise_db: float = -65.0) -> Greeting:
    return Greeting(name, "machine", parts, noise_db)


HUMANS = (
    _human("hello", Still(0.6), Said("Hello?")),
    _human("at once", Said("Yes?")),
    _human("speaking", Still(0.5), Said("Hello, Anna speaking.")),
    _human("twice", Still(0.4), Said("Hello?"), Still(1.1), Said("Hello? Who is this?")),
    _human("business", Still(0.5), Said("Acme plumbing, how can I help?")),
    _human("office", Still(0.8), Said("Good morning, Harper and sons.")),
    _human("late", Still(2.8), Said("Hello?")),
    _human("noisy line", Still(0.7), Said("Hello?"), noise_db=-38.0),
    _human("street", Still(0.5), Said("Yes, speaking."), noise_db=-34.0),
    _human("silent", Still(8.0)),
    _human("silent in noise", Still(8.0), noise_db=-36.0),
    _human("talkative", Still(0.5), Said("Good morning, you are talking to Anna of Harper and sons, yes?")),
    _human("rung through", Tones((440.0, 480.0), 1.2), Still(0.8), Said("Hello?")),
)

_ASK = "Please leave a message after the tone, and I will call you back."
_CARRIER = "The person you are calling is not available. Please leave your message after the tone."
_COMPANY = (
    "Thank you for calling Northern Freight. Our office is closed at the moment. "
    "Our opening hours are Monday to Friday, nine to five."
)

MACHINES = (
    _machine(
        "personal", Still(0.4), Said("Hi, this is Sam. I can't come to the phone right now."), Said(_ASK)
    ),
    _machine(
        "personal, beep", Still(0.4), Said("Hi, you have reached Kim. " + _ASK), Still(0.4), Beep(1000, 0.4)
    ),
    _machine(
        "pausing",
        Still(0.7),
        Said("Hello."),
        Still(0.6),
        Said("You have reached Ben's voicemail."),
        Still(0.7),
        Said(_ASK),
    ),
    _machine("carrier, beep", Still(0.9), Said(_CARRIER), Still(0.6), Beep(1400, 0.25)),
    _machine("carrier, low beep", Still(0.2), Said(_CARRIER), Still(0.3), Beep(440, 0.9)),
    _machine("short, beep", Still(0.3), Said("Leave a message."), Still(0.4), Beep(850, 0.5)),
    _machine("company", Still(0.5), Said(_COMPANY)),
    _machine(
        "company, double beep", Still(0.5), Said(_COMPANY), Beep(660, 0.15), Still(0.15), Beep(660, 0.15)
    ),
    _machine("noisy, beep", Still(0.5), Said(_CARRIER), Still(0.5), Beep(2000, 0.6), noise_db=-40.0),
    _machine("very short beep", Still(0.5), Said(_CARRIER), Still(0.5), Beep(1100, 0.12)),
    _machine("high beep", Still(0.5), Said(_CARRIER), Still(0.2), Beep(2600, 1.8)),
    _machine("music, speech", Music(3.5), Said(_COMPANY)),
    _machine("music, speech, beep", Music(4.0), Said(_CARRIER), Still(0.5), Beep(1000, 0.5)),
    _machine("thoughtful", Still(0.5), Said("Hi, this is Bob."), Still(1.3), Said(_ASK)),
    _machine(
        "keys pressed in it", Still(0.5), Said(_COMPANY), Tones((770.0, 1336.0), 0.3), Said("Thank you.")
    ),
)

SET = (*HUMANS, *MACHINES)


def answers(greetings: tuple[Greeting, ...] = SET, voices: tuple[str, ...] = VOICES) -> Iterator[Answer]:
    """Every greeting by every voice that has something to say in it, one after the other."""
    for number, greeting in enumerate(greetings):
        spoken = any(isinstance(part, Said) for part in greeting.parts)
        for voice in voices if spoken else voices[:1]:
            yield render(greeting, voice, seed=number)


def render(greeting: Greeting, voice: str, seed: int = 0) -> Answer:
    """What the line brings when that voice answers so."""
    dice = np.random.default_rng(seed)
    sounds: list[NDArray[np.float64]] = []
    beep_s, length = None, 0
    for part in greeting.parts:
        sounds.append(_sound(part, voice, dice))
        length += len(sounds[-1])
        if isinstance(part, Beep):
            beep_s = length / RATE
    sounds.append(np.zeros(max(RATE, round(LISTENED_S * RATE) - length)))
    clean = _telephone_band(np.concatenate(sounds))
    noise = _at_level(_telephone_band(dice.standard_normal(len(clean))), greeting.noise_db)
    line = np.clip((clean + noise) * 32767, -32768, 32767).astype(np.int16)
    companded = _companded(line)
    return Answer(f"{greeting.name} ({voice})", greeting.who, companded, beep_s, length / RATE)


def _companded(line: NDArray[np.int16]) -> NDArray[np.int16]:
    """What mu-law leaves of it."""
    octets = io.BytesIO()
    form = {"format": "RAW", "subtype": "ULAW", "samplerate": RATE}
    soundfile.write(octets, line, **form)
    octets.seek(0)
    heard, _ = soundfile.read(octets, dtype="int16", channels=1, **form)
    return np.asarray(heard, np.int16)


def _sound(part: Part, voice: str, dice: np.random.Generator) -> NDArray[np.float64]:
    match part:
        case Said(text=text):
            return _at_level(_speech(text, voice), SPEECH_DB)
        case Still(seconds=seconds):
            return np.zeros(round(seconds * RATE))
        case Beep(hertz=hertz, seconds=seconds):
            return _at_level(_faded(_sine(hertz, seconds)), BEEP_DB)
        case Tones(hertz=hertz, seconds=seconds):
            return _at_level(_faded(sum((_sine(each, seconds) for each in hertz), np.zeros(1))), BEEP_DB)
        case Music(seconds=seconds):
            return _at_level(_music(seconds, dice), MUSIC_DB)


@functools.cache
def _hibari() -> Hibari:
    return Hibari()


@functools.cache
def _speech(text: str, voice: str) -> NDArray[np.float64]:
    words = Utterance(text)
    audio = _hibari().speak(words, "en-us") if voice == HIBARI else Espeak().speak(words, voice)
    samples: NDArray[np.float64] = soxr.resample(audio.samples.astype(np.float64) / 32768, audio.rate, RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return samples[loud[0] : loud[-1] + 1]


def _sine(hertz: float, seconds: float) -> NDArray[np.float64]:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def _faded(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without clicks at its ends."""
    edge = np.minimum(1.0, np.arange(len(samples)) / 40)
    return samples * edge * edge[::-1]


_CHORDS = ((262, 330, 392), (220, 262, 330), (349, 440, 523), (392, 494, 587))
_NOTE_S = 0.25


def _music(seconds: float, dice: np.random.Generator) -> NDArray[np.float64]:
    notes = []
    for number in range(round(seconds / _NOTE_S)):
        chord = _CHORDS[number // 4 % len(_CHORDS)]
        pitches = (*chord, 2 * float(dice.choice(chord)))
        wave = sum((_sine(pitch * k, _NOTE_S) / k for pitch in pitches for k in (1, 2, 3, 4)), np.zeros(1))
        notes.append(wave * np.exp(-np.arange(len(wave)) / RATE))
    return np.concatenate(notes)


def _at_level(samples: NDArray[np.float64], level_db: float) -> NDArray[np.float64]:
    power = float((samples**2).mean())
    return samples if power == 0 else samples * 10 ** (level_db / 20) / np.sqrt(power)


def _telephone_band(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    spectrum[(hertz < _BAND_HZ[0]) | (hertz > _BAND_HZ[1])] = 0
    return np.fft.irfft(spectrum, len(samples))
