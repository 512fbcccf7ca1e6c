"""The loop that hears everybody: follows the files, and looks for voices and tones in all of them together.

It runs in a thread of its own and does nothing that takes long; what does is asked of others, whose answers
come back through the same queue as the commands.
"""

import queue
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from media.control import (
    BeepHeard,
    ListenForMachine,
    ListenForSpeech,
    ListeningFailed,
    MachineHeard,
    Notice,
    SpeechHeard,
    StopListening,
)
from media.errors import Unreadable
from media.hearing.detector import CHUNK, RATE, Beep, Detector, Sound, Verdict
from media.hearing.follow import Follower
from media.hearing.tone import ToneReader
from media.hearing.utterance import Draft, Question, Utterance
from media.hearing.vad import Vad

MAX_LISTENINGS = 64
"""At a time. With all of them speaking, the voice detector takes about a tenth of a core."""
POLL_S = 0.04
"""Between looks at the files; they grow ten times a second at the least."""

Item = ListenForSpeech | ListenForMachine | StopListening | Draft | None


class Listener(Protocol):
    """What hears the chunks of a file."""

    @property
    def has_ended(self) -> bool:
        """There is no more to hear."""
        ...

    @property
    def is_over(self) -> bool:
        """There is no more to tell either."""
        ...

    def hear(self, sound: Sound) -> list[Notice]:
        """What the next chunk tells."""
        ...

    def finish(self) -> list[Notice]:
        """What is to be told when the file does not grow any more."""
        ...


class MachineListener:
    """Tells the gateway what a detector finds."""

    def __init__(self, command: ListenForMachine, detector: Detector) -> None:
        self._command = command
        self._detector = detector
        self.has_ended = False

    @property
    def is_over(self) -> bool:
        """As soon as the last is heard."""
        return self.has_ended

    def hear(self, sound: Sound) -> list[Notice]:
        """Verdicts and beeps as notices."""
        return [self._notice(found) for found in self._detector.feed(sound)]

    def finish(self) -> list[Notice]:
        """Nothing: a detection cannot be finished without its sound."""
        return []

    def _notice(self, found: Verdict | Beep) -> Notice:
        listening = self._command.listening
        if isinstance(found, Beep):
            self.has_ended = True
            return BeepHeard(listening=listening, heard=found.heard, at_s=found.at_s)
        waits = found.verdict == "machine" and self._command.beep_timeout_s is not None
        self.has_ended = not waits
        return MachineHeard(
            listening=listening, verdict=found.verdict, confidence=found.confidence, at_s=found.at_s
        )


class _Listening:
    """A file, and who hears it."""

    def __init__(self, follower: Follower, listener: Listener) -> None:
        self.follower = follower
        self.listener = listener
        self._rest = np.zeros(0, np.int16)
        self._heard = 0

    def read(self, now: float) -> None:
        self._rest = np.concatenate([self._rest, self.follower.read(now)])

    def next_chunk(self) -> NDArray[np.int16] | None:
        if self.listener.has_ended or len(self._rest) < CHUNK:
            return None
        chunk, self._rest = self._rest[:CHUNK], self._rest[CHUNK:]
        self._heard += CHUNK
        return chunk

    @property
    def at_s(self) -> float:
        return self._heard / RATE


class Ears:
    """Everything that is listened to. `put` may be called from any thread, `run` is one."""

    def __init__(
        self,
        vad: Vad,
        tell: Callable[[Notice], None],
        ask: Callable[[Question, Callable[[Draft], None]], None],
        refusal: Callable[[str], str],
        detector: Callable[[float | None], Detector],
    ) -> None:
        self._vad = vad
        self._tones = ToneReader()
        self._tell = tell
        self._ask = ask
        self._refusal = refusal
        self._detector = detector
        # Not bounded: an item is taken in microseconds, and answers are as many as listenings.
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._listenings: dict[str, _Listening] = {}

    def put(self, item: Item) -> None:
        """A command, an answer, or None: the end."""
        self._items.put(item)

    def run(self) -> None:
        """Hear until the end."""
        while True:
            with suppress(queue.Empty):
                item = self._items.get(timeout=POLL_S if self._listenings else None)
                if item is None:
                    break
                self.take(item, time.monotonic())
            self.listen(time.monotonic())
        for listening in list(self._listenings):
            self._drop(listening)

    def take(self, item: ListenForSpeech | ListenForMachine | StopListening | Draft, now: float) -> None:
        """A command, or an answer; of a listening that is over, nothing happens."""
        match item:
            case ListenForSpeech() | ListenForMachine():
                self._begin(item, now)
            case StopListening():
                self._drop(item.listening)
            case Draft():
                listening = self._listenings.get(item.listening)
                if listening is not None and isinstance(listening.listener, Utterance):
                    self._told(item.listening, listening.listener.learn(item))

    def listen(self, now: float) -> None:
        """Hear what is new in all files."""
        for name, listening in list(self._listenings.items()):
            if not listening.listener.has_ended:
                self._read(name, listening, now)
        while chunks := {
            name: chunk
            for name, listening in self._listenings.items()
            if (chunk := listening.next_chunk()) is not None
        }:
            voices = self._vad.hear(chunks)
            machines = (n for n in chunks if isinstance(self._listenings[n].listener, MachineListener))
            tones = self._tones.hear({name: chunks[name] for name in machines})
            for name, chunk in chunks.items():
                listening = self._listenings[name]
                sound = Sound(chunk, voices[name], tones.get(name, ()), listening.at_s)
                self._told(name, listening.listener.hear(sound))

    def _begin(self, command: ListenForSpeech | ListenForMachine, now: float) -> None:
        name = command.listening
        if name in self._listenings or len(self._listenings) >= MAX_LISTENINGS:
            reason = "it is listened to already" if name in self._listenings else "too many are listened to"
            self._tell(ListeningFailed(listening=name, reason=reason))
            return
        listener: Listener
        if isinstance(command, ListenForMachine):
            listener = MachineListener(command, self._detector(command.beep_timeout_s))
        elif refusal := self._refusal(command.language):
            self._tell(SpeechHeard(listening=name, failed=refusal))
            return
        else:
            listener = Utterance(command, self._inquire)
        self._listenings[name] = _Listening(Follower(Path(command.path), now), listener)

    def _inquire(self, question: Question) -> None:
        self._ask(question, self.put)

    def _read(self, name: str, listening: _Listening, now: float) -> None:
        try:
            listening.read(now)
        except Unreadable as error:
            notices = listening.listener.finish()
            if not listening.listener.has_ended:
                notices = [ListeningFailed(listening=name, reason=str(error))]
                self._drop(name)
            self._told(name, notices)

    def _told(self, name: str, notices: list[Notice]) -> None:
        for notice in notices:
            self._tell(notice)
        listening = self._listenings.get(name)
        if listening is not None and listening.listener.is_over:
            self._drop(name)

    def _drop(self, name: str) -> None:
        listening = self._listenings.pop(name, None)
        if listening is not None:
            listening.follower.close()
            self._vad.forget(name)
            self._tones.forget(name)
