"""One listening for speech: what is told of it, and when the recognisers are asked.

What was said is recognised in each pause, long before it is sure that the pause is the end: so the result is
there when the silence has lasted long enough, and partial results cost nothing more.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.control import Hypothesis, ListenForSpeech, Notice, SpeechBegan, SpeechHeard, SpeechPartial
from media.hearing.detector import CHUNK, RATE, Sound
from media.hearing.recognisers.choice import Answer
from media.hearing.speech import PAUSE_S, Began, Ended, Manner, Paused, Speech, State

LEAD_S = 0.4
"""Of sound before the speech began: what was too soft to be noticed, and silence to compare with."""
PARTIAL_EVERY_S = 2.0
"""Between partial results while somebody speaks without a pause."""

Samples = NDArray[np.int16]


class Question(NamedTuple):
    """What is said in `samples` (8 kHz), which are the speech up to `until_s`?"""

    listening: str
    samples: Samples
    context: tuple[str, ...]
    until_s: float


class Draft(NamedTuple):
    """The answer to a question; `failed` says why there is none."""

    listening: str
    until_s: float
    answer: Answer | None
    failed: str = ""


class Utterance:
    """Hears the chunks of one listening. At most one question is open at a time: the newest one waits."""

    def __init__(self, command: ListenForSpeech, ask: Callable[[Question], None]) -> None:
        self._command = command
        self._ask = ask
        self._speech = Speech(Manner(command.end_on_silence_s, command.max_duration_s, command.sensitivity))
        self._chunks: list[Samples] = []
        self._dropped = 0
        self._open: float | None = None
        self._wanted: float | None = None
        self._looked_s = 0.0
        self._draft: Draft | None = None
        self._partial = ""
        self._ended: Ended | None = None
        self.is_over = False
        """Everything is told."""

    @property
    def has_ended(self) -> bool:
        """There is no more to hear, though perhaps something to tell."""
        return self._ended is not None

    def hear(self, sound: Sound) -> list[Notice]:
        """The next chunk."""
        at_s = sound.at_s
        if self._ended is not None:
            return []
        self._keep(sound.samples)
        match self._speech.hear(sound.speech, at_s):
            case Began(began_s):
                self._looked_s = began_s
                return [SpeechBegan(listening=self._command.listening, at_s=began_s)]
            case Paused(until_s):
                self._look(until_s)
            case Ended() as ended:
                return self._end(ended)
            case None if self._is_partial_due(at_s):
                self._look(at_s)
        return []

    def finish(self) -> list[Notice]:
        """There is no more sound: end the speech, if there is one."""
        ended = self._speech.finish() if self._ended is None else None
        return self._end(ended) if ended is not None else []

    def learn(self, draft: Draft) -> list[Notice]:
        """A question has been answered."""
        self._open, self._draft = None, draft
        if self._ended is not None and draft.until_s == self._ended.ended_s:
            return [self._conclusion(self._ended, draft)]
        if self._wanted is not None:
            self._put(self._wanted)
        text = draft.answer.understood.text if draft.answer and draft.answer.understood else ""
        if not self._command.partial or text in ("", self._partial) or self._ended is not None:
            return []
        self._partial = text
        return [SpeechPartial(listening=self._command.listening, text=text)]

    def _end(self, ended: Ended) -> list[Notice]:
        self._ended = ended
        if self._draft is not None and self._draft.until_s == ended.ended_s:
            return [self._conclusion(ended, self._draft)]
        self._look(ended.ended_s)
        return []

    def _conclusion(self, ended: Ended, draft: Draft) -> SpeechHeard:
        self.is_over = True
        self._chunks.clear()
        answer = draft.answer
        understood = answer.understood if answer else None
        return SpeechHeard(
            listening=self._command.listening,
            results=(Hypothesis(understood.text, understood.confidence),) if understood else (),
            ended_by=ended.ended_by,
            began_s=ended.began_s,
            ended_s=ended.ended_s,
            recogniser=answer.recogniser if answer else "",
            failed=draft.failed,
        )

    def _look(self, until_s: float) -> None:
        """Ask what has been said up to a moment, or remember to."""
        self._looked_s = until_s
        if self._open is None:
            self._put(until_s)
        elif self._open != until_s:
            self._wanted = until_s

    def _put(self, until_s: float) -> None:
        self._open, self._wanted = until_s, None
        last = round((until_s + PAUSE_S) * RATE) - self._dropped * CHUNK
        samples = np.concatenate(self._chunks)[:last]
        self._ask(Question(self._command.listening, samples, self._command.context, until_s))

    def _is_partial_due(self, at_s: float) -> bool:
        is_speaking = self._speech.state is State.SPEAKING
        return self._command.partial and is_speaking and at_s - self._looked_s >= PARTIAL_EVERY_S

    def _keep(self, chunk: Samples) -> None:
        """All of the speech, and before that the last LEAD_S."""
        self._chunks.append(chunk)
        if self._speech.state is State.WAITING and len(self._chunks) * CHUNK > LEAD_S * RATE:
            del self._chunks[0]
            self._dropped += 1
