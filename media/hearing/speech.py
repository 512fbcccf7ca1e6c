"""When somebody begins and ends to speak: a state machine over the voice activity of chunks.

Pure: time is counted in the sound's own seconds.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple

from media.errors import IllegalTransition
from media.hearing.vad import CHUNK_S, threshold

BEGIN_S = 0.09
"""So much voice in a row begins speech: three chunks. A click, or a cough on the line, is shorter."""
PAUSE_S = 0.25
"""So much silence is a pause, in which what was said so far can be looked at. Plosives make less."""
HYSTERESIS = 0.15
"""A voice that has begun goes on at a probability that is lower by this: words end softly."""


class State(Enum):
    """Of one speech."""

    WAITING = "waiting"
    BEGINNING = "beginning"
    SPEAKING = "speaking"
    PAUSING = "pausing"
    ENDED = "ended"


class Sound(Enum):
    """What the next chunk means."""

    VOICE = "voice"
    ENOUGH = "enough voice to be speech"
    SILENCE = "silence"
    OVER = "silence, or speech, for too long"


TABLE: dict[tuple[State, Sound], State] = {
    (State.WAITING, Sound.VOICE): State.BEGINNING,
    (State.WAITING, Sound.SILENCE): State.WAITING,
    (State.BEGINNING, Sound.VOICE): State.BEGINNING,
    (State.BEGINNING, Sound.ENOUGH): State.SPEAKING,
    (State.BEGINNING, Sound.SILENCE): State.WAITING,
    (State.SPEAKING, Sound.VOICE): State.SPEAKING,
    (State.SPEAKING, Sound.SILENCE): State.PAUSING,
    (State.SPEAKING, Sound.OVER): State.ENDED,
    (State.PAUSING, Sound.VOICE): State.SPEAKING,
    (State.PAUSING, Sound.SILENCE): State.PAUSING,
    (State.PAUSING, Sound.OVER): State.ENDED,
}


class Began(NamedTuple):
    """Speech has begun at `at_s`; known a little later."""

    at_s: float


class Paused(NamedTuple):
    """Nothing has been said since `at_s`. What comes may belong to the same speech."""

    at_s: float


class Ended(NamedTuple):
    """The speech is over; its last sound ended at `ended_s`."""

    ended_by: Literal["silence", "max_duration"]
    began_s: float
    ended_s: float


@dataclass(frozen=True)
class Manner:
    """How speech is to be heard: seconds, and the sensitivity of 10 to 100."""

    end_on_silence_s: float = 2.0
    max_duration_s: float = 60.0
    sensitivity: int = 90


class Speech:
    """One speech, from the first voice to the end."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._threshold = threshold(manner.sensitivity)
        self.state = State.WAITING
        self.began_s = 0.0
        self._ended_s = 0.0
        self._has_paused = False

    def hear(self, voice: float, at_s: float) -> Began | Paused | Ended | None:
        """What the next chunk, which ends at `at_s`, tells; `voice` is its probability of speech.

        Raises IllegalTransition after the end.
        """
        is_voice = voice >= self._threshold - (HYSTERESIS if self.state is State.SPEAKING else 0.0)
        before = self.state
        sound = self._sound(is_voice, at_s)
        if (before, sound) not in TABLE:
            raise IllegalTransition(f"{sound} after the speech has {before.value}")
        self.state = TABLE[before, sound]
        if self.state is State.BEGINNING and before is State.WAITING:
            self.began_s = at_s - CHUNK_S
        if is_voice:
            self._ended_s = at_s
            self._has_paused = False
        return self._told(before, at_s)

    def finish(self) -> Ended | None:
        """There is no more sound: what has been said, None when nothing was."""
        if self.state not in (State.SPEAKING, State.PAUSING):
            return None
        self.state = State.ENDED
        return Ended("silence", self.began_s, self._ended_s)

    def _sound(self, is_voice: bool, at_s: float) -> Sound:
        match self.state:
            case State.BEGINNING if is_voice and at_s - self.began_s >= BEGIN_S:
                return Sound.ENOUGH
            case State.SPEAKING | State.PAUSING if self._is_too_long(at_s):
                return Sound.OVER
            case State.PAUSING if not is_voice and self._silent_s(at_s) >= self._manner.end_on_silence_s:
                return Sound.OVER
        return Sound.VOICE if is_voice else Sound.SILENCE

    def _told(self, before: State, at_s: float) -> Began | Paused | Ended | None:
        if self.state is State.SPEAKING and before is State.BEGINNING:
            return Began(self.began_s)
        if self.state is State.ENDED:
            by: Literal["silence", "max_duration"] = "max_duration" if self._is_too_long(at_s) else "silence"
            return Ended(by, self.began_s, self._ended_s)
        if self.state is State.PAUSING and not self._has_paused and self._silent_s(at_s) >= PAUSE_S:
            self._has_paused = True
            return Paused(self._ended_s)
        return None

    def _silent_s(self, at_s: float) -> float:
        return at_s - self._ended_s

    def _is_too_long(self, at_s: float) -> bool:
        return at_s - self.began_s >= self._manner.max_duration_s
