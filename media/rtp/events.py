"""Telephone-events that arrive (RFC 4733): one digit for each press of a key.

An event comes as many packets with one timestamp and a growing duration, the last three of them marked as
the end. It is over with the first of those, when another event begins, when SILENCE_TICKS pass without one,
or when it has lasted for LONGEST_TICKS.
"""

from media.engine.compile import kernel
from media.engine.state import Keys, Octets
from media.rtp.packet import distance32, word16

NO_DIGIT = -1
NO_EVENT = -1
LAST_DIGIT = 15
"""0-9, *, #, A-D are the codes 0 to 15; flash and tones are not digits."""
SILENCE_TICKS = 10
"""200 ms: ten packets of an event were lost, or its end."""
LONGEST_TICKS = 500
"""Ten seconds: who holds a key for longer has gone away from it."""
DIGITS_PER_SECOND = 20
"""People press five, machines ten; a flood beyond this is dropped."""
UNITS_PER_MS = 8
_SECOND = 50
_LONGEST_MS = 20 * LONGEST_TICKS
_PAYLOAD = 4
_RESTART = 8 * 8000 * 60
"""An older event than this, 8 minutes, is not a late packet: the peer's timestamps have started anew."""


@kernel
def clear(keys: Keys, leg: int) -> None:
    """No key has been pressed."""
    keys.timestamp[leg] = NO_EVENT
    keys.pressed[leg] = 0
    keys.burst_count[leg] = 0


@kernel
def press(keys: Keys, leg: int, tick: int, timestamp: int, payload: Octets) -> int:
    """A packet of an event: the code of the digit that it completes, or NO_DIGIT."""
    if payload.size < _PAYLOAD or payload[0] > LAST_DIGIT:
        return NO_DIGIT
    if keys.timestamp[leg] != NO_EVENT:
        age = distance32(keys.timestamp[leg], timestamp)
        if 0 < age < _RESTART or (age == 0 and not keys.pressed[leg]):
            return NO_DIGIT
    done = NO_DIGIT
    if keys.timestamp[leg] != timestamp and not _goes_on(keys, leg, timestamp, payload):
        done = release(keys, leg, tick)
        _begin(keys, leg, tick, timestamp, payload)
    keys.duration[leg] = max(keys.duration[leg], word16(payload, 2))
    keys.last_tick[leg] = tick
    if payload[1] & 0x80 and done == NO_DIGIT:
        done = release(keys, leg, tick)
    return done


@kernel
def _goes_on(keys: Keys, leg: int, timestamp: int, payload: Octets) -> bool:
    """A key held longer than 8 s: the event goes on as another segment, right after (section 2.5.1.3)."""
    if not keys.pressed[leg] or keys.code[leg] != payload[0]:
        return False
    if distance32(timestamp, keys.timestamp[leg]) != keys.duration[leg]:
        return False
    keys.earlier[leg] += keys.duration[leg]
    keys.timestamp[leg] = timestamp
    keys.duration[leg] = 0
    return True


@kernel
def _begin(keys: Keys, leg: int, tick: int, timestamp: int, payload: Octets) -> None:
    keys.timestamp[leg] = timestamp
    keys.began[leg] = tick
    keys.code[leg] = payload[0]
    keys.duration[leg] = 0
    keys.earlier[leg] = 0
    keys.pressed[leg] = 1


@kernel
def release(keys: Keys, leg: int, tick: int) -> int:
    """The pressed key is let go: its code, or NO_DIGIT when none is pressed or there were too many."""
    if not keys.pressed[leg]:
        return NO_DIGIT
    keys.pressed[leg] = 0
    keys.held[leg] = min((keys.earlier[leg] + keys.duration[leg]) // UNITS_PER_MS, _LONGEST_MS)
    if tick - keys.burst_tick[leg] >= _SECOND:
        keys.burst_tick[leg] = tick
        keys.burst_count[leg] = 0
    keys.burst_count[leg] += 1
    return keys.code[leg] if keys.burst_count[leg] <= DIGITS_PER_SECOND else NO_DIGIT


@kernel
def expire(keys: Keys, leg: int, tick: int) -> int:
    """The code of a digit whose end was lost or does not come, or NO_DIGIT."""
    if not keys.pressed[leg]:
        return NO_DIGIT
    is_lost = tick - keys.last_tick[leg] >= SILENCE_TICKS
    return release(keys, leg, tick) if is_lost or tick - keys.began[leg] >= LONGEST_TICKS else NO_DIGIT
