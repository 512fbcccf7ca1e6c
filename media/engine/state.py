"""The layout of the engine's memory: tables and arrays of fixed size, and nothing else.

A leg, play, recording or room is a row number. A table is an array of records: `stream.codec[leg]` is a
field of a row, `frames.said[leg]` a row's frame. Integers are int64, samples int16, times in ticks. A frame
is 20 ms at the rate of whose it is: FRAME times 1, 2, 3 or 6 samples, the first ones of a row of FULL.

A thread that is not the engine's may write only what is marked *control*, by plain stores that count from
the next tick on; it asks for everything else through `Rings.commands`. Rows that are not active hold
leftovers.

Nothing here is a lock. Each array has one writer, and a counter that tells the other side of new contents is
written after them.
"""

from typing import Annotated, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Octets = NDArray[np.uint8]
Samples = NDArray[np.int16]
Sums = NDArray[np.int32]

RATE = 8000
FRAME = 160
"""Samples in 20 ms at 8 kHz, the least rate."""
RATES = (1, 2, 3, 6)
"""Times RATE at which legs talk and are talked to: 8, 16, 24 and 48 kHz."""
BUSES = len(RATES)
WIDE = 320
"""Samples in 20 ms at 16 kHz."""
FULL = 960
"""At 48 kHz, the highest rate."""
TICK_NS = 20_000_000
BEATS = 4
"""Of a tick: each leg and each room is served in one of them."""
BEAT_NS = TICK_NS // BEATS

JITTER_SAMPLES = 8192
"""Of a leg's jitter buffer: half a second that is to come, and as much that was played. A power of two, so
that it divides the range of RTP timestamps."""
PACKET = 2048
"""Octets of a datagram that are read, more than an Ethernet frame carries. Longer ones count as malformed."""
RTP_PACKET = 172
"""Octets of a packet that we send: a header and 160 octets of G.711."""
SEALED_PACKET = 192
"""With a seal: `media.rtp.sealing.SEAL` more."""
TONE_PAST = 80
"""Samples that the ear for keys as tones remembers: half of its window."""
DIGITS = 64
"""Digits that may wait to be sent by a leg."""
OUTBOUND_RING = 128
"""Frames of a port towards its leg: OUTBOUND_FRAMES and some that may be in the middle of being written."""
COMMANDS = 4096
"""Commands between two ticks. A full ring makes the control thread wait for the next tick."""
COMMAND_WORDS = 9
EVENTS = 131072
"""Events that the control thread has not taken yet: those that must not be lost, and some for each leg."""
EVENT_WORDS = 4
TAP_FRAMES = 250
"""Frames that a recording keeps for its writer: 5 s for a disk to come back."""
TAP_CHANNELS = 32
MEMORY = 144
"""Samples that a filter of `media.dsp.resampling` remembers, at most."""
BUCKETS = 2000
"""Of the histograms of times, 10 us each."""

FREE, RTP, PORT = 0, 1, 2
"""`Legs.kind`."""

TO_NOBODY, TO_RECORDERS, TO_SOME, TO_ROOM = 0, 1, 2, 3
"""`Legs.reach`, each wider than the one before."""

UNBEGUN = -2
"""`Plays.left` of a play whose samples are still being read."""

HEARD_BY_SOME, HEARS_SOME = 1, 2
"""Bits of `Legs.restricted`."""


class Table:
    """An array of records whose fields a subclass declares."""

    @property
    def rows(self) -> Self:
        """The same for kernels that Python calls often: it is four times as fast to call them with."""
        raise NotImplementedError


