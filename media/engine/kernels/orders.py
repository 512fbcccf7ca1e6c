"""Carry out what the control thread asks for, and make the order anew when legs have moved."""

from media.dsp import dtmf_ear
from media.engine import records
from media.engine.compile import kernel
from media.engine.kernels import voices
from media.engine.kernels.buses import forget_own, settle
from media.engine.kernels.grouping import NOWHERE, emptiest, make_order
from media.engine.state import COMMANDS, FRAME, FREE, PORT, RTP, TICK_NS, Ints, State, Stream
from media.engine.syscalls import disconnect, fence
from media.rtp import events, jitter, latch, reception, sending
from media.rtp.sealing import PLAIN, without

NOT_STARTED = -1


@kernel
def obey(state: State) -> None:
    """Take all commands that wait."""
    rings = state.rings
    put = records.observe(rings.commands_put, 0)
    for k in range(rings.commands_taken[0], put):
        _carry_out(state, rings.commands[0, k % COMMANDS])
    records.publish(rings.commands_taken, 0, put)
    if state.order.stale[0]:
        make_order(state.legs, state.rooms, state.order)
        settle(state)


@kernel
def _carry_out(state: State, command: Ints) -> None:
    operation = command[0]
    if operation in (records.OPEN_RTP, records.START_RTP, records.KEY_RTP):
        _obey_rtp(state, command)
    elif operation == records.OPEN_PORT:
        _open_port(state, command)
    elif operation == records.CARRY:
        _carry(state, command)
    elif operation == records.ADOPT:
        _adopt(state, command)
    elif operation == records.CLOSE_LEG:
        _close(state, command[1])
    elif operation == records.MOVE:
        state.legs.room[command[1]] = command[2]
        forget_own(state.legs, command[1], state.filters.legs)
        voices.forget(state, command[1])
        state.order.stale[0] = 1
    elif operation == records.START_PLAY:
        _start_play(state, command)
    elif operation == records.STOP_PLAY:
        _stop_play(state, command[1])
    elif operation == records.START_TAP:
        _start_tap(state, command)
    elif operation == records.STOP_TAP:
        state.taps.active[command[1]] = 0
        records.put_event(state.rings, state.meter, records.TAP_ENDED, command[1], 0, 0)


@kernel
def _obey_rtp(state: State, command: Ints) -> None:
    operation = command[0]
    if operation == records.OPEN_RTP:
        _open_rtp(state, command)
    elif operation == records.START_RTP:
        _start_rtp(state, command)
    else:
        _key_rtp(state.stream, command)


@kernel
def _open(state: State, leg: int, kind: int) -> None:
    """The last step, so that a worker that dies on the way leaves no leg with another's stream."""
    legs, beats = state.legs, state.order.beats
    legs.room[leg] = NOWHERE
    legs.ducked[leg] = 0
    legs.beat[leg] = emptiest(beats)
    beats.legs[legs.beat[leg]] += 1
    state.frames.said[leg, :] = 0
    voices.clear(state.voices, leg)
    dtmf_ear.clear(state.tones, leg)
    state.order.stale[0] = 1
    fence()
    legs.kind[leg] = kind


@kernel
def _open_rtp(state: State, command: Ints) -> None:
    leg = command[1]
    stream = state.stream
    stream.fd[leg] = command[2]
    stream.payload_type[leg] = NOT_STARTED
    stream.sealing[leg] = stream.opening[leg] = PLAIN
    stream.described[leg] = 0
    stream.latch[leg] = latch.OPEN
    stream.alone[leg] = 0
    stream.unheard[leg] = 0
    jitter.open_leg(state.jitter, leg, state.frames.jitter[leg])
    reception.clear(state.reception, leg)
    events.clear(state.keys, leg)
    sending.begin(state.sender, leg, command[3], command[4], command[5])
    state.legs.rate[leg] = 1
    _open(state, leg, RTP)


@kernel
def _key_rtp(stream: Stream, command: Ints) -> None:
    leg = command[1]
    stream.sealing[leg] = command[2]
    stream.opening[leg] = command[3]
    stream.sealing_mark[leg] = command[4]
    stream.opening_mark[leg] = command[5]


