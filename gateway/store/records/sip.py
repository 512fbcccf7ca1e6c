"""Programmable SIP: domains, the users that open them, and where their phones are."""

from typing import Literal

import msgspec

from gateway.store.records.common import Json

Policy = Literal["always", "never", "optional"]
"""Whether something is asked for, refused or taken as it comes."""

DomainType = Literal["app", "trunk"]
"""Whether every call goes to the domain's application, or to the application of the number that it calls."""


class SipUserRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A digest user of a domain, as far as its secret is kept: as H(A1) of the domain's realm, its name."""

    key: str
    """The user's name."""
    md5: str
    sha256: str

    def __repr__(self) -> str:
        """Without the hashes, which are as good as the secret."""
        return f"SipUserRecord({self.key!r})"


class SipDomainRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A programmable SIP domain of an account; SIP knows it by its name alone."""

    name: str
    """In small letters, as one label of a host name."""
    account: str
    application_id: str
    acl: tuple[str, ...]
    """Addresses and networks that may call."""
    tls: Policy = "optional"
    srtp: Policy = "optional"
    digest_auth: bool = False
    """Callers need a user's secret besides."""
    domain_type: DomainType = "app"
    users: tuple[SipUserRecord, ...] = ()
    created: str


class SipContact(msgspec.Struct, frozen=True, kw_only=True):
    """One phone of a SIP user, as it registered."""

    uri: str
    transport: Literal["udp", "tcp", "tls", "ws", "wss"]
    remote: tuple[str, int]
    """Where the phone was heard: address and port."""
    local: tuple[str, int]
    """Where it was heard by us."""
    is_connected: bool = False
    """It is reached by the connection that it opened."""
    expires: float
    """Wall clock time, in seconds since 1970."""
    q: float = 1.0
    path: tuple[str, ...] = ()
    instance: str = ""
    reg_id: int = 0
    user_agent: str = ""
    call_id: str
    cseq: int


class SipContactsRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Where a SIP user is registered: all phones, since they change together."""

    aor: str
    """`user@domain`, by which the row is found."""
    domain: str
    """The programmable SIP domain; empty for the gateway's own users."""
    user: str
    contacts: tuple[SipContact, ...]


class TrunkRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A trunk that was made while the gateway ran."""

    name: str
    settings: Json
    """The keys of `[[trunks]]`, secrets included."""

    def __repr__(self) -> str:
        """Without the settings, which have secrets."""
        return f"TrunkRecord({self.name!r})"
