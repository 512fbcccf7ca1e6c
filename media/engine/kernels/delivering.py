"""Phase 7: give each leg what it hears: a packet, or a frame in its port."""

from media.codecs.g711 import ENCODE
from media.dsp import halfband
from media.engine.compile import kernel
from media.engine.kernels.mixing import copy
from media.engine.kernels.orders import NOT_STARTED
from media.engine.records import publish
from media.engine.state import OUTBOUND_RING, RTP, Legs, Ports, State
from media.engine.syscalls import send, send_to
from media.rtp import latch, sending
from media.rtp.packet import FIXED


@kernel
def deliver_all(state: State) -> None:
    """Send for every leg, also silence: it keeps the peer, and what is between, from giving up."""
    legs = state.legs
    for k in range(state.order.tally.legs[0]):
        leg = state.order.legs[k]
        if legs.kind[leg] == RTP:
            if state.stream.payload_type[leg] != NOT_STARTED:
                _send(state, leg)
        else:
            _hand_over(state.ports, legs, leg)


@kernel
def _send(state: State, leg: int) -> None:
    length = _make_packet(state, leg)
    sending.advance(state.sender, leg, 1)
    if length == 0:
        return
    stream, sender = state.stream, state.sender
    packet = sender.packet[leg]
    if stream.latch[leg] == latch.LOCKED:
        sent = send(stream.fd[leg], packet, length)
    else:
        sent = send_to(stream.fd[leg], packet, length, stream.described[leg], state.work.address[0])
    if sent < 0:
        sender.failed[leg] += 1
        state.meter.errors[0] += 1
    else:
        sender.packets[leg] += 1
        sender.octets[leg] += length - FIXED


@kernel
def _make_packet(state: State, leg: int) -> int:
    """The length of the packet to send, 0 when there is none: digits go out also while audio does not."""
    stream = state.stream
    if stream.dtmf_type[leg] >= 0:
        length = sending.event(state.sender, leg, stream.dtmf_type[leg])
        if length:
            return length
    if not stream.sends[leg]:
        return 0
    encode = ENCODE[stream.codec[leg]]
    return sending.audio(state.sender, leg, stream.payload_type[leg], state.legs.heard[leg], encode)


@kernel
def _hand_over(ports: Ports, legs: Legs, leg: int) -> None:
    frame = ports.outbound[leg, ports.heard[leg] % OUTBOUND_RING]
    if ports.wide[leg]:
        halfband.up(legs.heard[leg], frame, ports.up[leg])
    else:
        copy(legs.heard[leg], frame)
    publish(ports.heard, leg, ports.heard[leg] + 1)
