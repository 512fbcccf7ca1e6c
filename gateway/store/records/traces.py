"""What went over the wire for a leg."""

from typing import Literal

import msgspec


class SipAddress(msgspec.Struct, frozen=True):
    """Where one end of SIP is."""

    host: str
    """An IP address."""
    port: int

    def __str__(self) -> str:
        """As people write it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class SipMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One SIP message of a leg, without its secrets."""

    time: float
    """Seconds since 1970."""
    direction: Literal["in", "out"]
    transport: Literal["udp", "tcp", "tls", "ws", "wss"]
    local: SipAddress
    """Our end."""
    remote: SipAddress
    call_id: str
    text: str
    """The whole message; each character of a secret is an `x`."""
    is_cut: bool = False
    """It was longer than is kept."""


class LegTraceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The SIP messages of a leg in order; of many, the first and the last."""

    leg_id: str
    messages: tuple[SipMessage, ...] = ()
    left_out: int = 0
    """Messages between the first and the last that are not kept."""
