"""What strangers make the SIP port send, counted at their sockets: no lever against a third party."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from signalling.io.shell import SipShell
from signalling.sip.config import EndpointConfig
from signalling.sip.modesty import MOST_TIMES
from tests.support.sip_script import SDP, Says
from tests.support.waiting import until
from tests.support.wire import guard

pytestmark = pytest.mark.security

HOST, STRANGER = "127.0.0.1", "127.0.0.66"
METHODS = (
    *("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK", "UPDATE", "INFO", "REFER", "NOTIFY"),
    *("MESSAGE", "SUBSCRIBE", "PUBLISH", "FOO"),
)
HEADERS = 28
"""Octets of IPv4 and UDP before each datagram."""
STRANGERS, IN_FLIGHT = 10_000, 50
"""In flight are fewer than the kernel queues, so that none is lost."""
T1_S = 0.5
"""After which a transaction would send again (RFC 3261 section 17)."""


@pytest.fixture
async def shell() -> AsyncIterator[SipShell]:
    """A gateway's door that trusts nobody and knows one user."""
    async with SipShell(EndpointConfig(HOST, 0, guard(users={"ann": "right"})), lambda _: None) as opened:
        yield opened


async def octets_back(asked: socket.socket, seconds: float) -> int:
    """All that comes within some time."""
    total = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                data = await asyncio.get_running_loop().sock_recv(asked, 65_536)
                total += len(data) + HEADERS
    return total


@pytest.mark.parametrize("body", ["", SDP], ids=["bare", "with SDP"])
async def test_no_method_sends_a_stranger_much_more_than_he_sent(shell: SipShell, body: str) -> None:
    sockets: dict[str, tuple[socket.socket, int]] = {}
    with contextlib.ExitStack() as stack:
        for number, method in enumerate(METHODS):
            asked = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            asked.setblocking(False)
            asked.bind((STRANGER, 0))
            message = bytes(Says(method, branch=f"z9hG4bK-{number}", call_id=f"call-{number}", body=body))
            # His own address, as the rport of the Via has it.
            asked.sendto(message, (HOST, shell.port))
            sockets[method] = asked, len(message) + HEADERS
        # Long enough for whoever repeats answers to do it twice.
        back = await asyncio.gather(*(octets_back(asked, 4 * T1_S) for asked, _ in sockets.values()))
    answered = dict(zip(sockets, back, strict=True))
    assert {method for method, octets in answered.items() if not octets} == {"ACK"}
    for method, octets in answered.items():
        assert octets <= MOST_TIMES * sockets[method][1], method


async def test_ten_thousand_strangers_leave_no_transaction(shell: SipShell) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.bind((STRANGER, 0))
        for number in range(STRANGERS):
            method = ("INVITE", "REGISTER")[number % 2]
            message = Says(method, branch=f"z9hG4bK-{number}", call_id=f"call-{number}")
            asked.sendto(bytes(message), (HOST, shell.port))
            if (number + 1) % IN_FLIGHT == 0:
                await until(lambda: shell.counters["refused"] > number, "the refusal of all")  # noqa: B023
    endpoint = shell._endpoint
    assert shell.counters["refused"] == STRANGERS
    assert (endpoint.calls, endpoint.pending_transactions, endpoint.next_timer()) == (0, 0, None)
