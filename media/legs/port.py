"""Where a leg that is not RTP meets the engine: frames in, frames out.

A frame is 20 ms of mono 16-bit linear PCM, little-endian, at the leg's own rate: 320 octets at 8 kHz, 640 at
16 kHz, 960 at 24 kHz, 1920 at 48 kHz. The engine lets each leg hear the others as wide as both are.
All calls come from the worker's Python thread.
"""

from typing import Protocol

INBOUND_FRAMES = 8
"""Frames that may wait for the mixer: 160 ms. The leg keeps its own, longer queue."""

OUTBOUND_FRAMES = 100
"""Frames that may wait for the leg: 2 s. A slower application loses the oldest."""


class FramePort(Protocol):
    """The engine's end of such a leg."""

    @property
    def pushed(self) -> int:
        """Frames accepted by `push` since the leg was opened."""
        ...

    @property
    def played(self) -> int:
        """Of those, the frames that the mixer has consumed or `clear` has dropped."""
        ...

    def push(self, frame: bytes) -> bool:
        """Give the mixer a frame; False when INBOUND_FRAMES wait already. ValueError: wrong length."""
        ...

    def pop(self) -> bytes | None:
        """The oldest frame that the leg should hear and has not got yet, or None."""
        ...

    def clear(self) -> None:
        """Drop the pushed frames that the mixer has not consumed. They count as played."""
        ...
