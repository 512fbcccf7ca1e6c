"""The way out of the jitter buffer: a frame with every tick, whatever is there.

What is missing is made up. The delay goes where `media.rtp.pacing` wants it: by whole pitch periods while
somebody speaks, at once in silence, and by waiting for what is missing where it is to grow.
"""

import numpy as np

from media.dsp import conceal, noise, stretch
from media.dsp.conceal import HISTORY, JOIN, MADE
from media.dsp.ring import INDEX, LONGEST, MISSING, SHORTEST, SPAN, erase
from media.engine.compile import kernel
from media.engine.state import FRAME, JITTER_SAMPLES, Jitter, Samples
from media.rtp import pacing
from media.rtp.jitter import EMPTY, PAUSE, PLAYING, STARTED, depth
from media.rtp.packet import distance32

PATIENCE = 2
"""Ticks between two changes of the delay in the middle of speech: mostly a sixth faster at most."""
URGENT = 800
"""Samples of surplus that are left out wherever they are, 100 ms."""

_MASK32 = 0xFFFFFFFF


@kernel
def take(jitter: Jitter, leg: int, ring: Samples, frame: Samples) -> None:
    """The frame to be heard now."""
    if jitter.phase[leg] == EMPTY:
        for k in range(FRAME):
            frame[k] = _make_up(jitter, leg, ring, 0)
    else:
        surplus = pacing.settle(jitter, leg, jitter.head[leg])
        if jitter.phase[leg] == STARTED:
            _join_start(jitter, leg, ring)
        if not _change_delay(jitter, leg, ring, frame, surplus):
            _play(jitter, leg, ring, frame)
    jitter.last[leg] = frame[FRAME - 1]
    pacing.pass_time(jitter, leg)


@kernel
def _join_start(jitter: Jitter, leg: int, ring: Samples) -> None:
    """Lead over to a stream from whatever was heard before it."""
    jitter.phase[leg] = PLAYING
    conceal.begin(jitter, leg, ring, jitter.head[leg], 0)
    jitter.made[leg], jitter.joined[leg], jitter.doubtful[leg] = 1, 0, 0


@kernel
def _change_delay(jitter: Jitter, leg: int, ring: Samples, frame: Samples, surplus: int) -> bool:
    """Bring the delay nearer to what is needed, if this is the time for it; whether `frame` is filled."""
    buffered = depth(jitter, leg)
    if buffered <= 0 and jitter.made[leg] >= MADE:
        _jump(jitter, leg, surplus)
        return False
    if buffered > 0 and surplus <= -FRAME and ring[jitter.head[leg] & INDEX] == MISSING:
        _wait(jitter, leg, ring, frame)
        return True
    jitter.patience[leg] = max(jitter.patience[leg] - 1, 0)
    if 0 <= surplus < SHORTEST or jitter.patience[leg] or jitter.made[leg]:
        return False
    return _stretch(jitter, leg, ring, frame, surplus)


@kernel
def _stretch(jitter: Jitter, leg: int, ring: Samples, frame: Samples, surplus: int) -> bool:
    """Fill `frame` with more than is due where there is a surplus, else with less, if that is not heard."""
    head, buffered = jitter.head[leg], depth(jitter, leg)
    longest = min(surplus, buffered - FRAME, LONGEST) if surplus > 0 else min(buffered - SPAN, LONGEST)
    needed = FRAME + longest if surplus > 0 else max(FRAME, longest + SPAN)
    if longest < SHORTEST or needed > buffered or not _is_there(ring, head, needed):
        return False
    shift = stretch.best_shift(ring, head, longest)
    if surplus < URGENT and not stretch.suits(ring, head, shift):
        return False
    if surplus > 0:
        stretch.shorten(ring, head, shift, frame)
        jitter.removed[leg] += shift
        _move_on(jitter, leg, FRAME + shift)
    else:
        stretch.lengthen(ring, head, shift, frame)
        jitter.inserted[leg] += shift
        _move_on(jitter, leg, FRAME - shift)
    jitter.patience[leg] = PATIENCE + 1
    return True


@kernel
def _wait(jitter: Jitter, leg: int, ring: Samples, frame: Samples) -> None:
    """The delay is to grow and what is due has not come: it may still be played."""
    for k in range(FRAME):
        frame[k] = _make_up(jitter, leg, ring, 0)
        jitter.last[leg] = frame[k]
    if jitter.anchor[leg] != jitter.head[leg]:
        # The ring has what was made up before, but not this.
        jitter.known[leg] = 0
    jitter.inserted[leg] += FRAME


