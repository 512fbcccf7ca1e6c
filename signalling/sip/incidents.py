"""What somebody tried at our door that an operator, or a ban tool, wants to know."""

from dataclasses import dataclass
from enum import StrEnum

MAX_TEXT = 64
"""Characters kept of what a stranger wrote: a name that is longer is no name."""


class Kind(StrEnum):
    """What happened. The names of Asterisk's security events where it has one, ours below."""

    FAILED_ACL = "FailedACL"
    """A request from where none may come, or over the wrong transport."""
    INVALID_PASSWORD = "InvalidPassword"  # noqa: S105 - the name of an event
    """Credentials that are wrong, be it the name or the password: the answer tells neither."""
    UNEXPECTED_ADDRESS = "UnexpectedAddress"
    """A request in a call, with the call's own tags, from where its party never was."""
    REQUEST_BAD_FORMAT = "RequestBadFormat"
    """No SIP, or SIP that breaks its grammar."""
    REQUEST_NOT_SUPPORTED = "RequestNotSupported"
    """A method or an extension that we do not have."""
    SESSION_LIMIT = "SessionLimit"
    """A call was refused because the tables are full."""
    LOAD_AVERAGE_LIMIT = "LoadAverageLimit"
    """A call was refused because too many came in that second."""

    RATE_EXCEEDED = "RateExceeded"
    """A source sends more than its share: the rest is dropped."""
    SOURCE_BANNED = "SourceBanned"
    """Nothing of a source is looked at for a while."""
    SCANNER_SEEN = "ScannerSeen"
    """A tool that looks for weak systems, by its User-Agent; it gets no answer."""
    MESSAGE_TOO_LARGE = "MessageTooLarge"
    """A datagram beyond what we read."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One of them. No secret is in it: neither passwords nor digests nor bodies."""

    kind: Kind
    source: str
    """The address that it came from; of UDP anybody can write what he likes there."""
    transport: str = ""
    method: str = ""
    account: str = ""
    """The user that was claimed."""
    detail: str = ""
