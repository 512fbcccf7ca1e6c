"""Whose packets a leg believes: the source latch.

SDP says where a peer will send from, and behind a NAT it is wrong. So the first source that proves to be
steady is chosen. That may be somebody who was faster than the peer: for WINDOW_TICKS a source that is nearer
to what the peer has said takes its place, and then no other, until the peer is described anew, or moves:

    exactly the address and port of the SDP            believed at once, and for good
    elsewhere: CONFIRMATIONS packets of one source and   chosen then; one at the host of the SDP, or of the
    SSRC, one after the other                            signalling, takes the place of one that is at neither
    elsewhere, after DOUBT_TICKS without a packet        believed at once: a NAT has given the peer another
    from the source that is believed: what goes on       port; once a silence
    with its stream

Before a source is chosen nothing that arrives is heard, and audio goes to the SDP's address only, for ten
seconds in all: who lives there may be a victim that never asked for it. A peer that proves itself with every
packet, by SRTP, needs no such caution: it is followed as soon as it speaks no more where it was.
"""

from media.engine.compile import kernel
from media.engine.state import Stream
from media.errors import IllegalTransition

CONFIRMATIONS = 4
"""Packets of one source, 80 ms of audio, before a source is believed that the SDP did not name."""

WINDOW_TICKS = 250
"""Five seconds from the choice of a source, in which a nearer one may still take its place."""

MOST_UNHEARD = 500
"""Packets, ten seconds of audio, that a leg sends while nothing comes: to all that it is told to send to."""

DOUBT_TICKS = 50
"""A second of silence. Who speaks is never silent for so long; who has moved is to be heard within two."""
PROVEN_DOUBT_TICKS = 5
"""The same where packets prove by a key whose it is: nobody else gains by it, and looking is what costs."""

OPEN, LEARNING, CHOSEN, LOCKED, DOUBTED = 0, 1, 2, 3, 4
"""States: no source yet; one is being watched; one is believed, unless a nearer one comes; one is believed,
and no other; it still is, but has fallen silent."""

DESCRIBED, EXACT, CANDIDATE, CONFIRMED, STRANGER, KNOWN, SETTLED, SILENT, MOVED = 0, 1, 2, 3, 4, 5, 6, 7, 8
"""Events: a (new) peer was described; then packets: from where the peer must be; from a source to watch; the
one that makes it certain; from a source that does not count; from the one that is believed; the window is
over; no packet for DOUBT_TICKS; the next one, from elsewhere."""

ILLEGAL = -1
TRANSITIONS = (
    # DESCRIBED, EXACT, CANDIDATE, CONFIRMED, STRANGER, KNOWN, SETTLED, SILENT, MOVED
    (OPEN, LOCKED, LEARNING, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL),  # OPEN
    (OPEN, LOCKED, LEARNING, CHOSEN, LEARNING, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL),  # LEARNING
    (OPEN, LOCKED, CHOSEN, CHOSEN, CHOSEN, CHOSEN, LOCKED, ILLEGAL, ILLEGAL),  # CHOSEN
    (OPEN, LOCKED, ILLEGAL, ILLEGAL, LOCKED, LOCKED, ILLEGAL, DOUBTED, ILLEGAL),  # LOCKED
    (OPEN, LOCKED, ILLEGAL, ILLEGAL, DOUBTED, LOCKED, ILLEGAL, ILLEGAL, LOCKED),  # DOUBTED
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
    """The peer's SDP names this endpoint. What was sent and not answered stays counted."""
    stream.described[leg] = endpoint
    stream.remote[leg] = endpoint
    stream.candidate_count[leg] = 0
    stream.chosen_ticks[leg] = 0
    stream.latch[leg] = transition(stream.latch[leg], DESCRIBED)


@kernel
def may_send(stream: Stream, leg: int) -> bool:
    """Whether another packet may go out; it is counted while nobody has proved that it is welcome."""
    if has_source(stream, leg):
        stream.unheard[leg] = 0
        return True
    if stream.listens[leg]:
        return True
    stream.unheard[leg] += 1
    return bool(stream.unheard[leg] <= MOST_UNHEARD)


@kernel
def has_source(stream: Stream, leg: int) -> bool:
    """Whether a source is believed, also one that is silent."""
    return bool(stream.latch[leg] >= CHOSEN)


@kernel
def is_news(stream: Stream, leg: int, source: int) -> bool:
    """Whether it would be another source, or the first, that is believed."""
    return bool(not has_source(stream, leg) or source != stream.remote[leg])


@kernel
def is_certain(stream: Stream, leg: int) -> bool:
    """Whether one source is believed and no other can be: the kernel may drop what comes from elsewhere."""
    return bool(stream.latch[leg] == LOCKED)


@kernel
def pass_tick(stream: Stream, leg: int, silent_ticks: int, patience: int) -> None:
    """Another 20 ms have passed; nothing has come from who is believed for so long."""
    state = stream.latch[leg]
    if state == CHOSEN:
        stream.chosen_ticks[leg] += 1
        if stream.chosen_ticks[leg] >= WINDOW_TICKS:
            stream.latch[leg] = transition(state, SETTLED)
    elif state == LOCKED and silent_ticks >= patience:
        stream.latch[leg] = transition(state, SILENT)


@kernel
def admit(stream: Stream, leg: int, source: int, ssrc: int, goes_on: bool) -> bool:
    """Whether a well-formed packet is to be heard; it may lock the latch.

    `goes_on`: by its SSRC and number it may be the next of the stream that was heard (`reception.goes_on`).
    """
    if stream.latch[leg] >= LOCKED:
        event = _recognise(stream, leg, source, goes_on)
    else:
        event = _learn(stream, leg, source, ssrc)
    stream.latch[leg] = transition(stream.latch[leg], event)
    if event in (EXACT, CONFIRMED, KNOWN, MOVED):
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
        return KNOWN
    return MOVED if goes_on and stream.latch[leg] == DOUBTED else STRANGER


@kernel
def _learn(stream: Stream, leg: int, source: int, ssrc: int) -> int:
    if source == stream.described[leg]:
        return EXACT
    if stream.latch[leg] == CHOSEN and source == stream.remote[leg]:
        return KNOWN
    if not _counts(stream, leg, source):
        return STRANGER
    if source != stream.candidate[leg] or ssrc != stream.candidate_ssrc[leg]:
        stream.candidate[leg] = source
        stream.candidate_ssrc[leg] = ssrc
        stream.candidate_count[leg] = 0
    stream.candidate_count[leg] += 1
    return CONFIRMED if stream.candidate_count[leg] == CONFIRMATIONS else CANDIDATE


@kernel
def _counts(stream: Stream, leg: int, source: int) -> bool:
    """One that is near is not disturbed by one that is not, and only such a one replaces who was chosen."""
    if stream.latch[leg] == OPEN:
        return True
    is_near = _is_near(stream, leg, source)
    if stream.latch[leg] == CHOSEN:
        return is_near and not _is_near(stream, leg, stream.remote[leg])
    return is_near or not _is_near(stream, leg, stream.candidate[leg])


@kernel
def _is_near(stream: Stream, leg: int, source: int) -> bool:
    """At the host that the SDP names, or that the signalling comes from."""
    host = source >> 16
    return bool(host == stream.described[leg] >> 16 or host == stream.signalled[leg])
