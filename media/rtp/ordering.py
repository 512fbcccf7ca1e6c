"""The jitter buffer of soft legs: whole packets, in the order in which a decoder wants them.

`media.rtp.jitter` keeps samples, which suits a codec without memory. One that remembers, or repairs a loss
from the packet that follows, must get every packet once, in order, and be told of those that are missing.
Time is the RTP clock's. Playing starts PREFILL frames after the first packet; it starts anew when the buffer
has run dry, which lets the delay grow with the network's jitter, and what was too much for a whole WINDOW is
skipped, which lets it shrink.
"""

from enum import Enum, auto
from typing import NamedTuple

from media.rtp.packet import distance32

PREFILL = 2
"""Frames of 20 ms that are collected before playing starts."""
WINDOW = 100
"""Frames over which the least depth is watched: 2 s."""
SURPLUS = 1
"""Frames more than PREFILL that make a window too deep."""
MAX_AHEAD = 25
"""Frames: a packet half a second ahead of what is played belongs to another beginning."""
MAX_BEHIND = 50
"""Frames: so does one that is a second late."""
MAX_SPAN = 6
"""Frames in a packet: 120 ms, the longest that any codec has."""
MAX_PACKETS = 128
"""Packets that wait: more than half a second of the shortest that are sent, 5 ms."""

_MASK32 = 0xFFFFFFFF


class Outcome(Enum):
    """What became of a packet."""

    STORED = auto()
    LATE = auto()
    """Its time is over, or it was here before."""
    IMPOSSIBLE = auto()
    """It lasts for no time or too long, or there are too many."""


class Due(NamedTuple):
    """What is to be played next. `payload` None: it is missing; `following`: the one right after it."""

    payload: bytes | None
    span: int
    following: bytes | None = None


class _Phase(Enum):
    EMPTY = auto()
    DRY = auto()
    FILLING = auto()
    PLAYING = auto()


class PacketBuffer:
    """One stream. `clock` is that of its timestamps, in Hz."""

    def __init__(self, clock: int) -> None:
        self._frame = clock // 50
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._phase = _Phase.EMPTY
        self._packets: dict[int, tuple[int, bytes]] = {}
        self._head = self._end = 0
        self._wait = 0
        self._open_window()

    @property
    def depth(self) -> int:
        """Units of the clock between what is played next and the end of the newest packet."""
        return 0 if self._phase is _Phase.EMPTY else distance32(self._end, self._head)

    def insert(self, timestamp: int, span: int, payload: bytes) -> Outcome:
        """Keep a packet that lasts `span` units of the clock."""
        if not 0 < span <= MAX_SPAN * self._frame or len(self._packets) >= MAX_PACKETS:
            return Outcome.IMPOSSIBLE
        self._place(timestamp, span)
        if distance32(timestamp, self._head) < 0 or timestamp in self._packets:
            return Outcome.LATE
        self._packets[timestamp] = (span, payload)
        after = (timestamp + span) & _MASK32
        if distance32(after, self._end) > 0:
            self._end = after
        return Outcome.STORED

    def _place(self, timestamp: int, span: int) -> None:
        """Begin anew where a packet does not belong to what is being played."""
        ahead = distance32(timestamp, self._head)
        far = ahead > MAX_AHEAD * self._frame and self._phase is not _Phase.DRY
        if self._phase is _Phase.EMPTY or far or ahead < -MAX_BEHIND * self._frame:
            self._packets.clear()
            self._start(timestamp)
        elif self._phase is _Phase.DRY and ahead + span > 0:
            self._start(timestamp)

    def _start(self, timestamp: int) -> None:
        self._phase = _Phase.FILLING
        self._head = self._end = timestamp
        self._wait = PREFILL - 1
        self._open_window()

    def _open_window(self) -> None:
        self._low = self._window_left = WINDOW * self._frame

    def take(self) -> Due | None:
        """What is to be played next, or None while there is nothing; then once every 20 ms."""
        if self._phase is _Phase.FILLING:
            self._wait -= 1
            if self._wait < 0:
                self._phase = _Phase.PLAYING
        if self._phase is not _Phase.PLAYING:
            return None
        if self.depth <= 0:
            self._phase = _Phase.DRY
            return None
        self._watch_depth()
        due = self._next()
        self._window_left -= due.span
        self._move_on(due.span)
        return due

    def _move_on(self, span: int) -> None:
        """Packets that overlap with what was played are of no use any more."""
        self._head = (self._head + span) & _MASK32
        for timestamp in [each for each in self._packets if distance32(each, self._head) < 0]:
            del self._packets[timestamp]
        if not self._packets:
            self._end = self._head

    def _next(self) -> Due:
        found = self._packets.pop(self._head, None)
        if found is not None:
            span, payload = found
            return Due(payload, span)
        ahead = min(distance32(timestamp, self._head) for timestamp in self._packets)
        span, payload = self._packets[(self._head + ahead) & _MASK32]
        # A copy in the following packet is of as much as that lasts itself.
        return Due(None, min(ahead, self._frame), payload if ahead <= span else None)

    def _watch_depth(self) -> None:
        self._low = min(self._low, self.depth)
        if self._window_left > 0:
            return
        surplus = self._low - PREFILL * self._frame
        while surplus >= SURPLUS * self._frame and (found := self._packets.get(self._head)):
            if found[0] > surplus:
                break
            self._move_on(found[0])
            surplus -= found[0]
        self._open_window()
