"""What is recorded on its way to the disk: a ring that the engine fills, and the file that it goes into.

`drain` and `complete` are for threads that may wait for the disk.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from media.dsp.silence import Silence
from media.engine.records import observe, publish
from media.engine.state import FRAME, RATE, TAP_FRAMES, WIDE, Samples, State
from media.errors import MediaError
from media.files.transcode import transcode
from media.files.wav import WavWriter


class Whole(NamedTuple):
    """A complete file; without a `sha256` where it could not be made, or is kept by nobody."""

    path: Path
    size: int
    sha256: str = ""


@dataclass(slots=True, eq=False)
class Tape:
    """One recording's ring and file. Making it makes the file. Raises Unwritable."""

    path: Path
    channels: int = 1
    rate: int = RATE
    """8000 or 16000."""
    format: Literal["wav", "mp3", "ogg"] = "wav"
    """What the WAV file is turned into when it is complete."""
    kept: bool = True
    """False: for whoever follows it while it grows."""
    end_on_silence_s: float | None = None
    resumes: bool = False
    """Another worker has begun the file."""
    failed: str = ""
    """Why the file could not grow or be completed."""
    ring: Samples = field(init=False)
    """[TAP_FRAMES, samples, channels], written by the engine. Whoever makes a tape gives it its ring."""
    _silence: Silence = field(init=False, default_factory=Silence)
    _writer: WavWriter = field(init=False)

    def __post_init__(self) -> None:
        self._writer = WavWriter(self.path, self.channels, self.rate, kept=self.kept, resumes=self.resumes)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the ring."""
        return (TAP_FRAMES, WIDE if self.wide else FRAME, self.channels)

    @property
    def frames(self) -> int:
        """Frames of 20 ms that are in the file."""
        return round(self._writer.duration_s * 50)

    @property
    def wide(self) -> bool:
        """Whether it is recorded at 16 kHz."""
        return self.rate == 2 * RATE

    @property
    def duration_s(self) -> float:
        """Seconds that are in the file."""
        return self._writer.duration_s

    @property
    def is_over(self) -> bool:
        """Whether it has been silent for as long as ends it."""
        return self.end_on_silence_s is not None and self._silence.seconds >= self.end_on_silence_s

    def drain(self, state: State, row: int) -> None:
        """Move what the engine has put into the ring into the file. Raises Unwritable."""
        read, written = int(state.taps.read[row]), observe(state.taps.written, row)
        if read == written:
            return
        frames = self.ring[np.arange(read, written) % TAP_FRAMES]
        if self.end_on_silence_s is not None:
            self._silence.hear(frames)
        # In the file before they are read: from the file's length another worker knows where to go on.
        self._writer.append(frames.reshape(-1, self.channels))
        publish(state.taps.read, row, written)

    def complete(self, *, as_wav: bool) -> Whole:
        """Close the file and turn it into its format, unless it is to be left `as_wav`."""
        path = self.path
        try:
            self._writer.close()
            if self.format != "wav" and not as_wav:
                path = transcode(self.path, self.format)
                self.path.unlink()
            return Whole(path, path.stat().st_size, _sha256(path) if self.kept else "")
        except (MediaError, OSError) as error:
            self.failed = self.failed or str(error)
            return Whole(path, path.stat().st_size if path.exists() else 0)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