@kernel
def _start_rtp(state: State, command: Ints) -> None:
    leg = command[1]
    stream = state.stream
    if command[2] != stream.described[leg]:
        stream.alone[leg] = 0
        if latch.is_certain(stream, leg):
            disconnect(stream.fd[leg], state.work.address)
        latch.describe(stream, leg, command[2])
    stream.signalled[leg] = command[8]
    stream.payload_type[leg] = command[3]
    stream.dtmf_type[leg] = command[4]
    stream.codec[leg] = command[5]
    stream.hears[leg] = command[6] & records.HEARS
    stream.sends[leg] = command[6] & records.SENDS
    stream.listens[leg] = command[6] & records.LISTENED_TO
    stream.noise_type[leg] = command[7]
    if not stream.hears[leg]:
        jitter.clear(state.jitter, leg, state.frames.jitter[leg])


@kernel
def _open_port(state: State, command: Ints) -> None:
    leg = command[1]
    _set_port(state, leg, command[2], command[3])
    _open(state, leg, PORT)


@kernel
def _set_port(state: State, leg: int, rate: int, pushed: int) -> None:
    state.legs.rate[leg] = rate
    state.ports.played[leg] = pushed


@kernel
def _carry(state: State, command: Ints) -> None:
    """An RTP leg changes hands, and stays what it is otherwise."""
    leg = command[1]
    state.legs.kind[leg] = command[2]
    forget_own(state.legs, leg, state.filters.legs)
    state.order.stale[0] = 1
    if command[2] == PORT:
        _set_port(state, leg, command[3], command[4])
        records.put_event(state.rings, state.meter, records.HANDED_OVER, leg, state.ports.heard[leg], 0)
    else:
        state.legs.rate[leg] = 1
        state.stream.alone[leg] = 0
        jitter.clear(state.jitter, leg, state.frames.jitter[leg])


@kernel
def _adopt(state: State, command: Ints) -> None:
    """A leg goes on that another engine has let go of; time has passed, and on our clocks as well."""
    leg, kind = command[1], command[2]
    state.stream.fd[leg] = command[3]
    state.stream.sealing[leg] = without(state.stream.sealing[leg])
    state.stream.opening[leg] = without(state.stream.opening[leg])
    passed = max(state.meter.due[0] - command[4], 0) // TICK_NS
    state.jitter.clock[leg] += passed * FRAME
    state.legs.rate[leg] = 1
    if kind == RTP:
        sending.advance(state.sender, leg, passed)
    else:
        _set_port(state, leg, 1, command[5])
    _open(state, leg, kind)


@kernel
def _close(state: State, leg: int) -> None:
    voices.forget(state, leg)
    state.legs.kind[leg] = FREE
    state.legs.room[leg] = NOWHERE
    state.legs.beat[leg] = 0
    state.order.stale[0] = 1
    records.put_event(state.rings, state.meter, records.CLOSED, leg, state.meter.due[0], 0)


@kernel
def _start_play(state: State, command: Ints) -> None:
    play = command[1]
    plays = state.plays
    plays.leg[play] = command[2]
    plays.room[play] = command[3]
    plays.address[play] = command[4]
    plays.length[play] = command[5]
    plays.left[play] = command[6]
    plays.position[play] = command[7]
    plays.rate[play] = command[8]
    state.filters.plays[play, :, :] = 0
    state.order.plays[0] = max(state.order.plays[0], play + 1)
    plays.active[play] = 1


@kernel
def _stop_play(state: State, play: int) -> None:
    """A play that has ended by itself has said so already."""
    if state.plays.active[play]:
        state.plays.active[play] = 0
        records.put_event(state.rings, state.meter, records.PLAY_ENDED, play, 1, 0)


@kernel
def _start_tap(state: State, command: Ints) -> None:
    tap = command[1]
    taps = state.taps
    taps.room[tap] = command[2]
    taps.channels[tap] = command[3]
    taps.rate[tap] = command[4]
    taps.address[tap] = command[5]
    taps.leg[tap] = command[6]
    taps.written[tap] = taps.read[tap]
    taps.ducked[tap, :] = 0
    taps.present[tap] = 0
    state.filters.taps[tap, : command[3], :, :] = 0
    state.order.taps[0] = max(state.order.taps[0], tap + 1)
    taps.active[tap] = 1
