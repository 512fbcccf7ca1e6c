"""Via: where a request came from and its response goes (RFC 3261 section 20.42, RFC 3581)."""

from dataclasses import dataclass, replace
from functools import lru_cache

from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import (
    BLANK,
    MAX_REMEMBERED,
    NO_PARAMS,
    Params,
    host_and_port,
    number,
    split,
    token,
    write_host_and_port,
)

MAGIC_COOKIE = "z9hG4bK"
"""Start of every branch that is a transaction id (RFC 3261 section 8.1.1.7)."""


@dataclass(frozen=True, slots=True)
class Via:
    """One hop. `transport` in upper case; `host` without IPv6 brackets; `port` None when not sent."""

    transport: str
    host: str
    port: int | None = None
    params: Params = NO_PARAMS

    @classmethod
    @lru_cache(MAX_REMEMBERED)
    def parse(cls, text: str) -> "Via":
        """Read one element. Raises RemoteSipError."""
        head, *params = split(text, ";")
        protocol, _, rest = head.partition("/")
        version, _, rest = rest.partition("/")
        rest = rest.strip(BLANK)
        # One blank at least stands between transport and host; either may be a tab.
        transport, _, sent_by = rest.replace("\t", " ").partition(" ")
        if protocol.strip(BLANK).upper() != "SIP" or version.strip(BLANK) != "2.0":
            raise RemoteSipError("Via is not SIP/2.0")
        host, port = host_and_port(sent_by)
        via = cls(token(transport, "Via transport").upper(), host, port, Params.parse(params))
        if via.params.get("rport"):
            number(via.params["rport"] or "", 65535, "rport")
        return via

    @property
    def branch(self) -> str:
        """Branch parameter; empty when absent, as from RFC 2543 peers."""
        return self.params.get("branch") or ""

    @property
    def transaction_id(self) -> str:
        """The branch, where it is unique: empty for peers of RFC 2543, and for the mere cookie."""
        is_unique = self.branch.startswith(MAGIC_COOKIE) and len(self.branch) > len(MAGIC_COOKIE)
        return self.branch if is_unique else ""

    @property
    def received(self) -> str | None:
        """Source address that the receiver saw, IPv6 without brackets."""
        value = self.params.get("received")
        return None if value is None else value.strip("[]")

    @property
    def rport(self) -> int | None:
        """Source port that the receiver saw; None when absent or still empty (RFC 3581)."""
        value = self.params.get("rport")
        return int(value) if value else None

    def stamped(self, source_host: str, source_port: int) -> "Via":
        """Note where the request came from (RFC 3261 section 18.2.1, RFC 3581 section 4)."""
        params = self.params
        if "rport" in params:
            params = params.with_("rport", str(source_port)).with_("received", source_host)
        elif source_host != self.host:
            params = params.with_("received", source_host)
        else:
            params = params.without("received")
        return replace(self, params=params)

    def __str__(self) -> str:
        return f"SIP/2.0/{self.transport} {write_host_and_port(self.host, self.port)}{self.params}"