@kernel
def _jump(jitter: Jitter, leg: int, samples: int) -> None:
    """Nothing is heard and nothing waits: the delay may be anything, if nothing is played twice."""
    samples = max(samples, -max(distance32(jitter.head[leg], jitter.anchor[leg]), 0))
    jitter.head[leg] = (jitter.head[leg] + samples) & _MASK32
    jitter.end[leg] = jitter.head[leg]
    jitter.known[leg] = 0
    jitter.removed[leg] += max(samples, 0)
    jitter.inserted[leg] += max(-samples, 0)


@kernel
def _is_there(ring: Samples, at: int, count: int) -> bool:
    gaps = 0
    for k in range(count):
        gaps += ring[(at + k) & INDEX] == MISSING
    return gaps == 0


@kernel
def _move_on(jitter: Jitter, leg: int, samples: int) -> None:
    jitter.head[leg] = (jitter.head[leg] + samples) & _MASK32
    jitter.known[leg] = min(jitter.known[leg] + samples, HISTORY)


@kernel
def _play(jitter: Jitter, leg: int, ring: Samples, frame: Samples) -> None:
    """A frame of the ring, with what is missing made up."""
    buffered = depth(jitter, leg)
    if buffered < FRAME:
        erase(ring, jitter.end[leg], FRAME - buffered)
        jitter.end[leg] = (jitter.head[leg] + FRAME) & _MASK32
    at = jitter.head[leg] & INDEX
    before = min(FRAME, JITTER_SAMPLES - at)
    if jitter.made[leg] or _lacks(ring[at : at + before], frame) | _lacks(ring, frame[before:]):
        _patch(jitter, leg, ring, frame)
    _move_on(jitter, leg, FRAME)


@kernel
def _lacks(samples: Samples, frame: Samples) -> bool:
    """Copy as much as both have; whether some of it is missing."""
    # No sample is less than MISSING. As numbers of 16 bits, the processor compares sixteen at a time.
    least = np.int16(0)
    for k in range(min(samples.size, frame.size)):
        frame[k] = samples[k]
        least = min(least, samples[k])
    return bool(least == MISSING)


@kernel
def _patch(jitter: Jitter, leg: int, ring: Samples, frame: Samples) -> None:
    """A frame with gaps, or after one. What is made up is kept in the ring: it may be repeated."""
    head = jitter.head[leg]
    for k in range(FRAME):
        at = (head + k) & INDEX
        if ring[at] == MISSING:
            ring[at] = _make_up(jitter, leg, ring, k)
            frame[k] = ring[at]
        elif jitter.made[leg]:
            frame[k] = _join(jitter, leg, ring, head + k)
        else:
            frame[k] = ring[at]
        jitter.last[leg] = frame[k]


@kernel
def _make_up(jitter: Jitter, leg: int, ring: Samples, k: int) -> int:
    """A sample in place of the missing one `k` after the head."""
    resting = jitter.rest[leg] != noise.UNTOLD
    if jitter.made[leg] == 0 or jitter.joined[leg]:
        known = 0 if resting or jitter.phase[leg] == EMPTY else jitter.known[leg] + k
        conceal.begin(jitter, leg, ring, (jitter.head[leg] + k) & _MASK32, known)
        jitter.made[leg], jitter.joined[leg], jitter.doubtful[leg] = 0, 0, 0
    made = jitter.made[leg]
    jitter.made[leg] += 1
    value = conceal.sample(jitter, leg, ring, made)
    if resting:
        value += noise.sample(jitter.seed, leg, jitter.rest[leg])
    elif made < MADE and jitter.phase[leg] != EMPTY:
        jitter.concealed[leg] += jitter.doubtful[leg] != PAUSE
        jitter.doubtful[leg] += jitter.doubtful[leg] >= 0
    return int(min(max(value, -32767), 32767))


@kernel
def _join(jitter: Jitter, leg: int, ring: Samples, at: int) -> int:
    """The true sample at `at`, after made-up ones, mixed with what would have gone on."""
    joined, made = jitter.joined[leg] + 1, jitter.made[leg]
    true, guess = int(ring[at & INDEX]), conceal.sample(jitter, leg, ring, made)
    value = int(guess + (true - guess) * joined // JOIN)
    if distance32(at - joined + 1, jitter.anchor[leg]) != 0:
        # What is before it in the ring was made up; after the samples before the anchor it fits as it is.
        ring[at & INDEX] = value
    if joined == JOIN:
        jitter.made[leg], jitter.joined[leg], jitter.doubtful[leg] = 0, 0, 0
    else:
        jitter.made[leg], jitter.joined[leg] = made + 1, joined
    return value
