"""Event and Subscription-State: what a NOTIFY is about (RFC 6665 sections 8.2.1 and 8.2.3)."""

from dataclasses import dataclass

from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import Params, split, token


@dataclass(frozen=True, slots=True)
class Event:
    """An event package, in lower case, and which of its subscriptions is meant."""

    package: str
    id: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Event":
        """Read the value. Raises RemoteSipError."""
        package, *pieces = split(text, ";")
        return cls(token(package, "Event").lower(), Params.parse(pieces).get("id"))

    def __str__(self) -> str:
        return self.package if self.id is None else f"{self.package};id={self.id}"


def is_terminated(text: str | None) -> bool:
    """Whether a Subscription-State says that no more is to come; without one, nothing more is."""
    return text is None or _state(text) == "terminated"


def _state(text: str) -> str:
    try:
        return token(split(text, ";")[0], "Subscription-State").lower()
    except RemoteSipError:
        return ""
