"""Every connection of every transport, by flow, with limits on what peers may hold open.

A connection that a peer opened has a number of its own. One that we opened has number 0 and is known by its
remote address and the name that its server proved: whoever sends there next shares it.
"""

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from signalling.sip.calls import Flow, Transport
from signalling.sip.flood import source_of

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 2048
"""Connections in all: far below the usual limit of open files, which media and HTTP share."""

MAX_CONNECTIONS_PER_HOST = 64
"""From one address, of IPv6 one network: an office behind one NAT fits, a flood does not."""


class ConnectionUser(Protocol):
    """Who gets what the connections bring."""

    def receive(self, data: bytes, flow: Flow) -> None:
        """Take one whole message."""
        ...

    def receive_closed(self, flow: Flow) -> None:
        """A connection is gone, or could not be opened."""
        ...

    def is_used(self, flow: Flow) -> bool:
        """Whether an idle connection is to be kept."""
        ...

    def is_welcome(self, host: str) -> bool:
        """Whether connections from an address are taken at all."""
        ...

    def admits(self, data: bytes, flow: Flow) -> bool:
        """Whether a datagram that is no SIP is to be looked at."""
        ...

    def receive_oversize(self, beginning: bytes, flow: Flow) -> None:
        """Take the beginning of a datagram that is longer than what we read."""
        ...


class Link(Protocol):
    """What the table holds: one connection, of whatever transport."""

    def send(self, data: bytes) -> None:
        """Send one message, or keep it until the connection stands."""
        ...

    def close(self) -> None:
        """Drop the connection and what waits in it."""
        ...


OpenLink = Callable[[Flow], Link | None]
"""Begins to connect a flow; None for a transport on which peers come to us, and never we to them."""


class Connections:
    """The table. `open_link` makes the connections that we open."""

    def __init__(self, user: ConnectionUser, open_link: OpenLink) -> None:
        self.user = user
        self._open_link = open_link
        self._links: dict[Flow, Link] = {}
        self._per_source: Counter[str] = Counter()
        self._numbers = itertools.count(1)

    def __len__(self) -> int:
        """How many connections are open, or being opened."""
        return len(self._links)

    def send(self, flow: Flow, data: bytes) -> None:
        """Send on a flow's connection; number 0 opens one when there is none."""
        link = self._links.get(flow)
        if link is None and flow.connection == 0:
            link = self._open(flow)
        if link is not None:
            link.send(data)
        else:
            asyncio.get_running_loop().call_soon(self.user.receive_closed, flow)

    def admit(
        self, link: Link, transport: Transport, remote: tuple[str, int], local: tuple[str, int]
    ) -> Flow | None:
        """Enter a connection that a peer opened. None when the limits say no."""
        if not self.user.is_welcome(remote[0]):
            return None
        held = self._per_source[source_of(remote[0])]
        if len(self._links) >= MAX_CONNECTIONS or held >= MAX_CONNECTIONS_PER_HOST:
            log.info("%s: refused a connection from %s", transport, remote[0])
            return None
        flow = Flow(transport, remote, local, next(self._numbers))
        self._enter(flow, link)
        return flow

    def forget(self, flow: Flow) -> None:
        """A connection is closed; its user is told once."""
        if self._links.pop(flow, None) is None:
            return
        source = source_of(flow.remote[0])
        self._per_source[source] -= 1
        if not self._per_source[source]:
            del self._per_source[source]
        self.user.receive_closed(flow)

    def drop(self, is_meant: Callable[[str], bool]) -> None:
        """Drop those of the hosts that are meant."""
        for link in [link for flow, link in self._links.items() if is_meant(flow.remote[0])]:
            link.close()

    async def close(self) -> None:
        """Drop all of them."""
        for link in list(self._links.values()):
            link.close()
        await asyncio.sleep(0)

    def _open(self, flow: Flow) -> Link | None:
        link = self._open_link(flow)
        if link is not None:
            self._enter(flow, link)
        return link

    def _enter(self, flow: Flow, link: Link) -> None:
        self._links[flow] = link
        self._per_source[source_of(flow.remote[0])] += 1
