"""The jitter buffer: samples at their RTP timestamps, played at ours.

The buffer is addressed by timestamp, not by sequence number: packets of 10, 20, 30 or 40 ms, telephone-
events that take sequence numbers of their own, duplicates and packets out of order need no rules then.

Time never stops: in place of what is missing something is played (`media.rtp.playing`), and what comes too
late is left out. Only when nothing later has come, playing goes back to it, and the delay has grown.
"""

from media.dsp import noise
from media.dsp.ring import INDEX, MISSING, erase, store
from media.engine.compile import kernel
from media.engine.state import JITTER_SAMPLES, Jitter, Samples
from media.rtp import pacing
from media.rtp.packet import distance32

EMPTY, STARTED, PLAYING = 0, 1, 2
"""Phases: nothing is known; the first packet has come; time passes."""

AHEAD = JITTER_SAMPLES // 2
"""Samples that may wait. A packet beyond them, or as long, belongs to another beginning or to nothing."""
RESTART = 16000
"""So does one that is two seconds late: the peer has started anew."""
LOSS, PAUSE = -1, -2
"""In place of the number of samples whose meaning is in doubt: it is known."""
STORED, LATE, DUPLICATE, IMPOSSIBLE = 0, 1, 2, 3
"""What became of a packet."""

_MASK32 = 0xFFFFFFFF


@kernel
def open_leg(jitter: Jitter, leg: int, ring: Samples) -> None:
    """A leg begins: nothing has been heard or counted."""
    jitter.last[leg] = 0
    jitter.clock[leg] = 0
    jitter.late[leg] = 0
    jitter.duplicates[leg] = 0
    jitter.concealed[leg] = 0
    jitter.inserted[leg] = 0
    jitter.removed[leg] = 0
    jitter.least[leg], jitter.least_before[leg] = 0, 0
    jitter.playing[leg], jitter.wanted[leg] = 0, 0
    clear(jitter, leg, ring)


@kernel
def clear(jitter: Jitter, leg: int, ring: Samples) -> None:
    """Forget what is buffered, and the talk before it."""
    jitter.phase[leg] = EMPTY
    jitter.made[leg] = 0
    jitter.rest[leg] = noise.UNTOLD
    ring[:] = MISSING


@kernel
def depth(jitter: Jitter, leg: int) -> int:
    """Samples between the next one to be played and the newest."""
    if jitter.phase[leg] == EMPTY:
        return 0
    return distance32(jitter.end[leg], jitter.head[leg])


@kernel
def comes_again(jitter: Jitter, leg: int, timestamp: int) -> bool:
    """Whether a packet whose number has come before is that one, by its time: not a peer that starts anew."""
    if jitter.phase[leg] == EMPTY or distance32(timestamp, jitter.head[leg]) < -RESTART:
        return False
    return distance32(timestamp, jitter.end[leg]) < 0


@kernel
def is_fresh(jitter: Jitter, leg: int, timestamp: int, count: int) -> bool:
    """Whether the packet after this one, of as many samples, cannot be here: it would be earlier than any."""
    return pacing.lag(jitter, leg, timestamp) - pacing.least(jitter, leg) < count


@kernel
def rest(jitter: Jitter, leg: int, amplitude: int) -> None:
    """The peer says that it sends no audio for a while, and with which noise that is to be filled."""
    if jitter.rest[leg] == noise.UNTOLD and depth(jitter, leg) <= 0:
        jitter.made[leg] = 0
    jitter.rest[leg] = amplitude


@kernel
def explain(jitter: Jitter, leg: int, timestamp: int, missing: int) -> None:
    """An audio packet has come, and `missing` ones before it have not: was the gap a loss, or a pause?

    The first packet that comes behind it tells. Where one waits already, that came before the gap was heard,
    and told nobody: such a gap counts as a loss, which it mostly is.
    """
    behind = distance32(timestamp, jitter.anchor[leg])
    if not jitter.made[leg] or jitter.doubtful[leg] < 0 or behind < 0:
        return
    if behind == 0 or missing or depth(jitter, leg) > 0:
        jitter.doubtful[leg] = LOSS
    else:
        jitter.concealed[leg] -= jitter.doubtful[leg]
        jitter.doubtful[leg] = PAUSE


@kernel
def insert(jitter: Jitter, leg: int, ring: Samples, timestamp: int, samples: Samples) -> int:
    """Store what a packet carries, or what of it can still be played."""
    count = samples.size
    if count == 0 or count > AHEAD:
        return IMPOSSIBLE
    _place(jitter, leg, ring, timestamp, count)
    jitter.rest[leg] = noise.UNTOLD
    skip = max(-distance32(timestamp, jitter.head[leg]), 0)
    if skip >= count:
        jitter.late[leg] += 1
        return LATE
    first, after = timestamp + skip, (timestamp + count) & _MASK32
    beyond = distance32(first, jitter.end[leg])
    if beyond < 0 and ring[first & INDEX] != MISSING and ring[(after - 1) & INDEX] != MISSING:
        jitter.duplicates[leg] += 1
        return DUPLICATE
    erase(ring, jitter.end[leg], beyond)
    store(ring, first, samples[skip:])
    if distance32(after, jitter.end[leg]) > 0:
        jitter.end[leg] = after
    return STORED


@kernel
def _place(jitter: Jitter, leg: int, ring: Samples, timestamp: int, count: int) -> None:
    """Move the buffer so that it suits a packet, where that may be."""
    if jitter.phase[leg] == EMPTY:
        _start(jitter, leg, timestamp)
    ahead = distance32(timestamp, jitter.head[leg])
    if ahead < -RESTART or ahead + count > AHEAD:
        clear(jitter, leg, ring)
        _start(jitter, leg, timestamp)
        ahead = 0
    lag = pacing.arrive(jitter, leg, timestamp)
    if ahead < 0 and _may_go_back(jitter, leg, timestamp, lag):
        jitter.head[leg], jitter.end[leg] = timestamp, timestamp
        if distance32(timestamp, jitter.anchor[leg]) > 0:
            # What was made up before it is not what will have been heard before it.
            jitter.known[leg] = 0
        jitter.inserted[leg] -= ahead


@kernel
def _may_go_back(jitter: Jitter, leg: int, timestamp: int, lag: int) -> bool:
    """Only made-up samples have been played since, and the delay stays within what it may be."""
    if depth(jitter, leg) > 0 or not jitter.made[leg] or jitter.joined[leg]:
        return False
    if distance32(timestamp, jitter.anchor[leg]) < 0:
        return False
    return pacing.may_return(jitter, leg, pacing.lag(jitter, leg, jitter.head[leg]), lag)


@kernel
def _start(jitter: Jitter, leg: int, timestamp: int) -> None:
    jitter.phase[leg] = STARTED
    jitter.head[leg] = timestamp
    jitter.end[leg] = timestamp
    jitter.known[leg] = 0
    jitter.patience[leg] = 0
    pacing.begin(jitter, leg, timestamp)
