"""Session-Expires and Min-SE: how long a session lasts unless it is refreshed (RFC 4028 sections 4, 5)."""

from dataclasses import dataclass
from typing import Literal, cast

from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import Params, number, split

MAX_INTERVAL_S = 2**32 - 1
"""The longest delta-seconds of RFC 3261 section 25.1."""

Refresher = Literal["uac", "uas"]
"""Who refreshes: the sender of the request that negotiated it, or the one who answered that."""


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """An interval in whole seconds, and who refreshes; None leaves that to the one who answers."""

    interval_s: int
    refresher: Refresher | None = None

    @classmethod
    def parse(cls, text: str) -> "SessionExpires":
        """Read the value. Raises RemoteSipError."""
        interval, *rest = split(text, ";")
        refresher = Params.parse(rest).get("refresher")
        refresher = refresher.lower() if refresher is not None else None
        if refresher not in {"uac", "uas", None}:
            raise RemoteSipError("refresher is neither uac nor uas")
        return cls(_seconds(interval, "Session-Expires"), cast("Refresher | None", refresher))

    def __str__(self) -> str:
        return f"{self.interval_s};refresher={self.refresher}" if self.refresher else str(self.interval_s)


def parse_min_se(text: str) -> int:
    """Read Min-SE: whole seconds. Raises RemoteSipError."""
    return _seconds(split(text, ";")[0], "Min-SE")


def _seconds(text: str, name: str) -> int:
    return number(text, MAX_INTERVAL_S, name)
