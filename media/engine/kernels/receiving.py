"""Read the sockets of the RTP legs, and take from each leg what it says.

A leg is read until what comes is so fresh that nothing can be behind it: nothing later, by its time, and
nothing earlier, since none is missing. In case that is wrong it is read until nothing waits every DRAIN_TICKS
ticks. That saves most of the calls that would only say "nothing".
"""

from media.codecs import g711
from media.dsp import noise
from media.engine import records
from media.engine.compile import inlined, kernel
from media.engine.kernels.expecting import expect_to_receive
from media.engine.kernels.orders import NOT_STARTED
from media.engine.kernels.speaking import speak
from media.engine.state import FRAME, RTP, Ints, Octets, State
from media.engine.syscalls import AGAIN, connect, disconnect, receive, receive_bound
from media.rtp import events, jitter, latch, packet, reception, sealing
from media.rtp.sealing import KEYLESS, PLAIN

DRAIN_TICKS = 32
MAX_READS = 64
"""Packets that a leg may bring in a tick: more than a second's, at once after a stall of the network. What is
beyond waits in the kernel, whose buffer is bounded too."""

NOTHING, FRESH, OTHER = 0, 1, 2
"""What a read found; after OTHER there may be more."""


@inlined
def receive_all(state: State, members: Ints) -> None:
    """Read what has come for these legs. Each is dealt with at once, while its rows are in the caches."""
    for place in range(members.size):
        leg = members[place]
        expect_to_receive(state, members, place)
        if state.legs.kind[leg] == RTP:
            drain = (state.meter.ticks[0] + leg) % DRAIN_TICKS == 0
            _receive_leg(state, leg, drain)
        speak(state, leg)


@inlined
def _receive_leg(state: State, leg: int, drain: bool) -> None:
    for _ in range(MAX_READS):
        found = _receive_one(state, leg)
        if found == NOTHING:
            break
        if found == FRESH and not drain:
            break
    digit = events.expire(state.keys, leg, state.meter.ticks[0])
    if digit != events.NO_DIGIT:
        _tell_digit(state, leg, digit)
    silent = state.meter.ticks[0] - state.reception.tick[leg]
    was_certain = latch.is_certain(state.stream, leg)
    is_plain = state.stream.opening[leg] == PLAIN
    latch.pass_tick(state.stream, leg, silent, latch.DOUBT_TICKS if is_plain else latch.PROVEN_DOUBT_TICKS)
    _bind(state, leg, was_certain)


@inlined
def _receive_one(state: State, leg: int) -> int:
    datagram = state.work.packet
    length, source = _read(state, leg, datagram)
    if length == AGAIN:
        state.stream.alone[leg] = latch.is_certain(state.stream, leg)
        return NOTHING
    if length < 0:
        state.meter.errors[0] += 1
        return OTHER
    plain = _open(state, leg, datagram, length)
    header = packet.parse(datagram, plain)
    if header.start < 0 or length == datagram.size or not _admit(state, leg, source, header):
        state.meter.dropped[0] += 1
        return OTHER
    return _accept(state, leg, header)


@inlined
def _read(state: State, leg: int, datagram: Octets) -> tuple[int, int]:
    """The length of the next datagram, or an error, and its source."""
    stream = state.stream
    if stream.alone[leg]:
        return receive_bound(stream.fd[leg], datagram), int(stream.remote[leg])
    return receive(stream.fd[leg], datagram, state.work.address)


@inlined
def _open(state: State, leg: int, datagram: Octets, length: int) -> int:
    """The length of the packet once it is opened, 0 when it is not of the key or comes again."""
    session = state.stream.opening[leg]
    if session == PLAIN:
        return length
    if session == KEYLESS:
        return 0
    mark = state.marks[leg, 1, state.stream.opening_mark[leg]]
    return max(sealing.open_marked(session, mark, datagram, length, state.work.size), 0)


@inlined
def _admit(state: State, leg: int, source: int, header: packet.Header) -> bool:
    stream = state.stream
    if stream.payload_type[leg] == NOT_STARTED:
        return False
    was_certain, is_news = latch.is_certain(stream, leg), latch.is_news(stream, leg, source)
    goes_on = reception.goes_on(state.reception, leg, header.ssrc, header.sequence)
    if stream.opening[leg] != PLAIN:
        latch.follow(stream, leg, source)
    elif not latch.admit(stream, leg, source, header.ssrc, goes_on):
        return False
    _bind(state, leg, was_certain and not is_news)
    if is_news:
        records.put_event(state.rings, state.meter, records.LATCHED, leg, source, 0)
    return True


@inlined
def _bind(state: State, leg: int, was_certain: bool) -> None:
    """Let the kernel drop what strangers send, for as long as nobody else can be believed."""
    stream = state.stream
    is_certain = latch.is_certain(stream, leg)
    if is_certain != was_certain:
        stream.alone[leg] = 0
    if is_certain and not was_certain:
        connect(stream.fd[leg], stream.remote[leg], state.work.address)
    elif was_certain and not is_certain:
        disconnect(stream.fd[leg], state.work.address)


@inlined
def _accept(state: State, leg: int, header: packet.Header) -> int:
    """Count a packet of the right source and use what it carries."""
    if header.ssrc != state.reception.ssrc[leg]:
        reception.begin(state.reception, leg, header.ssrc, header.sequence)
        jitter.clear(state.jitter, leg, state.frames.jitter[leg])
        events.clear(state.keys, leg)
    octets = header.end - header.start
    is_known = reception.is_known(state.reception, leg, header.sequence)
    missing = reception.count(state.reception, leg, header.sequence, octets, state.meter.ticks[0])
    payload = state.work.packet[header.start : header.end]
    if header.payload_type == state.stream.payload_type[leg]:
        if is_known and jitter.comes_again(state.jitter, leg, header.timestamp):
            state.jitter.duplicates[leg] += 1
            state.meter.dropped[0] += 1
            return OTHER
        return _hear(state, leg, header, payload, missing)
    if header.payload_type == state.stream.noise_type[leg] and state.stream.hears[leg]:
        jitter.rest(state.jitter, leg, noise.amplitude(payload))
    if header.payload_type == state.stream.dtmf_type[leg]:
        jitter.rest(state.jitter, leg, noise.SILENT)
        ticks = state.meter.ticks[0]
        digit = events.press(state.keys, leg, ticks, header.timestamp, payload)
        if digit != events.NO_DIGIT:
            _tell_digit(state, leg, digit)
    return OTHER


@inlined
def _hear(state: State, leg: int, header: packet.Header, payload: Octets, missing: int) -> int:
    arrival = state.meter.ticks[0] * FRAME
    reception.measure_jitter(state.reception, leg, header.timestamp, arrival)
    if not state.stream.hears[leg]:
        return OTHER
    samples = state.work.decoded[: payload.size]
    g711.decode(payload, samples, state.stream.codec[leg])
    jitter.explain(state.jitter, leg, header.timestamp, missing)
    outcome = jitter.insert(state.jitter, leg, state.frames.jitter[leg], header.timestamp, samples)
    if outcome != jitter.STORED:
        state.meter.dropped[0] += 1
        return OTHER
    if not reception.is_whole(state.reception, leg):
        return OTHER
    is_fresh = jitter.is_fresh(state.jitter, leg, header.timestamp, samples.size)
    return FRESH if is_fresh else OTHER


@kernel
def _tell_digit(state: State, leg: int, digit: int) -> None:
    records.put_event(state.rings, state.meter, records.DIGIT, leg, digit, state.keys.held[leg])
