"""What the types of the settings do not say: ranges, forms, and keys that need each other."""

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec

from gateway.config import trunks
from gateway.config.errors import ConfigError
from gateway.config.errors import Path as KeyPath
from gateway.config.settings import (
    LimitSettings,
    NumberPool,
    PaymentSettings,
    RetentionSettings,
    ServerSettings,
    Settings,
    SightSettings,
)
from gateway.config.sip import SipSettings, transport_problems
from gateway.config.speech import speech_problems
from gateway.config.trunks import TrunkSettings
from gateway.forms import COST, FEATURES, NUMBER_TYPES

MAX_POOL_NUMBERS = 10_000
"""Numbers of one range: a larger one is a typing error more often than a purchase."""
MAX_TABLES = 1_000
"""Trunks, number pools and SIP users, each: they are searched one after the other."""
MAX_LEGS = 10_000
"""Legs, for which each media worker lays out its memory at the start; what is not used costs nothing."""
MAX_WORKERS = 64
"""Media workers: some 15 MB each, whatever they do."""

MAX_DRAIN_S = 86_400
MOST_PER_SECOND = 10_000
"""Of what `[limits]` lets through: more than one gateway can do."""

RETENTION_BOUNDS = {"leg_days": 31, "recording_days": 3650, "delivered_hours": 744, "dead_days": 31}
"""Legs as the published interface has it; webhooks a month, since each is a row; recordings ten years."""

