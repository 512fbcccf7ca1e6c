"""Whose packets a leg believes: the source latch.

SDP says where a peer will send from, and behind a NAT it is wrong. So the first source that proves to be
steady is taken, and then no other until the peer is described anew, or moves:

    exactly the address and port of the SDP            believed at once
    elsewhere: CONFIRMATIONS packets of one source and   believed then; a source at the SDP's address
    SSRC, one after the other                            displaces one that is somewhere else
    elsewhere, after DOUBT_TICKS without a packet        believed at once: a NAT has given the peer another
    from the source that was taken: what goes on with    port; once a silence
    its stream

Before the latch is locked nothing that arrives is heard, and audio goes to the SDP's address only, for ten
seconds: who lives there may be a victim that never asked for it. A peer that proves itself with every packet,
by SRTP, needs no such caution: it is followed as soon as it speaks no more where it was.
"""

from media.engine.compile import kernel
from media.engine.state import Stream
from media.errors import IllegalTransition

CONFIRMATIONS = 4
"""Packets of one source, 80 ms of audio, before a source is believed that the SDP did not name."""

MOST_UNHEARD = 500
"""Packets, ten seconds of audio, that are sent to where nothing has come from."""

DOUBT_TICKS = 50
"""A second of silence. Who speaks is never silent for so long; who has moved is to be heard within two."""
PROVEN_DOUBT_TICKS = 5
"""The same where packets prove by a key whose it is: nobody else gains by it, and looking is what costs."""

OPEN, LEARNING, LOCKED, DOUBTED = 0, 1, 2, 3
"""States: no source yet; one is being watched; one is believed; it still is, but has fallen silent."""

DESCRIBED, EXACT, CANDIDATE, CONFIRMED, STRANGER, SILENT, MOVED = 0, 1, 2, 3, 4, 5, 6
"""Events: a (new) peer was described; then packets: from exactly there; from a source to watch; the one that
makes it certain; from a source that does not count; none for DOUBT_TICKS; the next one, from elsewhere."""

ILLEGAL = -1
TRANSITIONS = (
    # DESCRIBED, EXACT, CANDIDATE, CONFIRMED, STRANGER, SILENT, MOVED
    (OPEN, LOCKED, LEARNING, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL),  # OPEN
    (OPEN, LOCKED, LEARNING, LOCKED, LEARNING, ILLEGAL, ILLEGAL),  # LEARNING
    (OPEN, LOCKED, ILLEGAL, ILLEGAL, LOCKED, DOUBTED, ILLEGAL),  # LOCKED
    (OPEN, LOCKED, ILLEGAL, ILLEGAL, DOUBTED, ILLEGAL, LOCKED),  # DOUBTED
)
"""The state after an event."""


@kernel
def transition(state: int, event: int) -> int:
    """The next state. Raises IllegalTransition for a pair that cannot happen."""
    following = TRANSITIONS[state][event]
    if following == ILLEGAL:
        raise IllegalTransition("the source latch met an event that its state does not know")
    return following


@kernel
def describe(stream: Stream, leg: int, endpoint: int) -> None:
    """The peer's SDP names this endpoint."""
    stream.described[leg] = endpoint
    stream.remote[leg] = endpoint
    stream.candidate_count[leg] = 0
    stream.unheard[leg] = 0
    stream.latch[leg] = transition(stream.latch[leg], DESCRIBED)


@kernel
def may_send(stream: Stream, leg: int) -> bool:
    """Whether another packet may go out; it is counted while nobody has proved that it is welcome."""
    if has_source(stream, leg) or stream.listens[leg]:
        return True
    stream.unheard[leg] += 1
    return bool(stream.unheard[leg] <= MOST_UNHEARD)


@kernel
def has_source(stream: Stream, leg: int) -> bool:
    """Whether a source is believed, also one that is silent."""
    return bool(stream.latch[leg] >= LOCKED)


@kernel
def is_news(stream: Stream, leg: int, source: int) -> bool:
    """Whether this would be another source than the one that is believed."""
    return not has_source(stream, leg) or bool(source != stream.remote[leg])


@kernel
def doubt(stream: Stream, leg: int, silent_ticks: int, patience: int) -> bool:
    """Nothing has come for so long. True when that is too long: packets from elsewhere are to be shown."""
    if stream.latch[leg] != LOCKED or silent_ticks < patience:
        return False
    stream.latch[leg] = transition(stream.latch[leg], SILENT)
    return True


@kernel
def admit(stream: Stream, leg: int, source: int, ssrc: int, goes_on: bool) -> bool:
    """Whether a well-formed packet is to be heard; it may lock the latch.

    `goes_on`: by its SSRC and number it may be the next of the stream that was heard (`reception.goes_on`).
    """
    if has_source(stream, leg):
        event = _recognise(stream, leg, source, goes_on)
    else:
        event = _learn(stream, leg, source, ssrc)
    stream.latch[leg] = transition(stream.latch[leg], event)
    if event in (EXACT, CONFIRMED, MOVED):
        stream.remote[leg] = source
        return True
    return False


@kernel
def follow(stream: Stream, leg: int, source: int) -> None:
    """A packet has come that only the peer can have made: it is wherever that came from."""
    stream.latch[leg] = transition(stream.latch[leg], EXACT)
    stream.remote[leg] = source


@kernel
def _recognise(stream: Stream, leg: int, source: int, goes_on: bool) -> int:
    if source == stream.remote[leg]:
        return EXACT
    return MOVED if goes_on and stream.latch[leg] == DOUBTED else STRANGER


@kernel
def _learn(stream: Stream, leg: int, source: int, ssrc: int) -> int:
    if source == stream.described[leg]:
        return EXACT
    if source == stream.candidate[leg] and ssrc == stream.candidate_ssrc[leg]:
        stream.candidate_count[leg] += 1
    elif _may_displace(stream, leg, source):
        stream.candidate[leg] = source
        stream.candidate_ssrc[leg] = ssrc
        stream.candidate_count[leg] = 1
    else:
        return STRANGER
    return CONFIRMED if stream.candidate_count[leg] == CONFIRMATIONS else CANDIDATE


@kernel
def _may_displace(stream: Stream, leg: int, source: int) -> bool:
    """A source at the SDP's address is not disturbed by one elsewhere."""
    if stream.latch[leg] == OPEN:
        return True
    host = stream.described[leg] >> 16
    return source >> 16 == int(host) or int(stream.candidate[leg]) >> 16 != int(host)
