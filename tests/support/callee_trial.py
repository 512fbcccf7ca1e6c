"""Puts generated greetings to the detector, as the hearing process does with what a line brings."""

from collections.abc import Iterable
from typing import NamedTuple

from media.hearing.detector import CHUNK, RATE, Beep, Sound, Verdict
from media.hearing.machine import MachineDetector
from media.hearing.tone import ToneReader
from media.hearing.vad import SileroVad
from tests.support.greetings import Answer

BEEP_TIMEOUT_S = 45.0
NEAR_S = 0.1
"""How far from its end a beep may be told to have ended."""


class Trial(NamedTuple):
    """One answer, and what was made of it."""

    answer: Answer
    verdict: Verdict
    beep: Beep | None

    @property
    def is_right(self) -> bool:
        return self.verdict.verdict == self.answer.who

    @property
    def hears_beep(self) -> bool:
        """A beep was told where one had ended."""
        at_s = self.answer.beep_s
        return self.beep is not None and at_s is not None and abs(self.beep.at_s - at_s) <= NEAR_S


def trials(answers: Iterable[Answer]) -> list[Trial]:
    """Judge them one after the other."""
    vad = SileroVad()
    return [_trial(answer, vad) for answer in answers]


def _trial(answer: Answer, vad: SileroVad) -> Trial:
    detector, reader, told = MachineDetector(BEEP_TIMEOUT_S), ToneReader(), list[Verdict | Beep]()
    for end in range(CHUNK, len(answer.samples) + 1, CHUNK):
        chunk = answer.samples[end - CHUNK : end]
        line = {answer.name: chunk}
        voice, tones = vad.hear(line)[answer.name], reader.hear(line)[answer.name]
        told += detector.feed(Sound(chunk, voice, tones, end / RATE))
    vad.forget(answer.name)
    (verdict,) = (each for each in told if isinstance(each, Verdict))
    return Trial(answer, verdict, next((each for each in told if isinstance(each, Beep)), None))
