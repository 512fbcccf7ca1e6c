"""`[sip]`: where SIP listens, what TLS is made with, and who may call in."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import msgspec

from gateway.config.errors import Path as KeyPath
from gateway.config.sip_guard import SipGuardSettings, guard_problems

TRANSPORTS = ("udp", "tcp", "tls", "ws", "wss")
SECURE = ("tls", "wss")
DIGEST_ALGORITHMS = ("MD5", "SHA-256")
MAX_HOSTS = 16
"""Addresses that SIP listens on: each has a socket for every transport."""
MAX_NAMESERVERS = 8

Wrong = tuple[KeyPath, object, str]


class SipUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[sip.users]]`: digest credentials that may call in from anywhere."""

    username: str
    password: str


class SipSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sip]`: where SIP listens, and who may call in."""

    host: str = "127.0.0.1"
    more_hosts: tuple[str, ...] = ()
    """Further addresses, on the same ports: one of IPv6 beside that of IPv4."""
    port: int = 5060
    """Of UDP and TCP."""
    transports: tuple[str, ...] = ("udp", "tcp")
    """What is listened for; `tls` and `wss` need a certificate."""
    tls_port: int = 5061
    ws_port: int = 5066
    wss_port: int = 7443
    tls_certificate: str = ""
    """PEM file with our certificate and its chain; also shown to servers that ask for one."""
    tls_key: str = ""
    tls_client_ca: str = ""
    """PEM file: callers over TLS must show a certificate that these authorities signed; unset, none."""
    tls_ca: str = ""
    """PEM file with authorities of servers that we call, besides those that this machine trusts."""
    tls_verify: bool = True
    """Whether servers that we call over TLS must prove their name."""
    nameservers: tuple[str, ...] = ()
    """Addresses, or `address#port`, of DNS servers; those of the system when empty."""
    advertised_host: str = ""
    """The address in Contact and Via; `host` when empty."""
    session_expires_s: int = 1800
    """Seconds that a session lasts without a refresh (RFC 4028), 90 to 86400; 0 leaves it to the peers."""
    realm: str = "cordboard"
    digest_algorithms: tuple[str, ...] = DIGEST_ALGORITHMS
    """What callers are challenged by: some old phones take no challenge where SHA-256 stands beside MD5."""
    trusted: tuple[str, ...] = ()
    """Networks (CIDR) that call in without a password, besides every trunk's own host."""
    users: tuple[SipUser, ...] = ()
    account_login: bool = False
    """Accounts call their own numbers with their API key and secret, of which a fast hash is kept for it."""
    guard: SipGuardSettings = SipGuardSettings()
    domains: tuple[str, ...] = ()
    """Hosts below which programmable SIP domains are: `sip.example.com` for `bakery.sip.example.com`."""

    def ports(self) -> dict[str, int]:
        """The port of each transport that is listened for."""
        ports = {"tls": self.tls_port, "ws": self.ws_port, "wss": self.wss_port}
        return {transport: ports.get(transport, self.port) for transport in self.transports}

    def dns_servers(self) -> tuple[tuple[str, int], ...]:
        """The DNS servers with their ports."""
        split = (text.partition("#") for text in self.nameservers)
        return tuple((address, int(port or 53)) for address, _, port in split)


def transport_problems(sip: SipSettings) -> Iterator[Wrong]:
    """What is wrong with the transports; the checks of hosts and ports are those of every section."""
    if not sip.transports:
        yield ("sip", "transports"), [], "at least one of " + ", ".join(TRANSPORTS)
    for transport in sip.transports:
        if transport not in TRANSPORTS or sip.transports.count(transport) > 1:
            yield ("sip", "transports"), transport, "each of " + ", ".join(TRANSPORTS) + " once at most"
        elif transport in SECURE and not sip.tls_certificate:
            yield ("sip", "tls_certificate"), "", f"a PEM file, because {transport} is listened for"
    if len(sip.more_hosts) >= MAX_HOSTS:
        yield ("sip", "more_hosts"), f"{len(sip.more_hosts)} hosts", f"at most {MAX_HOSTS - 1}"
    taken = [port for transport, port in sip.ports().items() if port and transport != "udp"]
    if len(set(taken)) < len(taken):
        yield ("sip", "transports"), taken, "a port of its own for each of tcp, tls, ws and wss"
    named = sip.digest_algorithms
    if not named or set(named) - set(DIGEST_ALGORITHMS) or len(set(named)) < len(named):
        each = " or ".join(DIGEST_ALGORITHMS)
        yield ("sip", "digest_algorithms"), list(named), f"{each}, or both, each once"
    yield from _files(sip)
    yield from _nameservers(sip.nameservers)
    yield from guard_problems(sip.guard)


def _files(sip: SipSettings) -> Iterator[Wrong]:
    if bool(sip.tls_certificate) != bool(sip.tls_key):
        missing = "tls_key" if sip.tls_certificate else "tls_certificate"
        yield ("sip", missing), "", "a PEM file, because the other half of the pair is set"
    for key in ("tls_certificate", "tls_key", "tls_client_ca", "tls_ca"):
        path = getattr(sip, key)
        if path and not Path(path).is_file():
            yield ("sip", key), path, "the path of a PEM file; there is no such file"


def _nameservers(nameservers: tuple[str, ...]) -> Iterator[Wrong]:
    if len(nameservers) > MAX_NAMESERVERS:
        yield ("sip", "nameservers"), f"{len(nameservers)} servers", f"at most {MAX_NAMESERVERS}"
    for text in nameservers:
        address, mark, port = text.partition("#")
        try:
            ip_address(address)
            is_good = not mark or (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535)
        except ValueError:
            is_good = False
        if not is_good:
            yield ("sip", "nameservers"), text, 'addresses such as "192.0.2.53" or "192.0.2.53#5353"'
