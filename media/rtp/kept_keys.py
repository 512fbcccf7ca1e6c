"""How far the keys of a leg are used: in memory that outlives its worker, so that no index is used twice.

What seals and opens remembers its roll-over counter (RFC 3711 section 3.3.1) in a library, which dies with
the worker. Here stands the index of the newest packet of each stream under each key, written before that
packet is sent; whoever comes after winds a new session forward to it. Keys that were agreed on by DTLS stand
here as well, since no signalling has them.
"""

import hashlib
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from media.engine.compile import kernel

Words = NDArray[np.int64]

MAX_KEYS = 8
"""Of each side that are remembered in a call. Ours come back when a peer turns to another of the three suites
and returns; what is older than that was replaced by new ones."""
MAX_STREAMS = 32
"""Under one key, of RTP and as many of RTCP. Most peers have one; some take another with each hold or
transfer. What is beyond is refused, since nobody who takes over would know of it."""
AGREED = 256
"""Octets for what a handshake agreed on: two octets of length, and suites, keys and a fingerprint."""

TAG, AGE, STREAMS = range(3)
"""Of a mark: whose it is, 0 for nobody's; its turn; where its streams of RTP begin."""
SSRC, NEXT, STREAM_WORDS = range(3)
"""Of a stream: which; the newest index and one, 0 where there is no stream yet."""
_STREAMS_WORDS = MAX_STREAMS * STREAM_WORDS
REPORTS = STREAMS + _STREAMS_WORDS
"""Where those of RTCP begin."""
MARK_WORDS = REPORTS + _STREAMS_WORDS
FULL = -1

_STRIDE = 0x6000
"""Between sequence numbers that are certain to be understood as later ones."""

KeyOfSuite = tuple[str, bytes]


class _Agreed(msgspec.Struct, frozen=True):
    peer: str
    """The fingerprint of who has the keys, too."""
    ours: KeyOfSuite
    theirs: KeyOfSuite


class Marks:
    """Of the keys of one direction. `rows`: [MAX_KEYS, MARK_WORDS]."""

    def __init__(self, rows: Words | None = None) -> None:
        self._rows: Words = np.zeros((MAX_KEYS, MARK_WORDS), np.int64) if rows is None else rows

    def of(self, suite: str, key: bytes) -> Words:
        """The mark of a key; a new key gets that of the one whose turn is longest ago."""
        mark: Words = self._rows[self.place(suite, key)]
        return mark

    def place(self, suite: str, key: bytes) -> int:
        """Which of the marks that is."""
        digest = hashlib.blake2b(suite.encode() + key, digest_size=7).digest()
        tag = int.from_bytes(digest, "big") + 1
        found = np.flatnonzero(self._rows[:, TAG] == tag)
        place = int(found[0] if found.size else np.argmin(self._rows[:, AGE]))
        mark = self._rows[place]
        if not found.size:
            mark[:] = 0
            mark[TAG] = tag
        mark[AGE] = int(self._rows[:, AGE].max()) + 1
        return place


class KeptKeys:
    """Of one leg. `marks`: [2, MAX_KEYS, MARK_WORDS], `agreed`: [AGREED] octets."""

    def __init__(self, marks: Words | None = None, agreed: NDArray[np.uint8] | None = None) -> None:
        self._marks: Words = np.zeros((2, MAX_KEYS, MARK_WORDS), np.int64) if marks is None else marks
        self._agreed: NDArray[np.uint8] = np.zeros(AGREED, np.uint8) if agreed is None else agreed
        self.sealing = Marks(self._marks[0])
        self.opening = Marks(self._marks[1])

    def forget(self) -> None:
        """The leg is a new one."""
        self._marks[:] = 0
        self._agreed[:] = 0

    def agree(self, peer: str, ours: KeyOfSuite, theirs: KeyOfSuite) -> None:
        """These are the keys with the peer of that fingerprint."""
        octets = msgspec.msgpack.encode(_Agreed(peer, ours, theirs))
        framed = len(octets).to_bytes(2, "big") + octets
        self._agreed[: len(framed)] = np.frombuffer(framed, np.uint8)

    def agreed_with(self, peer: str) -> tuple[KeyOfSuite, KeyOfSuite] | None:
        """Our key and the peer's, if they were agreed on with the one of that fingerprint."""
        octets = self._agreed.tobytes()
        length = int.from_bytes(octets[:2], "big")
        if length == 0:
            return None
        agreed = msgspec.msgpack.decode(octets[2 : 2 + length], type=_Agreed)
        return (agreed.ours, agreed.theirs) if agreed.peer == peer else None


@kernel
def find(mark: Words, first: int, ssrc: int) -> int:
    """Where a stream stands, or is to stand; FULL when there is no room for another.

    `first`: STREAMS or REPORTS, each written by whoever seals, or opens, those.
    """
    for place in range(first, first + _STREAMS_WORDS, STREAM_WORDS):
        if mark[place + NEXT] == 0 or mark[place + SSRC] == ssrc:
            return place
    return FULL


@kernel
def note(mark: Words, sequence: int, ssrc: int) -> bool:
    """A packet of this number is (about to be) the newest of its stream, unless there was a newer one.

    False when it is of one stream too many.
    """
    place = find(mark, STREAMS, ssrc)
    if place == FULL:
        return False
    _reach(mark, place, ssrc, follow(mark[place + NEXT] - 1, sequence))
    return True


@kernel
def _reach(mark: Words, place: int, ssrc: int, index: int) -> None:
    if index >= mark[place + NEXT]:
        # In this order: who dies in between leaves a place that is still nobody's.
        mark[place + SSRC] = ssrc
        mark[place + NEXT] = index + 1


def next_report(mark: Words, ssrc: int) -> int:
    """The least index of SRTCP that is not used by its stream; FULL for one stream too many."""
    place = find(mark, REPORTS, ssrc)
    return FULL if place == FULL else int(mark[place + NEXT])


def note_report(mark: Words, ssrc: int, index: int) -> None:
    """That index of SRTCP is used, or about to be, by a stream that there is room for."""
    _reach(mark, find(mark, REPORTS, ssrc), ssrc, index)


@kernel
def follow(newest: int, sequence: int) -> int:
    """The index of a sequence number: the one that is nearest to the newest index, -1 before the first."""
    nearest = newest + ((sequence - newest + 0x8000) & 0xFFFF) - 0x8000
    return nearest if newest >= 0 and nearest >= 0 else sequence


def winding(mark: Words, ahead: int = 0) -> Iterator[bytes]:
    """Packets, never to be sent, that bring a session to where the mark is, or so far before it."""
    for ssrc, following in _known(mark, STREAMS):
        last = following - 1 + ahead
        for index in (*range(0, last, _STRIDE), last):
            head = bytes((0x80, 0)) + (index & 0xFFFF).to_bytes(2, "big")
            yield head + bytes(4) + ssrc.to_bytes(4, "big")


def winding_reports(mark: Words) -> Iterator[bytes]:
    """As many RTCP packets as were sealed already."""
    for ssrc, count in _known(mark, REPORTS):
        for _ in range(count):
            yield bytes((0x80, 201, 0, 1)) + ssrc.to_bytes(4, "big")


def _known(mark: Words, first: int) -> list[tuple[int, int]]:
    """The streams that there are, each with its next index."""
    rows = mark[first : first + _STREAMS_WORDS].reshape(MAX_STREAMS, STREAM_WORDS)
    return [(int(row[SSRC]), int(row[NEXT])) for row in rows if row[NEXT]]