_E164 = re.compile(r"[1-9][0-9]{6,14}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
"""Of a host name (RFC 1123 §2.1), and the underscore, which names of containers have."""
MAX_HOST = 253
MAX_PASSWORD = 255
"""Of Homer, in every datagram that it gets."""
_COST = re.compile(COST)

Wrong = tuple[KeyPath, object, str]
"""Where, what it holds, what it may hold."""


def check(settings: Settings) -> None:
    """Raises ConfigError for the first thing that is wrong."""
    for path, value, may_hold in _problems(settings):
        raise ConfigError.wrong(path, value, may_hold)


def _problems(settings: Settings) -> Iterator[Wrong]:
    if not settings.data_directory:
        yield ("data_directory",), "", "the path of a directory"
    yield from _server(settings.server)
    yield from _sip(settings.sip)
    yield from _media(settings)
    yield from _account(settings)
    yield from _networks(("egress", "allow"), settings.egress.allow)
    yield from _retention(settings.retention)
    yield from _limits(settings.limits)
    yield from _sight(settings.sight)
    yield from _payments(settings.payments)
    yield from speech_problems(settings.speech)
    for section, tables in (("trunks", settings.trunks), ("numbers", settings.numbers)):
        if len(tables) > MAX_TABLES:
            yield (section,), f"{len(tables)} tables", f"at most {MAX_TABLES}"
    for index, trunk in enumerate(settings.trunks):
        yield from trunk_problems(("trunks", index), trunk)
    yield from _repeated("trunks", "name", [trunk.name for trunk in settings.trunks])
    if settings.vbc.trunk and settings.vbc.trunk not in [trunk.name for trunk in settings.trunks]:
        yield ("vbc", "trunk"), settings.vbc.trunk, "the name of one of the [[trunks]]"
    for index, pool in enumerate(settings.numbers):
        yield from _pool(("numbers", index), pool)


def _server(server: ServerSettings) -> Iterator[Wrong]:
    yield from _host(("server", "host"), server.host)
    yield from _port(("server", "port"), server.port, lowest=0)
    yield from _port(("server", "tls_port"), server.tls_port, lowest=0)
    url = urlsplit(server.public_url)
    if server.public_url and (url.scheme not in ("http", "https") or not url.hostname or url.query):
        yield ("server", "public_url"), server.public_url, 'an address such as "https://voice.example.com"'
    for key, value, other in (
        ("tls_certificate", server.tls_certificate, server.tls_key),
        ("tls_key", server.tls_key, server.tls_certificate),
    ):
        if other and not value:
            yield ("server", key), "", "a PEM file, because the other half of the pair is set"
        elif value and not Path(value).is_file():
            yield ("server", key), value, "the path of a PEM file; there is no such file"


def _sip(sip: SipSettings) -> Iterator[Wrong]:
    for key, hosts in (("host", (sip.host,)), ("more_hosts", sip.more_hosts)):
        for host in hosts:
            yield from _host(("sip", key), host)
    if sip.advertised_host:
        yield from _host(("sip", "advertised_host"), sip.advertised_host)
    for key in ("port", "tls_port", "ws_port", "wss_port"):
        yield from _port(("sip", key), getattr(sip, key), lowest=0)
    yield from transport_problems(sip)
    if sip.session_expires_s and not 90 <= sip.session_expires_s <= 86_400:
        yield ("sip", "session_expires_s"), sip.session_expires_s, "0, or a number from 90 to 86400"
    if not sip.realm or not sip.realm.isprintable() or set(sip.realm) & {'"', "\\"}:
        yield ("sip", "realm"), sip.realm, "printable text without quotes"
    yield from _networks(("sip", "trusted"), sip.trusted)
    for host in sip.domains:
        yield from _host(("sip", "domains"), host)
    if len(sip.users) > MAX_TABLES:
        yield ("sip", "users"), f"{len(sip.users)} users", f"at most {MAX_TABLES}"
    for index, user in enumerate(sip.users):
        for key, value in (("username", user.username), ("password", user.password)):
            if not value:
                yield ("sip", "users", index, key), "", "text that is not empty"


def _media(settings: Settings) -> Iterator[Wrong]:
    media = settings.media
    for key, value in (("host", media.host), ("advertised_host", media.advertised_host or media.host)):
        if not _is_address(value):
            yield ("media", key), value, "an IP address: SDP carries it"
    yield from _port(("media", "port_min"), media.port_min, lowest=1024)
    yield from _port(("media", "port_max"), media.port_max, lowest=1024)
    if media.port_min >= media.port_max:
        yield ("media", "port_max"), media.port_max, f"a port above port_min, which is {media.port_min}"
    if not 1 <= media.max_legs <= MAX_LEGS:
        yield ("media", "max_legs"), media.max_legs, f"a whole number from 1 to {MAX_LEGS}"
    if not 0 <= media.workers <= MAX_WORKERS:
        yield ("media", "workers"), media.workers, f"a whole number from 0 to {MAX_WORKERS}"
    if not 0 <= media.drain_s <= MAX_DRAIN_S:
        yield ("media", "drain_s"), media.drain_s, f"a whole number from 0 to {MAX_DRAIN_S}"


def _account(settings: Settings) -> Iterator[Wrong]:
    account = settings.account
    if bool(account.api_key) != bool(account.api_secret):
        missing = "api_secret" if account.api_key else "api_key"
        yield ("account", missing), "", "text, because the other half of the pair is set (or leave out both)"


def _retention(retention: RetentionSettings) -> Iterator[Wrong]:
    for key, most in RETENTION_BOUNDS.items():
        value = getattr(retention, key)
        if not 1 <= value <= most:
            yield ("retention", key), value, f"a whole number from 1 to {most}"


def _limits(limits: LimitSettings) -> Iterator[Wrong]:
    for key, value in msgspec.structs.asdict(limits).items():
        if not 1 <= value <= MOST_PER_SECOND:
            yield ("limits", key), value, f"a whole number from 1 to {MOST_PER_SECOND}"


def _sight(sight: SightSettings) -> Iterator[Wrong]:
    if sight.homer and not _is_place(sight.homer):
        yield (
            ("sight", "homer"),
            sight.homer,
            "host:port, such as 192.0.2.7:9060 or [2001:db8::1]:9060",
        )
    if not 0 <= sight.homer_node < 2**32:
        yield ("sight", "homer_node"), sight.homer_node, "a whole number from 0 to 4294967295"

    if len(sight.homer_password) > MAX_PASSWORD:
        yield ("sight", "homer_password"), "", f"{MAX_PASSWORD} characters at most"


def _payments(payments: PaymentSettings) -> Iterator[Wrong]:
    url = urlsplit(payments.url)
    if payments.secret and not payments.url:
        yield ("payments", "url"), "", "an address, because the secret for it is set"
    elif payments.url and not (url.hostname and (url.scheme == "https" or _is_nearby(url))):
        yield (
            ("payments", "url"),
            payments.url,
            "an https address, or http to this machine: cards go there",
        )


def _is_nearby(url: SplitResult) -> bool:
    """Whether plain HTTP may go there, because it does not leave the machine."""
    host = url.hostname or ""
    return url.scheme == "http" and _is_address(host) and ipaddress.ip_address(host).is_loopback


def trunk_problems(path: KeyPath, trunk: TrunkSettings) -> Iterator[Wrong]:
    """What is wrong with a trunk, wherever it was written down."""
    yield from trunks.trunk_problems(path, trunk)
    if trunk.host:
        yield from _host((*path, "host"), trunk.host)
    yield from _port((*path, "port"), trunk.port, lowest=1)
    for target in trunk.all_targets():
        if target.transport not in trunks.TRANSPORTS:
            yield (*path, "transport"), target.transport, _one_of(trunks.TRANSPORTS)
    for target in trunk.targets:
        yield from _host((*path, "targets"), target.host)
        yield from _port((*path, "targets"), target.port, lowest=0)


def _pool(path: KeyPath, pool: NumberPool) -> Iterator[Wrong]:
    if not _COUNTRY.fullmatch(pool.country):
        yield (*path, "country"), pool.country, 'two capital letters, such as "GB"'
    if pool.type not in NUMBER_TYPES:
        yield (*path, "type"), pool.type, _one_of(NUMBER_TYPES)
    for feature in pool.features:
        if feature not in FEATURES:
            yield (*path, "features"), feature, _one_of(FEATURES)
    if not _COST.fullmatch(pool.cost):
        yield (*path, "cost"), pool.cost, 'a price such as "0.80"'
    if bool(pool.list) == bool(pool.first or pool.last):
        yield (
            path,
            f"list = {len(pool.list)} numbers, first = {pool.first!r}",
            "either list, or first and last",
        )
    for number in pool.list:
        if not _E164.fullmatch(number):
            yield (*path, "list"), number, "numbers of 7 to 15 digits, country code first, no +"
    if len(pool.list) > MAX_POOL_NUMBERS:
        yield (*path, "list"), f"{len(pool.list)} numbers", f"at most {MAX_POOL_NUMBERS}"
    if not pool.list:
        yield from _range(path, pool)


def _range(path: KeyPath, pool: NumberPool) -> Iterator[Wrong]:
    for key, value in (("first", pool.first), ("last", pool.last)):
        if not _E164.fullmatch(value):
            yield (*path, key), value, "a number of 7 to 15 digits, country code first, no +"
            return
    if len(pool.first) != len(pool.last):
        yield (*path, "last"), pool.last, f"a number as long as first, which is {pool.first}"
    elif not 0 <= int(pool.last) - int(pool.first) < MAX_POOL_NUMBERS:
        yield (*path, "last"), pool.last, f"{pool.first} or up to {MAX_POOL_NUMBERS - 1} above it"


def _host(path: KeyPath, host: str) -> Iterator[Wrong]:
    if not (_is_address(host) or _is_name(host)):
        yield path, host, "an IP address or a host name; a port has a key of its own"


def _port(path: KeyPath, port: int, *, lowest: int) -> Iterator[Wrong]:
    if not lowest <= port <= 65535:
        any_free = " (0: any free one)" if lowest == 0 else ""
        yield path, port, f"a port from {lowest} to 65535{any_free}"


def _networks(path: KeyPath, networks: tuple[str, ...]) -> Iterator[Wrong]:
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            yield path, network, f'networks such as "10.0.0.0/8" ({error})'


def _repeated(section: str, key: str, values: list[str]) -> Iterator[Wrong]:
    for index, value in enumerate(values):
        if value in values[:index]:
            yield (section, index, key), value, "a name that no other has"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_place(text: str) -> bool:
    """Whether it is a host with a port; IPv6 stands in brackets."""
    host, _, port = text.rpartition(":")
    plain = host.removeprefix("[").removesuffix("]")
    is_ipv6 = ":" in plain
    return (
        (_is_address(plain) or _is_name(plain))
        and host == (f"[{plain}]" if is_ipv6 else plain)
        and (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65_535)
    )


def _is_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    # A last label of digits is a mistyped address (RFC 1123 §2.1).
    return (
        len(text) <= MAX_HOST
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdecimal()
    )


def _one_of(words: tuple[str, ...]) -> str:
    return " or ".join(f'"{word}"' for word in words)
