"""Whole messages: refused or read, the same when written and read again, and nothing to an endpoint."""

import random

from signalling.sip.calls import Flow
from signalling.sip.endpoint import Endpoint
from signalling.sip.errors import RemoteSipError
from signalling.sip.reading import MAX_LINE, parse_message
from tests.fuzz.running import Target, main
from tests.fuzz.seeds import MESSAGES, WORDS
from tests.support.wire import ALICE, BOB, config

FLOW = Flow("udp", ALICE, BOB)


def check(octets: bytes) -> None:
    """Try one input."""
    endpoint = Endpoint(config(BOB), random.Random(1).randbytes)
    endpoint.receive(octets, FLOW, 0.0)
    for transmit in endpoint.transmits():
        assert transmit.flow == FLOW
    try:
        message = parse_message(octets)
    except RemoteSipError:
        return
    written = bytes(message)
    # Written again a line may be longer than what is read: a name written out, a blank for a line's end.
    if max(map(len, written.split(b"\r\n"))) < MAX_LINE:
        assert parse_message(written) == message


TARGET = Target("message", check, MESSAGES, WORDS)

if __name__ == "__main__":
    main(TARGET)
