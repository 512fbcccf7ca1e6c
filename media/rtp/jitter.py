"""The jitter buffer: samples at their RTP timestamps, played at ours.

The buffer is addressed by timestamp, not by sequence number: packets of 10, 20, 30 or 40 ms, telephone-
events that take sequence numbers of their own, duplicates and packets out of order need no rules then.
Playing starts PREFILL frames after the first packet. It falls back to that start when the buffer runs dry,
which lets the delay grow with the network's jitter. When over a window of time more was buffered than
needed, the surplus is skipped, which lets the delay shrink, and follows a peer whose clock is fast.
"""

from media.dsp.conceal import MISSING, fade
from media.engine.compile import kernel
from media.engine.state import FRAME, JITTER_SAMPLES, Jitter, Samples
from media.rtp.packet import distance32

EMPTY, DRY, FILLING, PLAYING = 0, 1, 2, 3
"""Phases: nothing is known; all has been played; the first packets are being collected; frames are taken."""

PREFILL = 2
"""Frames that are collected before playing starts: 40 ms."""
WINDOW = 100
"""Frames over which the least depth is watched: 2 s."""
SURPLUS = FRAME
"""Samples more than PREFILL frames that make a window too deep."""
RESTART = 8000
"""A packet more than a second late does not belong to what is being played: the peer has started anew."""

STORED, LATE, IMPOSSIBLE = 0, 1, 2
"""What became of a packet."""

_INDEX = JITTER_SAMPLES - 1
_MASK32 = 0xFFFFFFFF


@kernel
def clear(jitter: Jitter, leg: int, ring: Samples) -> None:
    """Forget what is buffered, and the talk before it."""
    jitter.phase[leg] = EMPTY
    jitter.concealed[leg] = 0
    ring[:] = MISSING


@kernel
def depth(jitter: Jitter, leg: int) -> int:
    """Samples between the next one to be played and the newest."""
    if jitter.phase[leg] == EMPTY:
        return 0
    return distance32(jitter.end[leg], jitter.head[leg])


@kernel
def insert(jitter: Jitter, leg: int, ring: Samples, timestamp: int, samples: Samples) -> int:
    """Store what a packet carries: STORED, LATE (nothing of it can be played any more) or IMPOSSIBLE."""
    count = samples.size
    if count == 0 or count > JITTER_SAMPLES // 2:
        return IMPOSSIBLE
    _place(jitter, leg, ring, timestamp, count)
    skip = max(-distance32(timestamp, jitter.head[leg]), 0)
    if skip >= count:
        return LATE
    at = (timestamp + skip) & _INDEX
    before = min(count - skip, JITTER_SAMPLES - at)
    _copy(samples[skip:], ring[at : at + before])
    _copy(samples[skip + before :], ring[: count - skip - before])
    after = (timestamp + count) & _MASK32
    if distance32(after, jitter.end[leg]) > 0:
        jitter.end[leg] = after
    return STORED


@kernel
def _copy(samples: Samples, part: Samples) -> None:
    for k in range(part.size):
        part[k] = samples[k]


@kernel
def _place(jitter: Jitter, leg: int, ring: Samples, timestamp: int, count: int) -> None:
    """Move the buffer so that it suits a packet, when it does not."""
    ahead = distance32(timestamp, jitter.head[leg])
    if jitter.phase[leg] == EMPTY:
        _start(jitter, leg, timestamp)
    elif ahead < -RESTART or (ahead + count > JITTER_SAMPLES and jitter.phase[leg] != DRY):
        clear(jitter, leg, ring)
        _start(jitter, leg, timestamp)
    elif jitter.phase[leg] == DRY and ahead + count > 0:
        _start(jitter, leg, timestamp if ahead > 0 else jitter.head[leg])


@kernel
def _start(jitter: Jitter, leg: int, timestamp: int) -> None:
    jitter.phase[leg] = FILLING
    jitter.head[leg] = timestamp
    jitter.end[leg] = timestamp
    jitter.wait[leg] = PREFILL - 1
    _open_window(jitter, leg)


@kernel
def _open_window(jitter: Jitter, leg: int) -> None:
    jitter.low[leg] = JITTER_SAMPLES
    jitter.window[leg] = 0


@kernel
def take(jitter: Jitter, leg: int, ring: Samples, frame: Samples) -> None:
    """The frame to be heard now. `frame` holds the one before, from which a missing one is made up."""
    if jitter.phase[leg] == FILLING:
        jitter.wait[leg] -= 1
        if jitter.wait[leg] < 0:
            jitter.phase[leg] = PLAYING
    if jitter.phase[leg] == PLAYING and depth(jitter, leg) <= 0:
        jitter.phase[leg] = DRY
    if jitter.phase[leg] == PLAYING:
        _watch_depth(jitter, leg, ring)
        jitter.concealed[leg] = _play(jitter, leg, ring, frame)
    else:
        fade(frame, jitter.concealed[leg])
        jitter.concealed[leg] += 1


@kernel
def _watch_depth(jitter: Jitter, leg: int, ring: Samples) -> None:
    jitter.low[leg] = min(jitter.low[leg], depth(jitter, leg))
    jitter.window[leg] += 1
    if jitter.window[leg] < WINDOW:
        return
    surplus = jitter.low[leg] - PREFILL * FRAME
    if surplus >= SURPLUS:
        _skip(jitter, leg, ring, surplus // FRAME * FRAME)
    _open_window(jitter, leg)


@kernel
def _skip(jitter: Jitter, leg: int, ring: Samples, samples: int) -> None:
    for k in range(samples):
        ring[(jitter.head[leg] + k) & _INDEX] = MISSING
    jitter.head[leg] = (jitter.head[leg] + samples) & _MASK32


@kernel
def _play(jitter: Jitter, leg: int, ring: Samples, frame: Samples) -> int:
    """Move a frame out of the ring; the number of frames in a row that had gaps, this one included."""
    at = jitter.head[leg] & _INDEX
    jitter.head[leg] = (jitter.head[leg] + FRAME) & _MASK32
    before = min(FRAME, JITTER_SAMPLES - at)
    first, rest = ring[at : at + before], ring[: FRAME - before]
    if _is_whole(first) and _is_whole(rest):
        _move(first, frame[:before])
        _move(rest, frame[before:])
        return 0
    fade(frame, jitter.concealed[leg])
    _patch(first, frame[:before])
    _patch(rest, frame[before:])
    return int(jitter.concealed[leg]) + 1


@kernel
def _is_whole(samples: Samples) -> bool:
    gaps = 0
    for k in range(samples.size):
        gaps += samples[k] == MISSING
    return gaps == 0


@kernel
def _move(samples: Samples, frame: Samples) -> None:
    for k in range(samples.size):
        frame[k] = samples[k]
        samples[k] = MISSING


@kernel
def _patch(samples: Samples, frame: Samples) -> None:
    """As `_move`, but the frame keeps what it has where the ring has nothing."""
    for k in range(samples.size):
        if samples[k] != MISSING:
            frame[k] = samples[k]
        samples[k] = MISSING
