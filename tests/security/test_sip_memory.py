"""Messages that are no SIP leave nothing behind, however many come and however different they are."""

import gc
import random
import sys
from collections.abc import Iterator

import pytest

from signalling.sip.grammar import MAX_REMEMBERED
from tests.support.sip_script import Script
from tests.support.wire import guard

pytestmark = pytest.mark.security

MESSAGES = 100_000
MOST_BLOCKS = 5_000
"""Pieces of memory, of whatever size: what is kept of each message, or of one in twenty, is more."""

FIELDS = "v:SIP/2.0/UDP a{0};branch=z9hG4bK{0}\r\nf:<sip:{0}@b>;tag={0}\r\nt:<sip:a{0}>\r\ni:{0}\r\n"
BAD = (
    "{0}",
    "\r\n{0}\r\n\r\n",
    "SIP/2.0 2{0} OK\r\n\r\n",
    "OPTIONS sip:{0}@b SIP/2.0\r\n" + FIELDS + "no colon {0}\r\n\r\n",
    "OPTIONS sip:{0}@b SIP/2.0\r\n" + FIELDS + "CSeq:{0}{0}{0} OPTIONS\r\n\r\n",
    "OPTIONS sip:{0}@b SIP/9.{0}\r\n" + FIELDS + "CSeq:1 OPTIONS\r\n\r\n",
    "M{0} sip:{0}@b SIP/2.0\r\n" + FIELDS + "CSeq:1 M{0}\r\nX-{0}: {0}\r\n\r\n",
    "INVITE sip:{0}@b SIP/2.0\r\n" + FIELDS + 'CSeq:1 INVITE\r\nm:"{0}\r\n\r\n',
)


def messages(count: int, seed: int) -> Iterator[bytes]:
    """So many, each with a number of its own in all that could be remembered."""
    noise = random.Random(seed)
    for number in range(count):
        yield BAD[number % len(BAD)].format(noise.getrandbits(40)).encode()


def throw(script: Script, count: int, seed: int) -> None:
    for message in messages(count, seed):
        script.endpoint.receive(message, script.flow, script.now)
        script.endpoint.transmits()
        script.endpoint.notices()


def test_a_hundred_thousand_bad_messages_leave_nothing_behind() -> None:
    script = Script(settings={"guard": guard(users={"ann": "right"})})
    throw(script, 2 * MAX_REMEMBERED, seed=1)  # what is remembered by design is full now
    gc.collect()
    before = sys.getallocatedblocks()
    throw(script, MESSAGES, seed=2)
    gc.collect()
    assert sys.getallocatedblocks() - before <= MOST_BLOCKS
    endpoint = script.endpoint
    assert (endpoint.calls, endpoint.pending_transactions, endpoint.next_timer()) == (0, 0, None)
    assert sum(endpoint.counters.values()) >= MESSAGES
