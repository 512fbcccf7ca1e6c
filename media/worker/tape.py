"""What is recorded on its way to the disk: a ring that the engine fills, and the file that it goes into.

The engine never waits for the ring to be read. What it has written over before a slow disk was ready is
silence in the file, which keeps time so. All that touches the disk is for threads that may wait for it.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from media.dsp.silence import Silence
from media.engine.records import observe, publish
from media.engine.state import FRAME, RATE, TAP_FRAMES, WIDE, Samples, State
from media.errors import MediaError, Unwritable
from media.files.finishing import Format, Whole, describe, found_made, made_into
from media.files.wav import Removed, WavWriter, form_of

FRAMES_PER_S = 50


@dataclass(slots=True, eq=False)
class Tape:
    """One recording's ring and file."""

    path: Path
    """Of the WAV file."""
    channels: int = 1
    """0: as the file has it that was left."""
    rate: int = RATE
    """8000 or 16000."""
    format: Format = "wav"
    """What the WAV file is turned into when it is complete."""
    kept: bool = True
    """False: for whoever follows it while it grows."""
    as_wav: bool = False
    """Leave it as the WAV file that it is, whatever format was asked for."""
    end_on_silence_s: float | None = None
    was_left: bool = False
    """Another process has begun it, and died."""
    failed: str = ""
    """What went wrong with it."""
    ring: Samples = field(init=False)
    """[TAP_FRAMES, samples, channels], written by the engine. Whoever makes a tape gives it its ring."""
    _silence: Silence = field(init=False, default_factory=Silence)
    _writer: WavWriter | None = field(init=False, default=None)
    _made: Path | None = field(init=False, default=None)
    """What another process has made of the file."""
    _lost: int = field(init=False, default=0)
    """Frames that the disk was too slow for."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the ring."""
        return (TAP_FRAMES, WIDE if self.wide else FRAME, self.channels)

    @property
    def wide(self) -> bool:
        """Whether it is recorded at 16 kHz."""
        return self.rate == 2 * RATE

    @property
    def grows(self) -> bool:
        """Whether there is a file to write to."""
        return self._writer is not None

    @property
    def frames(self) -> int:
        """Frames of 20 ms that are in the file, while it grows."""
        return 0 if self._writer is None else round(self._writer.duration_s * FRAMES_PER_S)

    @property
    def is_over(self) -> bool:
        """Whether it has been silent for as long as ends it."""
        return self.end_on_silence_s is not None and self._silence.seconds >= self.end_on_silence_s

    def open(self) -> None:
        """Make the file, or find what there is of one that was left. Raises Unwritable and Unreadable."""
        self._made = found_made(self.path, self.format) if self.was_left else None
        if self._made is not None:
            return
        if not self.channels:
            self.channels, self.rate = form_of(self.path)
        try:
            self._writer = WavWriter(
                self.path, self.channels, self.rate, kept=self.kept, resumes=self.was_left
            )
        except Removed:
            # By a process that was given up, and was not ready yet. What it has made of it is there now.
            self._made = found_made(self.path, self.format)
            if self._made is None:
                raise

    def drain(self, state: State, row: int) -> None:
        """Move what the engine has put into the ring into the file. Raises Unwritable."""
        if self._writer is None:
            return
        end = observe(state.taps.written, row)
        while (read := int(state.taps.read[row])) < end:
            upto = min(end, read - read % TAP_FRAMES + TAP_FRAMES)
            frames = self._copy(state, row, read, upto)
            # In the file before they are read: from the file's length another worker knows where to go on.
            self._writer.append(frames.reshape(-1, self.channels))
            publish(state.taps.read, row, upto)

    def _copy(self, state: State, row: int, first: int, end: int) -> Samples:
        """These frames, which lie side by side; silence for those whose places the engine may have taken."""
        at = first % TAP_FRAMES
        frames = self.ring[at : at + end - first].copy()
        gone = min(max(observe(state.taps.written, row) - TAP_FRAMES + 1 - first, 0), end - first)
        if gone:
            frames[:gone] = 0
            self._lost += gone
        if self.end_on_silence_s is not None:
            self._silence.hear(frames[gone:])
        return frames

    def hasten(self) -> None:
        """Let the disk begin with what `keep` would wait for."""
        if self._writer is not None:
            self._writer.hasten()

    def keep(self) -> None:
        """Make the disk keep what is in the file; others may drain meanwhile. Raises Unwritable."""
        if self._writer is not None:
            self._writer.keep()

    def complete(self) -> Whole:
        """Turn the file into its format, and let go of it. Where that fails, it is what there is.

        Raises MediaError when there is nothing.
        """
        try:
            return describe(self._finish())
        finally:
            # Not before: a process that takes it for left would make the same of it at the same time.
            self.let_go()

    def let_go(self) -> None:
        """Leave the file as it is, for another process to go on with."""
        if self._writer is not None:
            with suppress(Unwritable):
                self._writer.close()

    def _finish(self) -> Path:
        if self._made is not None:
            return self._made
        if self._writer is None:
            raise Unwritable(self.failed or "there is no file")
        if self._lost:
            seconds = self._lost / FRAMES_PER_S
            self.failed = self.failed or f"the disk was too slow: {seconds:.2f} s of it are silence"
        try:
            self._writer.finish()
            return made_into(self.path, "wav" if self.as_wav else self.format)
        except (MediaError, OSError) as error:
            self.failed = self.failed or str(error)
            return self.path
