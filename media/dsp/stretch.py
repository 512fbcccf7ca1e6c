"""Speech made a little longer or shorter without a change of its pitch: a period more, or one less.

Where the signal is most like itself one period later, it is led over from one place to the other within JOIN
samples. Nothing else is changed. All is looked for at 8 kHz; frames may be made at any rate.
"""

from media.dsp.conceal import JOIN
from media.dsp.ring import INDEX, LONGEST, likeness, period
from media.engine.compile import kernel
from media.engine.state import FRAME, Samples

ALIKE = 0.5
"""How alike what is joined must be, unless it is quiet: in the middle of a consonant nothing is left out."""
QUIET = 100
"""Amplitude up to which it does not matter what is joined, about -50 dB of full scale."""


@kernel
def suits(ring: Samples, head: int, shift: int) -> bool:
    """Whether the signal may be led over between `head` and `shift` samples later."""
    return is_quiet(ring, head) or likeness(ring, head, head + shift) > ALIKE


@kernel
def is_quiet(ring: Samples, head: int) -> bool:
    """Whether the frame from `head` on is next to silent."""
    loudest = 0
    for k in range(FRAME):
        loudest = max(loudest, abs(int(ring[(head + k) & INDEX])))
    return loudest <= QUIET


@kernel
def best_shift(ring: Samples, head: int, longest: int) -> int:
    """The period to leave out or to repeat, SHORTEST to `longest`; a frame and LONGEST samples are there."""
    return period(ring, head, 1, min(longest, LONGEST))


@kernel
def shorten(ring: Samples, head: int, shift: int, frame: Samples) -> None:
    """Make a frame of one and `shift` samples at 8 kHz, from `head` on."""
    _lead_over(ring, head, shift, 0, frame)


@kernel
def lengthen(ring: Samples, head: int, shift: int, frame: Samples) -> None:
    """Make a frame of one less `shift` samples at 8 kHz, from `head` on."""
    _lead_over(ring, head, -shift, shift, frame)


@kernel
def _lead_over(ring: Samples, head: int, shift: int, start: int, frame: Samples) -> None:
    """From the samples at `head` to those `shift` later, between `start` and JOIN samples after it."""
    times = frame.size // FRAME
    shift, start, join = shift * times, start * times, JOIN * times
    for k in range(frame.size):
        here = int(ring[(head + k) & INDEX])
        there = int(ring[(head + k + shift) & INDEX])
        part = min(max(k - start + 1, 0), join)
        frame[k] = here + (there - here) * part // join
