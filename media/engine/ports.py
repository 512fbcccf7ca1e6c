"""The engine's end of a leg whose frames come from the control thread."""

import numpy as np

from media.engine.records import observe, publish
from media.engine.state import OUTBOUND_RING, State
from media.legs.port import INBOUND_FRAMES, OUTBOUND_FRAMES


class EnginePort:
    """A FramePort on one row of the table of ports. `popped`: frames that are not for this leg any more."""

    def __init__(self, state: State, leg: int, rate: int, popped: int | None = None) -> None:
        self._ports = ports = state.ports
        self._inbound = state.frames.inbound[leg]
        self._outbound = state.frames.outbound[leg]
        self.leg = leg
        self.samples = rate // 50
        self.popped = int(ports.heard[leg]) if popped is None else popped
        """Frames of the row that are not for this leg any more."""
        self._pushed_before = int(ports.pushed[leg])

    @property
    def pushed(self) -> int:
        """Frames accepted by `push` since the leg was opened."""
        return int(self._ports.pushed[self.leg]) - self._pushed_before

    @property
    def played(self) -> int:
        """Of those, the frames that the mixer has consumed or `clear` has dropped."""
        played = max(int(self._ports.played[self.leg]), int(self._ports.cleared[self.leg]))
        return max(played - self._pushed_before, 0)

    def push(self, frame: bytes) -> bool:
        """Give the mixer a frame; False when INBOUND_FRAMES wait already. ValueError: wrong length."""
        samples = np.frombuffer(frame, "<i2")
        if samples.size != self.samples:
            raise ValueError(f"a frame of {samples.size} samples instead of {self.samples}")
        pushed = int(self._ports.pushed[self.leg])
        if pushed - int(self._ports.played[self.leg]) >= INBOUND_FRAMES:
            return False
        at = pushed % INBOUND_FRAMES * self.samples
        self._inbound[at : at + self.samples] = samples
        publish(self._ports.pushed, self.leg, pushed + 1)
        return True

    @property
    def is_behind(self) -> bool:
        """Whether there is a frame to be popped."""
        return self.popped < int(self._ports.heard[self.leg])

    def pop(self) -> bytes | None:
        """The oldest frame that the leg should hear and has not got yet, or None."""
        heard = observe(self._ports.heard, self.leg)
        self.popped = max(self.popped, heard - OUTBOUND_FRAMES)
        if self.popped == heard:
            return None
        at = self.popped % OUTBOUND_RING * self.samples
        frame = self._outbound[at : at + self.samples]
        self.popped += 1
        return bytes(frame.astype("<i2").data)

    def clear(self) -> None:
        """Drop the pushed frames that the mixer has not consumed. They count as played."""
        publish(self._ports.cleared, self.leg, int(self._ports.pushed[self.leg]))
