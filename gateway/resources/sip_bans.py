"""Sources that SIP does not listen to, for the operator: which, for how long, and no more."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from gateway.errors import NotFound


class Banned(Protocol):
    """A ban as the sockets know it."""

    @property
    def source(self) -> str:
        """An address, of IPv6 a network."""
        ...

    @property
    def seconds(self) -> float:
        """Until it ends."""
        ...

    @property
    def reason(self) -> str:
        """Why."""
        ...


class Gate(Protocol):
    """What bans sources."""

    def bans(self) -> Sequence[Banned]:
        """Those that hold."""
        ...

    def lift(self, host: str) -> bool:
        """Listen to a source again. False when it is not banned."""
        ...


class SipBan(msgspec.Struct, frozen=True, kw_only=True):
    """A source that is not listened to."""

    source: str
    seconds: int
    """Until it is heard again."""
    reason: str


class SipBanResource:
    """What can be done with bans."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def every(self) -> list[SipBan]:
        """All of them, the one that ends first before the others."""
        return [
            SipBan(source=ban.source, seconds=round(ban.seconds), reason=ban.reason)
            for ban in self._gate.bans()
        ]

    def lift(self, source: str) -> None:
        """Raises NotFound when it is not banned."""
        if not self._gate.lift(source):
            raise NotFound("The source is not banned.")