class Legs(Table):
    """One row for each leg."""

    kind: Ints
    """FREE, RTP or PORT."""
    rate: Ints
    """One of RATES: at which it talks and is talked to."""
    room: Ints
    """Row of the room, -1 outside."""
    beat: Ints
    """In which beat of the tick it is served: that of its room. 0 for rows that are not active."""
    muted: Ints
    """Control: 1 while the others do not hear the leg."""
    earmuffed: Ints
    """Control: 1 while the leg does not hear the others."""
    concealed: Ints
    """Control: 1 while nothing that the leg says goes anywhere."""
    restricted: Ints
    """Control: HEARD_BY_SOME | HEARS_SOME: which directions are for those in `State.may_hear` only."""
    reach: Ints
    """How far what the leg says carries in this tick: TO_NOBODY, its own recordings, some legs, its room."""
    has_aside: Ints
    """1 where something is played to this leg only."""
    resounds: Ints
    """Bit k: its own filter from RATES[k], `Filters.legs`, may remember something. The others are zeros."""
    ducked: Floats
    """By how much what it hears is turned down at the end of this tick: `media.dsp.limiting`."""


class Frames(NamedTuple):
    """Audio and packets. Not in the tables, so that rows are known to be dense: loops are 4x faster."""

    said: Samples
    """[leg, FULL] what each leg says in this tick, at its rate."""
    aside: Sums
    """[leg, FULL] what is played to this leg only, where `Legs.has_aside`."""
    aired: Sums
    """[room, BUSES, FULL] what is played to everybody in a room, where `Rooms.has_aired`, at each rate that
    somebody there has."""
    jitter: Samples
    """[leg, JITTER_SAMPLES] RTP legs: samples at their RTP timestamp, MISSING where none has come; those that
    were played stay until they are overwritten."""
    inbound: Samples
    """[leg, INBOUND_FRAMES * FULL] control, ports: frames pushed, each behind the one before."""
    outbound: Samples
    """[leg, OUTBOUND_RING * FULL] ports: frames for the leg."""


class Filters(NamedTuple):
    """What the filters between rates remember, MEMORY samples each; a bus is the number of a rate."""

    rooms: Floats32
    """[room, bus, bus, MEMORY] from what all say at one rate to what those hear who have another."""
    legs: Floats32
    """[leg, bus, MEMORY] from voices for this leg alone to its rate."""
    plays: Floats32
    """[play, bus, MEMORY] from a play to the rates of those who hear it."""
    taps: Floats32
    """[recording, TAP_CHANNELS, bus, MEMORY] from each rate to the recording's."""


class Rooms(Table):
    """One row for each room."""

    beat: Ints
    """In which beat of the tick it is served, 0 while it is empty."""
    members: Ints
    """Legs in it, when the order was made."""
    has_aired: Ints
    """1 where something is played to everybody."""
    buses: Ints
    """Bit k: somebody there has the rate RATES[k]; when the order was made."""
    told_since: Ints
    """When the window of `media.engine.kernels.voices` began, in which `told` is counted."""
    told: Ints
    """Times in it that something was told of who speaks."""


class Beats(Table):
    """One row for each beat, and one for the end."""

    group: Ints
    """Its first group; in the last row, how many groups there are."""
    legs: Ints
    """Legs that are served in it."""
    ports: Ints
    """Of those, how many are ports."""


class Order(NamedTuple):
    """The active legs in the order in which they are served; the legs of one room are a group."""

    legs: Ints
    """Rows of the active legs, group by group, those of a beat one after the other."""
    first: Ints
    """[group] where its legs begin in `legs`, and after the last group where they end."""
    group: Ints
    """[room] its group, -1 while it is empty. Those outside rooms are a group too, the last of their beat."""
    beats: Beats
    plays: Ints
    """[1] so many rows of `Plays`, the first ones, have all that are active."""
    taps: Ints
    """[1] of `Taps`."""
    stale: Ints
    """[1] 1 when a leg has come, gone or moved since the order was made."""


