"""Two shells over loopback make a call, hold it, resume it and end it."""

import asyncio
from typing import Literal, TypeVar

import pytest
import uvloop

from signalling.io.shell import SipShell
from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import (
    AnyCallEvent,
    CallAnswered,
    CallEnded,
    CallEstablished,
    CallFailed,
    IncomingCall,
    StreamChanged,
)
from signalling.sip.config import EndpointConfig, Invitation
from signalling.sip.timers import Timers
from signalling.sip.uri import SipUri
from tests.support.wire import guard

pytestmark = pytest.mark.contract

HOST = "127.0.0.1"
PATIENCE_S = 10.0
EventT = TypeVar("EventT", bound=AnyCallEvent)


class Phone:
    """A shell whose events can be waited for."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[AnyCallEvent] = asyncio.Queue()
        self.shell = SipShell(EndpointConfig(HOST, 0, guard("127.0.0.0/8")), self.events.put_nowait)

    async def wait(self, kind: type[EventT]) -> EventT:
        """The next event, which is of this kind."""
        async with asyncio.timeout(PATIENCE_S):
            event = await self.events.get()
        assert isinstance(event, kind)
        return event


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_call_over_loopback(transport: Literal["udp", "tcp"]) -> None:
    alice, bob = Phone(), Phone()
    async with alice.shell, bob.shell:
        flow = await alice.shell.flow_to("localhost", bob.shell.port, transport)
        target = SipUri("sip", "42", HOST, bob.shell.port)
        outgoing = alice.shell.invite(Invitation(target, flow, "alice", LocalMedia(HOST, 4000)))
        incoming = await bob.wait(IncomingCall)
        assert (incoming.to_user, incoming.from_user) == ("42", "alice")
        bob.shell.accept(incoming.call, LocalMedia(HOST, 5000))
        assert (await alice.wait(CallAnswered)).stream.remote_port == 5000
        assert (await bob.wait(CallEstablished)).stream.remote_port == 4000

        alice.shell.hold(outgoing)
        assert (await bob.wait(StreamChanged)).stream.direction == "recvonly"
        assert (await alice.wait(StreamChanged)).stream.direction == "sendonly"
        alice.shell.resume(outgoing)
        assert (await bob.wait(StreamChanged)).stream.direction == "sendrecv"
        assert (await alice.wait(StreamChanged)).stream.direction == "sendrecv"

        bob.shell.hang_up(incoming.call)
        assert (await bob.wait(CallEnded)).by == "us"
        assert (await alice.wait(CallEnded)).by == "peer"
        assert (alice.shell.calls, bob.shell.calls) == (0, 0)


async def test_a_tcp_call_to_nobody_fails_with_503() -> None:
    alice, bob = Phone(), Phone()
    async with alice.shell:
        async with bob.shell:
            port = bob.shell.port
        flow = alice.shell.flow(HOST, port, "tcp")
        alice.shell.invite(Invitation(SipUri("sip", "42", HOST, port), flow, "alice", LocalMedia(HOST, 4000)))
        assert (await alice.wait(CallFailed)).status_code == 503


def test_a_timer_that_is_due_at_once() -> None:
    """uvloop runs it soon, and gives no handle that knows the time."""

    async def call_twice() -> int:
        config = EndpointConfig(HOST, 0, guard(), timers=Timers(t1=0.0001))
        async with SipShell(config, lambda _: None) as shell:
            flow = shell.flow(HOST, shell.port)
            for user in ("1", "2"):
                target = SipUri("sip", user, HOST, shell.port)
                shell.invite(Invitation(target, flow, "3", LocalMedia(HOST, 40000)))
            return shell.calls

    assert uvloop.run(call_twice()) == 2
