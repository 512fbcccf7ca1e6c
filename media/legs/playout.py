"""Audio that an application sent ahead of time, on its way to the mixer.

Applications send what a sentence needs in one burst, in messages of any size. The bytes are one stream of
16-bit samples here: cut into frames, kept until the mixer has room, and counted, so that "everything before
this has been played" can be told.
"""

from collections import deque
from typing import NamedTuple

from media.legs.port import FramePort

MAX_BUFFERED_FRAMES = 3072
"""What Vonage keeps for a websocket: about a minute. What comes on top is dropped."""
IDLE_TICKS = 10
"""A part of a frame that stays alone this long (200 ms) was an end, not a beginning: it is filled up."""


class Position(NamedTuple):
    """What has become of all frames so far. Each is in one of these."""

    played: int
    waiting: int
    cleared: int
    dropped: int


class Playout:
    """The queue in front of a FramePort. `frame_octets` is the size of 20 ms at the leg's rate."""

    def __init__(self, port: FramePort, frame_octets: int) -> None:
        self._port = port
        self._frame_octets = frame_octets
        self._frames: deque[bytes] = deque()
        self._rest = bytearray()
        self._idle_ticks = 0
        self.dropped = 0
        """Frames that found the buffer full."""
        self._cleared = 0
        self._cleared_from_mixer = 0

    @property
    def end(self) -> int:
        """The value of `port.played` once all that is here now has been played."""
        return self._port.pushed + len(self._frames)

    @property
    def position(self) -> Position:
        """How far it is; what the mixer takes while `clear` is called may count as cleared, one frame."""
        played = self._port.played - self._cleared_from_mixer
        waiting = self._port.pushed - self._port.played + len(self._frames)
        return Position(played, waiting, self._cleared, self.dropped)

    def feed(self, data: bytes) -> None:
        """Take a message's samples, however many octets they are."""
        self._idle_ticks = 0
        self._rest += data
        whole = len(self._rest) - len(self._rest) % self._frame_octets
        for start in range(0, whole, self._frame_octets):
            self._append(bytes(self._rest[start : start + self._frame_octets]))
        del self._rest[:whole]

    def fill_up(self) -> None:
        """End the frame that is incomplete, if one is, with silence."""
        if self._rest:
            self._append(bytes(self._rest.ljust(self._frame_octets, b"\0")))
            self._rest.clear()

    def clear(self) -> None:
        """Forget all that has not been played, also what the mixer holds."""
        in_mixer = self._port.pushed - self._port.played
        self._cleared_from_mixer += in_mixer
        self._cleared += in_mixer + len(self._frames)
        self._frames.clear()
        self._rest.clear()
        self._port.clear()

    def tick(self) -> None:
        """Give the mixer what it has room for; called about every 20 ms."""
        self._idle_ticks += 1
        if self._idle_ticks >= IDLE_TICKS:
            self.fill_up()
        while self._frames and self._port.push(self._frames[0]):
            self._frames.popleft()

    def _append(self, frame: bytes) -> None:
        if len(self._frames) < MAX_BUFFERED_FRAMES:
            self._frames.append(frame)
        else:
            self.dropped += 1