class Stream(Table):
    """RTP legs: what was negotiated and whom we believe."""

    fd: Ints
    payload_type: Ints
    """-1 before the stream has been started."""
    dtmf_type: Ints
    """-1 when the peer takes no telephone-events."""
    noise_type: Ints
    """Of comfort noise (RFC 3389), -1 when none was agreed on."""
    codec: Ints
    """Row of the tables of `media.codecs.g711`."""
    hears: Ints
    """Not 0 when the direction lets the peer be heard."""
    sends: Ints
    """Not 0 when the direction lets us send."""
    described: Ints
    """The endpoint in the peer's SDP."""
    signalled: Ints
    """The address that its signalling comes from, 0 where that is unknown."""
    latch: Ints
    """A state of `media.rtp.latch`."""
    alone: Ints
    """1 when the socket has been read empty since it was bound to `remote`: what comes is from there."""
    candidate: Ints
    """The endpoint that is being learnt."""
    candidate_ssrc: Ints
    candidate_count: Ints
    chosen_ticks: Ints
    """How long a source has been chosen, whose place another may take."""
    remote: Ints
    """The endpoint that the latch believes; the described one before it believes any."""
    unheard: Ints
    """Packets that were sent since anything was heard, while nobody was believed."""
    listens: Ints
    """Not 0 for a peer that says that it sends nothing, and is believed."""
    sealing: Ints
    """The SRTP session that seals, by its address, or PLAIN or KEYLESS of `media.rtp.sealing`."""
    opening: Ints
    """The one that opens."""
    sealing_mark: Ints
    """Where in `State.marks` it stands how far the key that seals is used."""
    opening_mark: Ints


class Jitter(Table):
    """RTP legs: the jitter buffer. In samples at 8 kHz, also where a soft leg has another clock.

    A lag is how much later than the first packet another one came, each against its timestamp.
    """

    phase: Ints
    """A phase of `media.rtp.jitter`."""
    clock: Ints
    """Our time: grows with every tick."""
    zero: Ints
    """`clock` less the RTP timestamp when the first packet came."""
    least: Ints
    """The least lag in the current window of time."""
    least_before: Ints
    """In the window before."""
    most: Ints
    """The greatest lag in the current window."""
    second: Ints
    """The greatest but one: what happens once in a window does not count."""
    second_before: Ints
    latest: Ints
    """The greatest lag in the current tick."""
    window: Ints
    """Ticks that are left of the current window."""
    playing: Ints
    """The lag with which the last frame was played."""
    wanted: Ints
    """The one with which it should have been."""
    head: Ints
    """RTP timestamp of the next sample to be played."""
    end: Ints
    """RTP timestamp after the newest sample."""
    known: Ints
    """Samples right before `head` that are in the ring, at most `media.dsp.conceal.HISTORY`."""
    anchor: Ints
    """RTP timestamp after the last true sample that was played."""
    made: Ints
    """Samples made up since, 0 while true ones are played."""
    joined: Ints
    """True samples that have been mixed with made-up ones, on the way back to those alone."""
    period: Ints
    """What they repeat: this many samples before `anchor`, 0 for nothing."""
    step: Ints
    """By how much the first of them would miss the sample before it."""
    last: Ints
    """The last sample that was played."""
    rest: Ints
    """The amplitude of the noise that the peer wants heard while it sends nothing, -1 unless it said so."""
    seed: Ints
    """Of that noise."""
    patience: Ints
    """Ticks until the delay may be changed again."""
    late: Ints
    """Packets in the leg's life that came too late to be heard."""
    duplicates: Ints
    """Packets that were here before."""
    concealed: Ints
    """Samples made up in place of packets, up to where nothing is heard any more."""
    doubtful: Ints
    """Of those, the ones made up since the last true sample, while nobody knows what they stand for.

    Afterwards `LOSS` or `PAUSE` of `media.rtp.jitter`."""
    inserted: Ints
    """Samples by which the delay has grown."""
    removed: Ints
    """Samples by which it has shrunk."""


