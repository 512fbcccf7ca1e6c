"""Leg by leg: give it what it hears, in a packet or as a frame in its port."""

from media.codecs import g711
from media.engine.compile import inlined, kernel
from media.engine.kernels.orders import NOT_STARTED
from media.engine.kernels.sums import copy
from media.engine.records import publish
from media.engine.state import FRAME, OUTBOUND_RING, RTP, RTP_PACKET, Octets, Ports, Samples, State
from media.engine.syscalls import send, send_to
from media.rtp import latch, sealing, sending
from media.rtp.packet import FIXED
from media.rtp.sealing import KEYLESS, PLAIN


@inlined
def deliver(state: State, leg: int) -> None:
    """Send `Work.heard`, also silence: it keeps the peer, and what is between, from giving up."""
    if state.legs.kind[leg] == RTP:
        if state.stream.payload_type[leg] != NOT_STARTED:
            _send(state, leg)
    else:
        heard = state.work.heard[: FRAME * state.legs.rate[leg]]
        _hand_over(state.ports, leg, heard, state.frames.outbound[leg])


@inlined
def _send(state: State, leg: int) -> None:
    stream, sender = state.stream, state.sender
    length = 0 if stream.sealing[leg] == KEYLESS else _make_packet(state, leg)
    sending.advance(sender, leg, 1)
    if length == 0 or not latch.may_send(stream, leg):
        return
    if _emit(state, leg, length) < 0:
        sender.failed[leg] += 1
        state.meter.errors[0] += 1
    else:
        sender.packets[leg] += 1
        sender.octets[leg] += length - FIXED


@inlined
def _emit(state: State, leg: int, length: int) -> int:
    """Send the packet that has been made, sealed where there is a key; less than 0 when it did not go."""
    stream, packet = state.stream, state.work.outgoing
    if stream.sealing[leg] != PLAIN:
        length = _seal(state, leg, packet, length)
        if length < 0:
            return length
    if latch.is_certain(stream, leg):
        return send(stream.fd[leg], packet, length)
    return send_to(stream.fd[leg], packet, length, stream.remote[leg], state.work.address)


@kernel
def _seal(state: State, leg: int, packet: Octets, length: int) -> int:
    """The length of the sealed packet, less than 0 when it could not be sealed."""
    stream = state.stream
    mark = state.marks[leg, 0, stream.sealing_mark[leg]]
    return sealing.seal_marked(stream.sealing[leg], mark, packet, length, state.work.size)


@inlined
def _make_packet(state: State, leg: int) -> int:
    """The length of the packet to send, 0 when there is none: digits go out also while audio does not."""
    stream, packet = state.stream, state.work.outgoing
    if stream.dtmf_type[leg] >= 0:
        length = sending.event(state.sender, leg, stream.dtmf_type[leg], packet, FRAME)
        if length:
            return length
    if not stream.sends[leg]:
        return 0
    sending.audio(state.sender, leg, stream.payload_type[leg], packet)
    g711.encode(state.work.heard[:FRAME], packet[FIXED:], g711.ENCODE[stream.codec[leg]])
    return RTP_PACKET


@kernel
def _hand_over(ports: Ports, leg: int, heard: Samples, ring: Samples) -> None:
    at = ports.heard[leg] % OUTBOUND_RING * heard.size
    copy(heard, ring[at : at + heard.size])
    publish(ports.heard, leg, ports.heard[leg] + 1)
