"""A hundred languages from the system's espeak-ng, run once for each text.

The text goes in on standard input, never on the command line and never through a shell; the voice is a name
that espeak-ng itself has listed. espeak-ng is GPL-licensed and stays a program of its own.
"""

import functools
import re
import shutil
import struct
import subprocess

import numpy as np

from media.errors import Unspeakable
from media.speech.phonemes import for_espeak
from media.speech.provider import Audio, Utterance

PROGRAM = "espeak-ng"
TIMEOUT_S = 10
"""For one text. It speaks 160 times faster than life."""
WORDS_PER_MINUTE = 175
"""Its own speed."""
SLOWEST, FASTEST = 80, 450
"""Words per minute that it has."""

STYLES = ("", "+f2", "+m3", "+f4", "+m7")
"""The variants of a voice that Vonage's style numbers, counted round, choose from."""
_ALIASES = {
    "arb": "ar",
    "cmn-tw": "cmn",
    "en-au": "en-gb",
    "en-nz": "en-gb",
    "es-us": "es-419",
    "iw": "he",
    "nn": "nb",
    "zh-hk": "yue",
}
"""BCP 47 tags that espeak-ng knows by another name."""

_HEADER_OCTETS = 44
_RATE = struct.Struct("<I")
_RATE_OFFSET = 24
_OTHER = re.compile(r"\(([\w-]+) (\d+)\)")


class Espeak:
    """Every language of the installed espeak-ng; none when it is not installed."""

    name = "espeak-ng"

    def voice(self, language: str, style: int) -> str | None:
        """The closest voice: of the very tag, else of its language wherever it is spoken."""
        tag = language.lower()
        primary = tag.split("-")[0]
        for wanted in (tag, primary):
            if voice := self._voices.get(_ALIASES.get(wanted, wanted)):
                return voice + STYLES[style % len(STYLES)]
        return None

    def speak(self, utterance: Utterance, voice: str) -> Audio:
        """Say something. Raises Unspeakable when espeak-ng fails or takes longer than TIMEOUT_S."""
        pace = min(max(round(WORDS_PER_MINUTE * utterance.speed), SLOWEST), FASTEST)
        arguments = ("-v", voice, "-s", str(pace), "-b", "1", "--stdin", "--stdout")
        output = _run(*arguments, text=_written(utterance))
        if len(output) < _HEADER_OCTETS:
            raise Unspeakable(f"{PROGRAM} said nothing")
        # The header's sizes mean nothing, it was written before the audio.
        (rate,) = _RATE.unpack_from(output, _RATE_OFFSET)
        pcm = output[_HEADER_OCTETS : len(output) - len(output) % 2]
        return Audio(np.frombuffer(pcm, "<i2").astype(np.int16), rate)

    @functools.cached_property
    def _voices(self) -> dict[str, str]:
        """From each language tag to espeak-ng's name of the voice that speaks it best."""
        if shutil.which(PROGRAM) is None:
            return {}
        try:
            return parse_voices(_run("--voices").decode(errors="replace"))
        except Unspeakable:
            return {}


def _written(utterance: Utterance) -> str:
    """Two brackets switch to espeak-ng's own spelling of sounds: we may, a text may not."""
    if sounds := for_espeak(utterance.ipa):
        return f"[[{sounds}]]"
    return utterance.text.replace("[[", "[ [")


def parse_voices(table: str) -> dict[str, str]:
    """Read what `espeak-ng --voices` prints: from each language tag to the voice of the best priority."""
    ranked: list[tuple[int, str, str]] = []
    for line in table.splitlines()[1:]:
        priority, voice, *_ = [*line.split(), "", ""]
        if priority.isdigit():
            ranked.append((int(priority), voice.lower(), voice))
            ranked += [(int(rank), tag.lower(), voice) for tag, rank in _OTHER.findall(line)]
    return {tag: voice for _, tag, voice in sorted(ranked, reverse=True)}


def _run(*arguments: str, text: str = "") -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and no argument is the application's
            [PROGRAM, *arguments], input=text.encode(), capture_output=True, timeout=TIMEOUT_S, check=True
        )
    except FileNotFoundError as error:
        raise Unspeakable(f"{PROGRAM} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise Unspeakable(f"{PROGRAM} took longer than {TIMEOUT_S} s") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()[:200]
        raise Unspeakable(f"{PROGRAM} failed: {said}") from error
    except OSError as error:
        raise Unspeakable(f"cannot run {PROGRAM}: {error.strerror}") from error
    return done.stdout