class Reception(Table):
    """RTP legs: what RFC 3550 appendix A counts."""

    ssrc: Ints
    """Of the peer's current stream, -1 before its first packet."""
    first: Ints
    """Sequence number of the stream's first packet."""
    highest: Ints
    """The highest sequence number, extended by 65536 for each wrap."""
    received: Ints
    """Packets of the current stream."""
    seen: Ints
    """Bit n: the packet n before the highest has come."""
    transit: Ints
    jitter: Ints
    """Sixteen times the interarrival jitter in timestamp units. Arrival is known to the tick: 20 ms."""
    packets: Ints
    """Packets in the leg's life."""
    tick: Ints
    """When the last of them came."""
    lost: Ints
    """Packets lost in the streams before the current one."""
    octets: Ints
    """Payload octets in the leg's life."""


class Keys(Table):
    """RTP legs: telephone-events that arrive."""

    timestamp: Ints
    """RTP timestamp of the newest event, -1 before the first."""
    code: Ints
    duration: Ints
    """Of the newest segment, in timestamp units."""
    earlier: Ints
    """Of the segments before it."""
    pressed: Ints
    """1 between an event's first packet and its end."""
    began: Ints
    """When its first packet came."""
    last_tick: Ints
    """When its newest packet came."""
    held: Ints
    """Milliseconds for which the key that was let go last had been held."""
    burst_tick: Ints
    burst_count: Ints
    """Digits since `burst_tick`."""


class Voices(Table):
    """What each leg says, as a sound."""

    level: Ints
    """How loud it is in this tick: `media.dsp.level`, 0 to 127 in -dBov."""
    quietest: Ints
    """Control: the level below which nothing is a voice, 0 where nobody asks who speaks."""
    noise: Ints
    """The line's own, as a level with `media.engine.kernels.voices.PRECISION` bits after the point."""
    rising: Ints
    """Ticks of a voice in a row."""
    left: Ints
    """Ticks for which the leg still counts as speaking if no voice comes."""
    told: Ints
    """1 while the control thread has been told that it speaks."""


class Tones(Table):
    """What each leg says, as keys: `media.dsp.dtmf_ear`."""

    wanted: Ints
    """Control: 1 where keys are listened for as tones."""
    past: Annotated[Samples, TONE_PAST]
    """The samples before this tick's that the first window needs."""
    key: Ints
    """Of the newest windows, -1 for none."""
    windows: Ints
    """How many windows it has been there."""
    missing: Ints
    """Windows since then in which it was not."""


class Sender(Table):
    """RTP legs: what is sent."""

    sequence: Ints
    timestamp: Ints
    ssrc: Ints
    marker: Ints
    """1 when the next audio packet begins a talkspurt."""
    packets: Ints
    octets: Ints
    failed: Ints
    """Datagrams that the system refused to send."""
    digits: Annotated[Octets, DIGITS]
    """Control: RFC 4733 codes, or PAUSE."""
    digits_put: Ints
    """Control: digits ever put."""
    digits_taken: Ints
    step: Ints
    """Ticks since the current digit began, 0 between digits."""
    event_timestamp: Ints


class Ports(Table):
    """Legs whose frames come from the control thread."""

    pushed: Ints
    """Control: frames ever pushed."""
    cleared: Ints
    """Control: frames before this one are not to be played."""
    played: Ints
    heard: Ints
    """Frames ever written to `outbound`."""


class Plays(Table):
    """One row for each play."""

    active: Ints
    leg: Ints
    """Who hears it, -1: everybody in `room`."""
    room: Ints
    rate: Ints
    """One of RATES: of the samples."""
    address: Ints
    """Of the samples; control keeps them alive until the play has ended."""
    length: Ints
    position: Ints
    left: Ints
    """Times that the samples are still to be begun, -1 without end. Control: UNBEGUN before the start."""
    gain: Floats
    """Control: factor, 0 to 2."""


