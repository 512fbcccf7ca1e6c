"""Programmable SIP: domains, and the users that open them."""

from typing import Literal

import msgspec

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
