"""The real hearing process, and files in which somebody speaks."""

import functools
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
import soxr
from hibari import Hibari  # type: ignore[import-untyped]
from numpy.typing import NDArray

from media.control import (
    AnyNotice,
    Command,
    Framer,
    ListenForMachine,
    ListenForSpeech,
    Notice,
    SpeechHeard,
    StopListening,
    decode_notice,
    encode,
)
from media.files.wav import WavWriter

N = TypeVar("N", bound=Notice)

Listen = ListenForSpeech | ListenForMachine

RATE = 8000
PATIENCE_S = 60
"""Models are loaded at their first use, and the machine may be busy."""


class HearingChild:
    """`python -m media.hearing` and our end of its socket."""

    def __init__(self) -> None:
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(PATIENCE_S)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "media.hearing", "--control-fd", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        self._framer = Framer()
        self._notices: list[AnyNotice] = []
        self._names: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ours.close()
        try:
            self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()
            self.process.wait()

    def tell(self, *commands: Command) -> None:
        self._names |= {command.listening for command in commands if isinstance(command, Listen)}
        self.ours.sendall(b"".join(encode(command) for command in commands))

    def notice(self) -> AnyNotice:
        while not self._notices:
            data = self.ours.recv(65536)
            assert data, "the hearing process is gone"
            self._notices = [decode_notice(body) for body in self._framer.feed(data)]
        return self._notices.pop(0)

    def told(self, kind: type[N]) -> N:
        """The next notice, which is of this kind."""
        notice = self.notice()
        assert isinstance(notice, kind), notice
        return notice

    def hear(self, command: ListenForSpeech) -> tuple[SpeechHeard, list[AnyNotice]]:
        """Listen; the end of the speech, and what was told before."""
        self.tell(command)
        before: list[AnyNotice] = []
        while not isinstance(notice := self.notice(), SpeechHeard):
            before.append(notice)
        assert notice.listening == command.listening
        return notice, before

    def settle(self) -> None:
        """Stop all that is listened to, and read what has been told of it."""
        self.tell(*(StopListening(listening=name) for name in self._names))
        self._names.clear()
        # A language that is refused is answered at once, in its turn.
        self.tell(ListenForSpeech(listening="barrier", path="none", language="xx"))
        while getattr(self.notice(), "listening", "") != "barrier":
            pass


@contextmanager
def growing(path: str) -> Iterator[None]:
    """Let the file grow meanwhile, a sample now and then, so that it is not given up."""
    done = threading.Event()

    def write() -> None:
        with Path(path).open("ab") as file:
            while not done.wait(0.1):
                file.write(bytes(2))
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


@functools.cache
def said(text: str) -> NDArray[np.int16]:
    """A voice in telephone quality, without silence around it."""
    voice = _voice()
    sound = soxr.resample(voice(text, seed=0), voice.sample_rate, RATE)
    samples: NDArray[np.int16] = (np.clip(sound, -1, 1) * 32767).astype(np.int16)
    (loud,) = np.nonzero(np.abs(samples) > 300)
    return samples[loud[0] : loud[-1] + 1]


@functools.cache
def _voice() -> Hibari:
    return Hibari(threads=1)


def silence(seconds: float) -> NDArray[np.int16]:
    """A quiet line: not quite zeros."""
    noise = np.random.default_rng(1).normal(0, 12, round(seconds * RATE))
    return noise.astype(np.int16)


def call(*parts: NDArray[np.int16] | float | str) -> NDArray[np.int16]:
    """Texts are spoken, numbers are seconds of silence."""
    return np.concatenate(
        [
            said(part) if isinstance(part, str) else silence(part) if isinstance(part, float) else part
            for part in parts
        ]
    )


def write(path: Path, samples: NDArray[np.int16], rate: int = RATE) -> str:
    """A WAV file as the media worker writes it."""
    writer = WavWriter(path, 1, rate)
    writer.append(samples.reshape(-1, 1))
    writer.close()
    return str(path)
