"""A flood from ever other addresses: what it takes, and what it leaves to others.

Over UDP anybody can write any source on a datagram, so the worst is a domain that lets sources in by their
address alone. All else is challenged, which costs nothing that lasts.
"""

import tracemalloc
from ipaddress import ip_network

import pytest

from signalling.sip.calls import Flow
from signalling.sip.config import MAX_CALLS, MAX_NEW_CALLS_PER_S, SHARE_OF_UNKNOWN
from signalling.sip.digest import Nonces
from signalling.sip.guard import Door, Guard
from signalling.sip.message import Request, Response
from signalling.sip.reading import parse_message
from signalling.sip.refusals import RETRY_AFTER_S
from tests.support.sip_script import SDP, Says, Script
from tests.support.wire import BOB

pytestmark = pytest.mark.security

SOURCES = 15_000
MOST_OCTETS = 8 * 1024
"""Of memory, for a call that is half open."""
TRUNK = "192.0.2.9"
OPEN = "open.example"


class Everybody:
    """A domain whose acl is the whole world."""

    def find(self, host: str) -> Door | None:
        return Door(OPEN, (ip_network("0.0.0.0/0"),), {}, asks_password=False) if host == OPEN else None


class Flood:
    """An endpoint with such a domain and one trunk, and INVITEs of which each has a source of its own."""

    def __init__(self, **settings: object) -> None:
        guard = Guard([ip_network(f"{TRUNK}/32")], {}, "cordboard", Nonces(b"secret"), Everybody())
        self.script = Script(settings={"guard": guard, **settings})
        self._sent = 0

    def send(self, host: str = OPEN, *, source: str = "") -> Response:
        """One more; the last answer to it."""
        self._sent += 1
        number = self._sent
        where = source or f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        says = Says(uri=f"sip:42@{host}", branch=f"z9hG4bK-{number}", call_id=f"call-{number}", body=SDP)
        endpoint = self.script.endpoint
        endpoint.receive(bytes(says), Flow("udp", (where, 5060), BOB), self.script.now)
        endpoint.notices(), endpoint.events()
        *_, last = (parse_message(transmit.data) for transmit in endpoint.transmits())
        assert not isinstance(last, Request)
        return last


def test_ever_other_sources_get_a_bounded_number_of_calls() -> None:
    flood = Flood()
    start, seconds = flood.script.now, 2
    codes = []
    for number in range(SOURCES):
        flood.script.now = start + number * seconds / SOURCES
        codes.append((last := flood.send()).status_code)
    assert set(codes) == {100, 503}
    assert codes.count(100) <= MAX_NEW_CALLS_PER_S * (seconds + 1)
    assert codes.count(100) == flood.script.endpoint.calls == flood.script.endpoint.pending_transactions
    assert last.headers.get("Retry-After") == str(RETRY_AFTER_S)


def test_the_rate_that_strangers_use_up_leaves_some_to_trunks() -> None:
    flood = Flood(max_new_calls_per_s=40)
    codes = [flood.send().status_code for _ in range(100)]
    assert codes.count(100) == 40 * SHARE_OF_UNKNOWN
    trunk = [flood.send("192.0.2.2", source=TRUNK).status_code for _ in range(20)]
    assert trunk == [100] * 10 + [503] * 10, "so many in all"


def test_the_room_that_strangers_use_up_leaves_some_to_trunks() -> None:
    flood = Flood(max_calls=40)
    codes = [flood.send().status_code for _ in range(50)]
    assert codes == [100] * 30 + [503] * 20
    trunk = [flood.send("192.0.2.2", source=TRUNK).status_code for _ in range(20)]
    assert trunk == [100] * 10 + [503] * 10
    assert flood.script.endpoint.calls == 40


def test_calls_that_are_half_open_are_bounded_and_small() -> None:
    flood = Flood()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        codes = []
        for _ in range(MAX_CALLS + 200):
            flood.script.now += 0.01
            codes.append(flood.send().status_code)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    half_open = flood.script.endpoint.calls
    assert half_open == codes.count(100) == MAX_CALLS * SHARE_OF_UNKNOWN
    assert (after - before) / half_open <= MOST_OCTETS
