"""The jitter buffer of soft legs: whole packets, in the order in which a decoder wants them.

`media.rtp.jitter` keeps samples, which suits a codec without memory. One that remembers, or repairs a loss
from the packet that follows, must get every packet once, in order, and be told of those that are missing.
Positions are RTP timestamps that do not wrap. When to take the next packet is for others to say.
"""

from enum import Enum, auto
from typing import NamedTuple

from media.rtp.packet import distance32

MAX_AHEAD = 25
"""Frames: a packet half a second ahead of what is played belongs to another beginning."""
MAX_BEHIND = 100
"""Frames: so does one that is two seconds late."""
MAX_SPAN = 6
"""Frames in a packet: 120 ms, the longest that any codec has."""
MAX_PACKETS = 128
"""Packets that wait: more than half a second of the shortest that are sent, 5 ms."""


class Outcome(Enum):
    """What became of a packet."""

    STORED = auto()
    LATE = auto()
    """Its time is over."""
    DUPLICATE = auto()
    IMPOSSIBLE = auto()
    """It lasts for no time or too long, or there are too many."""


class Due(NamedTuple):
    """What is to be played next. `payload` None: it is missing; `following`: the one right after it."""

    payload: bytes | None
    span: int
    following: bytes | None = None


class PacketBuffer:
    """One stream. `clock` is that of its timestamps, in Hz."""

    def __init__(self, clock: int) -> None:
        self._frame = clock // 50
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.is_empty = True
        """Nothing has come yet."""
        self._packets: dict[int, tuple[int, bytes]] = {}
        self.head = 0
        """Position of what is taken next."""

    @property
    def waits(self) -> bool:
        """Whether there is anything to be taken."""
        return bool(self._packets)

    @property
    def has_next(self) -> bool:
        """Whether what is due is there."""
        return self.head in self._packets

    def locate(self, timestamp: int) -> int:
        """The position of a packet with that timestamp."""
        return timestamp if self.is_empty else self.head + distance32(timestamp, self.head & 0xFFFFFFFF)

    def belongs(self, position: int) -> bool:
        """Whether a packet there goes with what is being played; else the peer has started anew."""
        ahead = position - self.head
        return not self.is_empty and -MAX_BEHIND * self._frame <= ahead <= MAX_AHEAD * self._frame

    def comes_again(self, position: int) -> bool:
        """Whether a packet there whose number has come before is that one, by its time."""
        return self.belongs(position) and position <= max(self._packets, default=self.head - 1)

    def start(self, position: int) -> None:
        """Begin there, with nothing."""
        self.clear()
        self.is_empty = False
        self.head = position

    def insert(self, position: int, span: int, payload: bytes) -> Outcome:
        """Keep a packet that lasts `span` units of the clock."""
        if not 0 < span <= MAX_SPAN * self._frame or len(self._packets) >= MAX_PACKETS:
            return Outcome.IMPOSSIBLE
        if position < self.head:
            return Outcome.LATE
        if position in self._packets:
            return Outcome.DUPLICATE
        self._packets[position] = (span, payload)
        return Outcome.STORED

    def take(self) -> Due | None:
        """What is to be played next, or None while there is nothing."""
        if not self._packets:
            return None
        due = self._next()
        self.move_to(self.head + due.span)
        return due

    def move_to(self, position: int) -> None:
        """Go on there. Packets that begin before are of no use any more."""
        self.head = position
        for early in [each for each in self._packets if each < position]:
            del self._packets[early]

    def _next(self) -> Due:
        found = self._packets.get(self.head)
        if found is not None:
            span, payload = found
            return Due(payload, span)
        ahead = min(self._packets) - self.head
        span, payload = self._packets[self.head + ahead]
        if ahead <= span:
            # In one piece: a copy in the following packet is of its end, and the codec knows of how much.
            return Due(None, ahead, payload)
        return Due(None, min(ahead - span, self._frame))
