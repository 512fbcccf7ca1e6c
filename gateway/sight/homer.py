"""Tells a Homer server of every SIP message, over UDP: what cannot be sent at once is lost, and counted."""

import asyncio
import logging
import socket
from typing import Self

from gateway.config import SightSettings
from gateway.sight import hep
from gateway.store.records import SipMessage

log = logging.getLogger(__name__)


class Homer:
    """An open socket to the server. It waits for nothing: the kernel's buffer is all that is queued."""

    def __init__(self, link: socket.socket, settings: SightSettings) -> None:
        """`link`: a connected, non-blocking UDP socket."""
        self.lost = 0
        """Messages that the server was not told of."""
        self._link = link
        self._node = settings.homer_node
        self._password = settings.homer_password

    @classmethod
    async def open(cls, settings: SightSettings) -> Self | None:
        """The server of the settings; None where they name none, or it has no address now."""
        if not settings.homer:
            return None
        host, _, port = settings.homer.rpartition(":")
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host.strip("[]"), int(port), type=socket.SOCK_DGRAM
            )
            family, kind, protocol, _, address = found[0]
            link = socket.socket(family, kind, protocol)
            link.setblocking(False)
            link.connect(address)
        except OSError as error:
            # Telephony goes on without its watchers.
            log.warning("Homer at %s is told nothing: %s", settings.homer, error)
            return None
        return cls(link, settings)

    def send(self, message: SipMessage) -> None:
        """Tell of a message, if that can be done at once."""
        try:
            self._link.send(hep.packet(message, self._node, self._password))
        except OSError:
            self.lost += 1

    def close(self) -> None:
        """Let go of the socket."""
        self._link.close()
        if self.lost:
            log.warning("Homer missed %d SIP messages", self.lost)
