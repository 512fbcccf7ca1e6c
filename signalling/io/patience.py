"""How long a connection may take for what, and when it is pinged."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

HANDSHAKE_TIMEOUT_S = 5.0
"""How long TLS and the upgrade to WebSocket may take: they cost us more than the peer."""

PARTIAL_TIMEOUT_S = 10.0
"""How long a message may take from its first octet to its last; a peer's first one from the beginning."""

IDLE_TIMEOUT_S = 120.0
"""How long a peer may be silent while nobody needs the connection: RFC 5626 clients ping as often."""

PING_AFTER_S = 115.0
"""How long a connection that we opened is silent before we ping, or a fifth less (RFC 5626 section 4.4.1)."""

PONG_TIMEOUT_S = 10.0
"""How long the answer to a ping may take (RFC 5626 section 4.4.1)."""


class Phase(StrEnum):
    """What a connection is waited for."""

    HANDSHAKE = "the end of its handshakes"
    FIRST = "the first message"
    PARTIAL = "the rest of a message"
    IDLE = "anything"
    PONG = "the answer to a ping"
    CLOSING = "the end"


@dataclass(frozen=True, slots=True)
class Chances:
    """What can be done with a connection that is silent."""

    is_used: Callable[[], bool]
    ping: Callable[[], None]
    close: Callable[[], None]


class Patience:
    """The one deadline of a connection. Peers that never answered a ping are not asked to begin with it."""

    def __init__(self, chances: Chances, *, is_ours: bool) -> None:
        self.phase = Phase.HANDSHAKE
        self._chances = chances
        self._is_ours = is_ours
        self._has_ponged = False
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """The connection stands, its handshakes do not."""
        self._enter(Phase.HANDSHAKE)

    def open(self) -> None:
        """The handshakes are over: who came to us has something to say, and we have."""
        self._enter(Phase.IDLE if self._is_ours else Phase.FIRST)

    def hear(self, *, has_messages: bool, is_partial: bool) -> None:
        """Octets came on an open connection. Dripping ones buy no time, nor do pings before any message."""
        self._has_ponged = self._has_ponged or self.phase is Phase.PONG
        awaits = self.phase in {Phase.FIRST, Phase.PARTIAL} and not has_messages
        if is_partial and not awaits:
            self._enter(Phase.PARTIAL)
        elif not is_partial and not (awaits and self.phase is Phase.FIRST):
            self._enter(Phase.IDLE)

    def finish(self) -> None:
        """We said our last; the peer may read it."""
        self._enter(Phase.CLOSING)

    def stop(self) -> None:
        """The connection is gone."""
        if self._timer is not None:
            self._timer.cancel()

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(self._seconds(), self._expire)

    def _seconds(self) -> float:
        match self.phase:
            case Phase.IDLE if self._is_ours:
                return PING_AFTER_S * random.uniform(0.8, 1.0)  # noqa: S311 - spreads load, keeps no secret
            case Phase.IDLE:
                return IDLE_TIMEOUT_S
            case Phase.HANDSHAKE:
                return HANDSHAKE_TIMEOUT_S
            case Phase.PONG:
                return PONG_TIMEOUT_S
            case _:
                return PARTIAL_TIMEOUT_S

    def _expire(self) -> None:
        if self.phase is Phase.PONG and not self._has_ponged:
            self._enter(Phase.IDLE)
        elif self.phase is not Phase.IDLE or not self._chances.is_used():
            self._chances.close()
        elif self._is_ours:
            self._enter(Phase.PONG)
            self._chances.ping()
        else:
            self._enter(Phase.IDLE)
