"""The media bench's loops: a generator of calls, and the least that a media server could do.

Both are compiled like the engine and make the same system calls through the same code, so that what differs
between the floor and the worker is what the worker does between receiving and sending.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.engine.compile import kernel
from media.engine.libc import connect, now, receive, send, sleep_until

Ints = NDArray[np.int64]
Octets = NDArray[np.uint8]

PACKET = 172
TICK_NS = 20_000_000
SLOTS = 20
"""Parts of a tick over which the generator spreads its legs, as telephones would be."""
SLOT_NS = TICK_NS // SLOTS
DRAIN_TICKS = 8
BUCKETS = 2000
BUCKET_NS = 10_000
TOGGLE_TICKS = 50
"""A room's first leg says another word every second; when its partner hears it tells the delay."""
READS = 8


class Calls(NamedTuple):
    """The generator's legs; legs 2k and 2k + 1 share a room."""

    fds: Ints
    packets: Octets
    """[leg, PACKET]"""
    words: Octets
    """[leg, 2] the octets that a leg says, one after the other."""
    toggled: Ints
    """[leg] when its partner's word changed last, 0 when the change has been heard."""
    probes: int
    """So many legs are read in each slot, so that delays are known to a millisecond."""
    window: Ints
    """[0] from when on, and [1] until when is counted, in nanoseconds of the monotonic clock; [2] 1 is the
    end. Written by another thread, the beginning first, while nothing is counted."""


class Tally(NamedTuple):
    """What a loop counted within its window."""

    counts: Ints
    """[0] sent, [1] received, [2] payloads that were not the partner's word, [3] delays, [4] their sum in ns,
    [5] the generator's own greatest lateness in ns."""
    late: Ints
    """[BUCKETS] ticks by lateness."""
    delays: Ints
    """[BUCKETS] delays, 100 us a bucket."""


class Scratch(NamedTuple):
    """Room to work in."""

    packet: Octets
    address: Octets
    time: Ints


@kernel
def talk(calls: Calls, tally: Tally, scratch: Scratch) -> None:
    """Send and check until the end, and count in the window."""
    due = now(scratch.time)
    slot = 0
    while not calls.window[2]:
        due += SLOT_NS
        sleep_until(due, scratch.time)
        at = now(scratch.time)
        counting = calls.window[0] <= at < calls.window[1]
        if counting:
            tally.counts[5] = max(tally.counts[5], at - due)
        for leg in range(calls.fds.size):
            mine = leg % SLOTS == slot % SLOTS
            if mine or leg < calls.probes:
                _listen(calls, leg, counting, tally, scratch)
            if mine:
                sent = _say(calls, leg, slot // SLOTS, scratch)
                if counting:
                    tally.counts[0] += sent
        slot += 1


@kernel
def _say(calls: Calls, leg: int, tick: int, scratch: Scratch) -> int:
    packet = calls.packets[leg]
    sequence = tick + 1
    packet[2], packet[3] = sequence >> 8 & 0xFF, sequence & 0xFF
    timestamp = tick * 160
    for k in range(4):
        packet[4 + k] = timestamp >> (24 - 8 * k) & 0xFF
    if leg % 2 == 0 and tick % TOGGLE_TICKS == 0:
        packet[12:] = calls.words[leg, tick // TOGGLE_TICKS % 2]
        calls.toggled[leg + 1] = now(scratch.time)
    return 1 if send(calls.fds[leg], packet, PACKET) > 0 else 0


@kernel
def _listen(calls: Calls, leg: int, counting: bool, tally: Tally, scratch: Scratch) -> None:
    partner = leg + 1 - 2 * (leg % 2)
    for _ in range(READS):
        length, _source = receive(calls.fds[leg], scratch.packet, scratch.address)
        if length < 0:
            return
        if not counting:
            calls.toggled[leg] = 0
            continue
        tally.counts[1] += 1
        word = scratch.packet[12]
        if length != PACKET or not _is_word(scratch.packet, calls.words[partner]):
            tally.counts[2] += 1
        elif leg < calls.probes and calls.toggled[leg] and word == calls.packets[partner, 12]:
            _note_delay(now(scratch.time) - calls.toggled[leg], tally)
            calls.toggled[leg] = 0


@kernel
def _is_word(packet: Octets, words: Octets) -> bool:
    word = packet[12]
    same = bool(word == words[0]) or bool(word == words[1])
    for k in range(12, PACKET):
        same = same and bool(packet[k] == word)
    return same


@kernel
def _note_delay(delay: int, tally: Tally) -> None:
    tally.counts[3] += 1
    tally.counts[4] += delay
    tally.delays[min(delay // 100_000, BUCKETS - 1)] += 1


@kernel
def answer(fds: Ints, peers: Ints, stop: Ints, tally: Tally, scratch: Scratch) -> None:
    """The floor: each tick receive on every socket and send a packet of the same length, nothing else."""
    for leg in range(fds.size):
        connect(fds[leg], peers[leg], scratch.address)
    due = now(scratch.time)
    tick = 0
    while not stop[0]:
        due += TICK_NS
        sleep_until(due, scratch.time)
        tally.late[min(max((now(scratch.time) - due) // BUCKET_NS, 0), BUCKETS - 1)] += 1
        for leg in range(fds.size):
            length, _source = receive(fds[leg], scratch.packet, scratch.address)
            while length > 0 and tick % DRAIN_TICKS == 0:
                length, _source = receive(fds[leg], scratch.packet, scratch.address)
        for leg in range(fds.size):
            send(fds[leg], scratch.packet, PACKET)
        tick += 1
        if now(scratch.time) > due + 5 * TICK_NS:
            due = now(scratch.time)


def make_tally() -> Tally:
    """Nothing counted yet."""
    return Tally(np.zeros(6, np.int64), np.zeros(BUCKETS, np.int64), np.zeros(BUCKETS, np.int64))


def make_scratch() -> Scratch:
    """Room to work in."""
    return Scratch(np.zeros(2048, np.uint8), np.zeros(20, np.uint8), np.zeros(2, np.int64))


def percentile(histogram: Ints, share: float, bucket: float) -> float:
    """The upper edge of the bucket in which this share is reached; 0 when nothing was counted."""
    total = histogram.sum()
    return (int(np.searchsorted(np.cumsum(histogram), share * total)) + 1) * bucket if total else 0.0
