"""What receiving counts: sequence numbers, loss and jitter (RFC 3550 sections 6.4.1, A.1, A.3 and A.8)."""

from media.engine.compile import kernel
from media.engine.state import Reception
from media.rtp.packet import distance16, distance32

NO_STREAM = -1
SEEN = 62
"""Packets of which it is known whether they have come: as many as a whole number holds, over a second's."""
RECENT = 8
"""Of these, the ones that may still be behind others in the socket: 160 ms."""
NEAR = 500
"""How far the number of a packet may be from the last one for a stream to go on: ten seconds of packets."""

_ALL = (1 << SEEN) - 1
_RECENT = (1 << RECENT) - 1


@kernel
def clear(reception: Reception, leg: int) -> None:
    """Nothing has been received."""
    reception.ssrc[leg] = NO_STREAM
    reception.received[leg] = 0
    reception.packets[leg] = 0
    reception.tick[leg] = 0
    reception.lost[leg] = 0
    reception.octets[leg] = 0
    reception.jitter[leg] = 0


@kernel
def begin(reception: Reception, leg: int, ssrc: int, sequence: int) -> None:
    """A stream starts; what the one before it lost stays known."""
    reception.lost[leg] = lost(reception, leg)
    reception.ssrc[leg] = ssrc
    reception.first[leg] = sequence
    reception.highest[leg] = sequence
    reception.seen[leg] = 0
    reception.received[leg] = 0
    reception.jitter[leg] = 0


@kernel
def count(reception: Reception, leg: int, sequence: int, octets: int, tick: int) -> int:
    """A packet of the current stream has come: how many are missing between it and the newest before it."""
    ahead = distance16(sequence, reception.highest[leg] & 0xFFFF)
    if ahead > 0:
        reception.highest[leg] += ahead
        reception.seen[leg] = (reception.seen[leg] << min(ahead, SEEN)) & _ALL
    reception.seen[leg] |= _bit(ahead)
    reception.received[leg] += 1
    reception.packets[leg] += 1
    reception.tick[leg] = tick
    reception.octets[leg] += octets
    return max(ahead - 1, 0)


@kernel
def is_known(reception: Reception, leg: int, sequence: int) -> bool:
    """Whether a packet of the current stream with that number has come before, of late."""
    ahead = distance16(sequence, reception.highest[leg] & 0xFFFF)
    return bool(ahead <= 0 and reception.seen[leg] & _bit(ahead))


@kernel
def is_whole(reception: Reception, leg: int) -> bool:
    """Whether all of the RECENT packets have come, so that none may be behind them."""
    return bool(reception.seen[leg] & _RECENT == _RECENT)


@kernel
def _bit(ahead: int) -> int:
    """Where `seen` tells of a packet, once that one is not ahead any more; 0 where it tells nothing."""
    back = max(-ahead, 0)
    return 1 << back if back < SEEN else 0


@kernel
def goes_on(reception: Reception, leg: int, ssrc: int, sequence: int) -> bool:
    """Whether a packet may be one of the next of the current stream: nobody else knows their numbers."""
    ahead = distance16(sequence, reception.highest[leg] & 0xFFFF)
    return bool(ssrc == reception.ssrc[leg] and abs(ahead) <= NEAR)


@kernel
def measure_jitter(reception: Reception, leg: int, timestamp: int, arrival: int) -> None:
    """An audio packet has come at `arrival`, in timestamp units on our clock (A.8, in integers)."""
    transit = arrival - timestamp
    if reception.received[leg] > 1:
        change = abs(distance32(transit, reception.transit[leg]))
        if change < MAX_CHANGE:
            reception.jitter[leg] += change - ((reception.jitter[leg] + 8) >> 4)
    reception.transit[leg] = transit


MAX_CHANGE = 8000
"""A change of a second is a jump of the peer's timestamps, not jitter."""


@kernel
def lost(reception: Reception, leg: int) -> int:
    """Packets lost in the leg's life; duplicates do not make it less than nothing."""
    if reception.ssrc[leg] == NO_STREAM:
        return 0
    expected = int(reception.highest[leg] - reception.first[leg]) + 1
    return int(reception.lost[leg]) + max(expected - int(reception.received[leg]), 0)