class Taps(Table):
    """One row for each recording."""

    active: Ints
    room: Ints
    leg: Ints
    """Whom alone is recorded, -1: the room."""
    channels: Ints
    rate: Ints
    """One of RATES, 1 or 2: at which it is recorded."""
    ducked: Annotated[Floats, TAP_CHANNELS]
    """Of each channel, as `Legs.ducked`."""
    present: Ints
    """Which rates there were in the newest frame: a bit for each bus."""
    address: Ints
    """Of int16 [TAP_FRAMES, FRAME or WIDE, channels], written by the engine."""
    written: Ints
    """Frames ever written. Those before the last TAP_FRAMES are written over, read or not."""
    read: Ints
    """Control: frames ever read."""


class Rings(Table):
    """One row: commands in, events out, as the records of `media.engine.records`."""

    commands: Annotated[Ints, COMMANDS, COMMAND_WORDS]
    """Control."""
    commands_put: Ints
    """Control: commands ever put."""
    commands_taken: Ints
    events: Annotated[Ints, EVENTS, EVENT_WORDS]
    events_put: Ints
    """Events ever put."""
    events_taken: Ints
    """Control."""
    reserved: Ints
    """Places that are kept for events that must not be lost."""


class Meter(Table):
    """One row: what the engine knows about itself; everything counts upwards for ever."""

    stop: Ints
    """Control: 1 ends the loop."""
    bell: Ints
    """The eventfd that tells the control thread of events."""
    due: Ints
    """Up to which moment beats were served or left out, in nanoseconds of the monotonic clock; 0 before the
    first. Beats are due at multiples of BEAT_NS, ticks begin at multiples of TICK_NS."""
    ticks: Ints
    skipped: Ints
    """Ticks left out because the loop was late."""
    late: Annotated[Ints, BUCKETS]
    """Beats by how late they began, 10 us a bucket."""
    busy: Annotated[Ints, BUCKETS]
    """Ticks by how long their beats took together."""
    dropped: Ints
    """Packets refused: malformed, foreign, late or too many."""
    errors: Ints
    """Socket errors, such as a peer's closed port."""
    events_lost: Ints


class Work(NamedTuple):
    """Room to work in; nothing here outlives a beat."""

    packet: Octets
    """[PACKET]"""
    address: Octets
    """[ADDRESS_OCTETS]"""
    time: Ints
    """[2]"""
    missed: Ints
    """[BEATS]"""
    decoded: Samples
    """[PACKET]"""
    heard: Samples
    """[FULL] what the leg hears that is being served: one row for all, which never leaves the caches."""
    outgoing: Octets
    """[SEALED_PACKET] the packet that is being made for it."""
    voices: Sums
    """[BUSES, FULL]"""
    guests: Sums
    """[BUSES, FULL]"""
    guarded: Ints
    """[leg] of the room that is being mixed: those whom some may hear, TO_SOME."""
    line: Sums
    """[FULL]"""
    channels: Sums
    """[TAP_CHANNELS, BUSES, FULL]"""
    rows: Floats32
    """[MEMORY + 2 * FULL]"""
    size: NDArray[np.int32]
    """[1]"""
    narrow: Samples
    """[FRAME]"""
    mixed: Samples
    """[FULL]"""
    tone_line: Floats
    """[TONE_PAST + FRAME]"""
    tone_powers: Floats
    """[16]"""


class State(NamedTuple):
    """Everything."""

    legs: Legs
    frames: Frames
    filters: Filters
    rooms: Rooms
    order: Order
    stream: Stream
    jitter: Jitter
    reception: Reception
    keys: Keys
    voices: Voices
    tones: Tones
    sender: Sender
    ports: Ports
    plays: Plays
    taps: Taps
    channel: NDArray[np.int8]
    """[recording, leg] control: the leg's channel in a recording."""
    may_hear: NDArray[np.int8]
    """[listener, speaker] control: 1 where it may. Of legs in the same room, and for restricted ones."""
    marks: Ints
    """[leg, 2, MAX_KEYS, MARK_WORDS] how far its keys for sealing, and opening, are used, see
    `media.rtp.kept_keys`. Written by whoever carries the leg."""
    rings: Rings
    meter: Meter
    work: Work
