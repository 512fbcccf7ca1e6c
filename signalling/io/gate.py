"""The sentry at the sockets: with real time, and with the kernel's help where there is some."""

import asyncio
from collections.abc import Callable, Iterable
from typing import NamedTuple

from signalling.sip.calls import Flow
from signalling.sip.flood import FloodPolicy, Sentry
from signalling.sip.incidents import Incident, Kind


class BannedSource(NamedTuple):
    """One source that is not listened to, and for how long still."""

    source: str
    seconds: float
    reason: str


class Gate:
    """Lets messages through or drops them. `shut_out` is told which sources are banned, when that changes."""

    def __init__(
        self,
        policy: FloodPolicy,
        is_trusted: Callable[[str], bool],
        tell: Callable[[Incident], None],
        shut_out: Callable[[Iterable[str]], None],
    ) -> None:
        self._tell = tell
        self._shut_out = shut_out
        self._sentry = Sentry(policy, is_trusted, self._hear)
        self._shutting: asyncio.Handle | None = None
        self._ending: asyncio.TimerHandle | None = None

    def admits(self, data: bytes, flow: Flow) -> bool:
        """Whether a message is to be looked at."""
        return self._sentry.admits(data, flow, _now())

    def admits_oversize(self, beginning: bytes, flow: Flow) -> bool:
        """Whether a datagram that is too long is to be answered."""
        return self._sentry.admits_oversize(beginning, flow, _now())

    def is_welcome(self, host: str) -> bool:
        """Whether connections from there are taken."""
        return not self._sentry.is_banned(host, _now())

    def note(self, incident: Incident) -> None:
        """Take notice of what the endpoint found out."""
        self._sentry.note(incident, _now())

    def bans(self) -> list[BannedSource]:
        """Every ban that holds, the one that ends first before the others."""
        now = _now()
        return [BannedSource(ban.source, ban.until - now, ban.reason) for ban in self._sentry.bans(now)]

    def lift(self, host: str) -> bool:
        """Listen to a source again. False when it is not banned."""
        is_lifted = self._sentry.lift(host)
        self._shut()
        return is_lifted

    def close(self) -> None:
        """Nothing is dropped, or let in again, any more."""
        for handle in (self._shutting, self._ending):
            if handle is not None:
                handle.cancel()

    def _hear(self, incident: Incident) -> None:
        if incident.kind is Kind.SOURCE_BANNED and self._shutting is None:
            # Not at once: whoever asks is in the middle of that source's message.
            self._shutting = asyncio.get_running_loop().call_soon(self._shut)
        self._tell(incident)

    def _shut(self) -> None:
        """Tell which sources are banned, and look again when the first ban ends."""
        self._shutting = None
        if self._ending is not None:
            self._ending.cancel()
        bans = self._sentry.bans(_now())
        self._shut_out([ban.source for ban in bans])
        self._ending = asyncio.get_running_loop().call_at(bans[0].until, self._shut) if bans else None


def _now() -> float:
    return asyncio.get_running_loop().time()
