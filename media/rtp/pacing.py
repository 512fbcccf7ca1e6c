"""How late packets come, and how late to play them so that nearly all are there in time.

A packet's *lag* is its arrival on our clock less its RTP timestamp, counted from that of the first packet.
What is played with a lag of L finds every packet there whose own lag is at most L, whatever their length. So
the delay that a network needs is the greatest lag among its packets, watched in windows of WINDOW ticks:

    target   the greatest lag but one of a tick, in this window or the one before
    least    the least lag: a packet that came without waiting anywhere

A peer whose clock is slow or fast has lags that rise or fall, and is followed. All are samples at 8 kHz.
"""

from media.engine.compile import kernel
from media.engine.state import FRAME, Jitter
from media.rtp.packet import distance32

WINDOW = 100
"""Ticks, 2 s: time for a rare delay to come twice, and not too long to remember one that is over."""
DEEPEST = 3360
"""The greatest delay that is granted, 420 ms; people who wait longer for an answer talk at the same time."""
TOLERANCE = 4
"""A delay that is longer than needed by no more than this part of it is left as it is: a quarter."""
BACK = 800
"""Samples by which playing may go back at once to more delay than was needed of late, 100 ms."""
NEVER = -(1 << 40)
"""Stands for the lag of no packet."""

_MASK32 = 0xFFFFFFFF


@kernel
def begin(jitter: Jitter, leg: int, timestamp: int) -> None:
    """The first packet of a stream has come: its lag is 0."""
    jitter.zero[leg] = (jitter.clock[leg] - timestamp) & _MASK32
    jitter.least[leg], jitter.least_before[leg] = 0, 0
    jitter.most[leg], jitter.second[leg], jitter.second_before[leg] = NEVER, NEVER, NEVER
    jitter.latest[leg] = NEVER
    jitter.window[leg] = WINDOW
    jitter.playing[leg], jitter.wanted[leg] = 0, 0


@kernel
def lag(jitter: Jitter, leg: int, timestamp: int) -> int:
    """The lag of a packet with that timestamp that comes now."""
    return distance32(jitter.clock[leg] - timestamp, jitter.zero[leg])


@kernel
def observe(jitter: Jitter, leg: int, lagging: int) -> None:
    """A packet has come with that lag. Of those that come in one tick the latest counts: it is one delay."""
    jitter.least[leg] = min(jitter.least[leg], lagging)
    jitter.latest[leg] = max(jitter.latest[leg], lagging)


@kernel
def arrive(jitter: Jitter, leg: int, timestamp: int) -> int:
    """Observe a packet with that timestamp that has come now: its lag."""
    lagging = lag(jitter, leg, timestamp)
    observe(jitter, leg, lagging)
    return lagging


@kernel
def least(jitter: Jitter, leg: int) -> int:
    """The least lag of late."""
    return int(min(jitter.least[leg], jitter.least_before[leg]))


@kernel
def target(jitter: Jitter, leg: int, playing: int) -> int:
    """The lag to play with; the present one while nothing is known."""
    wanted = max(jitter.second[leg], jitter.second_before[leg])
    if wanted == NEVER:
        return playing
    return int(min(wanted, least(jitter, leg) + DEEPEST))


@kernel
def surplus(jitter: Jitter, leg: int, playing: int) -> int:
    """By how much that lag is more than is needed; less than 0 where it is too little.

    It is 0 up to a part of the whole delay: what is needed is not known to the millisecond, and each change
    does a little harm.
    """
    wanted = target(jitter, leg, playing)
    jitter.playing[leg], jitter.wanted[leg] = playing, wanted
    more = playing - wanted
    if 0 < more * TOLERANCE <= playing - least(jitter, leg):
        return 0
    return more


@kernel
def may_return(jitter: Jitter, leg: int, playing: int, lagging: int) -> bool:
    """Whether what is played with one lag may be played with another, of a late packet, from now on."""
    most = max(playing, target(jitter, leg, playing)) + BACK
    return bool(lagging <= min(most, least(jitter, leg) + DEEPEST))


@kernel
def turn(jitter: Jitter, leg: int) -> None:
    """Another tick has come, and all that had arrived before it has been observed."""
    latest = jitter.latest[leg]
    if latest > jitter.second[leg]:
        jitter.second[leg] = min(latest, jitter.most[leg])
        jitter.most[leg] = max(latest, jitter.most[leg])
    jitter.latest[leg] = NEVER
    jitter.window[leg] -= 1
    if jitter.window[leg] <= 0 and jitter.second[leg] > NEVER:
        _open_window(jitter, leg)


@kernel
def _open_window(jitter: Jitter, leg: int) -> None:
    jitter.least_before[leg] = jitter.least[leg]
    jitter.second_before[leg] = jitter.second[leg]
    jitter.least[leg] = jitter.most[leg]
    jitter.most[leg], jitter.second[leg] = NEVER, NEVER
    jitter.window[leg] = WINDOW


@kernel
def settle(jitter: Jitter, leg: int, head: int) -> int:
    """Another tick has come, in which the sample at `head` would be played: the surplus of that."""
    turn(jitter, leg)
    return surplus(jitter, leg, lag(jitter, leg, head))


@kernel
def pass_time(jitter: Jitter, leg: int) -> None:
    """20 ms have been played."""
    jitter.clock[leg] += FRAME
