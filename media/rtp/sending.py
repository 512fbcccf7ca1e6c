"""The packets that a leg sends: 20 ms of audio, or a telephone-event in its place (RFC 3550, RFC 4733).

A digit is TONE_TICKS packets of an event and END_TICKS packets that say that it is over, then GAP_TICKS of
audio for the peer to tell two equal digits apart.
"""

from media.engine.compile import kernel
from media.engine.state import DIGITS, FRAME, Octets, Sender
from media.rtp.packet import FIXED, put16, put32

TONE_TICKS = 5
"""100 ms, more than the 40 ms that ITU-T Q.24 lets receivers ask for."""
END_TICKS = 3
"""RFC 4733 section 2.5.1.4."""
GAP_TICKS = 3
"""60 ms beside the end packets."""
PAUSE = 16
"""A code for 500 ms without a digit."""
PAUSE_TICKS = 25

_VERSION = 0x80
_MARKER = 0x80
_END = 0x80
_VOLUME = 10
"""-10 dBm0, RFC 4733 section 2.5.2.3 lets it be anything above -36."""
_EVENT_PACKET = FIXED + 4


@kernel
def begin(sender: Sender, leg: int, ssrc: int, sequence: int, timestamp: int) -> None:
    """A new stream with these random beginnings."""
    sender.ssrc[leg] = ssrc
    sender.sequence[leg] = sequence
    sender.timestamp[leg] = timestamp
    sender.marker[leg] = 1
    sender.packets[leg] = 0
    sender.octets[leg] = 0
    sender.failed[leg] = 0
    sender.step[leg] = 0


@kernel
def audio(sender: Sender, leg: int, payload_type: int, packet: Octets) -> None:
    """Write the header of the leg's next packet, for a frame that begins now."""
    _header(sender, leg, packet, payload_type | (_MARKER if sender.marker[leg] else 0))
    put32(packet, 4, sender.timestamp[leg])
    sender.marker[leg] = 0


@kernel
def event(sender: Sender, leg: int, payload_type: int, packet: Octets, frame: int) -> int:
    """Make the leg's next packet if it is part of a digit; its length, or 0: send audio.

    `frame` is 20 ms on the clock of its telephone-events.
    """
    if sender.step[leg] == 0:
        if sender.digits_taken[leg] >= sender.digits_put[leg]:
            return 0
        sender.event_timestamp[leg] = sender.timestamp[leg]
    code = sender.digits[leg, sender.digits_taken[leg] % DIGITS]
    sender.step[leg] += 1
    step = sender.step[leg]
    if step >= (PAUSE_TICKS if code == PAUSE else TONE_TICKS + END_TICKS + GAP_TICKS):
        sender.step[leg] = 0
        sender.digits_taken[leg] += 1
    if code == PAUSE or step > TONE_TICKS + END_TICKS:
        return 0
    _header(sender, leg, packet, payload_type | (_MARKER if step == 1 else 0))
    put32(packet, 4, sender.event_timestamp[leg])
    _event(packet, code, step, frame)
    sender.marker[leg] = 1
    return _EVENT_PACKET


@kernel
def _event(packet: Octets, code: int, step: int, frame: int) -> None:
    packet[FIXED] = code
    packet[FIXED + 1] = (_END if step > TONE_TICKS else 0) | _VOLUME
    put16(packet, FIXED + 2, min(step, TONE_TICKS) * frame)


@kernel
def _header(sender: Sender, leg: int, packet: Octets, second: int) -> None:
    """All of a header but the timestamp. `second`: the octet with marker and payload type."""
    packet[0] = _VERSION
    packet[1] = second
    put16(packet, 2, sender.sequence[leg])
    put32(packet, 8, sender.ssrc[leg])
    sender.sequence[leg] = (sender.sequence[leg] + 1) & 0xFFFF


@kernel
def advance(sender: Sender, leg: int, ticks: int) -> None:
    """Time passes on the leg's RTP clock, also when nothing is sent."""
    sender.timestamp[leg] = (sender.timestamp[leg] + ticks * FRAME) & 0xFFFFFFFF
