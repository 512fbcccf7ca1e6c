"""URLs that customers give us: which host and port they lead to, or that they lead nowhere."""

import re
from collections.abc import Collection

import msgspec
from yarl import URL

from gateway.webhooks.failures import InvalidUrl

MAX_URL = 2048
"""Characters; longer ones are nobody's address."""

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "sip": 5060, "sips": 5061}
_SIP = re.compile(
    r"""sips?: (?:[^@\s]*@)?
    (?P<host> \[[0-9A-Fa-f:.]+\] | [A-Za-z0-9._-]+ ) (?: : (?P<port>[0-9]{1,5}) )?
    (?:[;?]\S*)?""",
    re.VERBOSE | re.IGNORECASE,
)


class Target(msgspec.Struct, frozen=True):
    """Where a URL leads, before its name is looked up."""

    host: str
    """A name, or an address without brackets."""
    port: int


def parse_target(url: str, schemes: Collection[str]) -> Target:
    """The host and port of a URL of one of the schemes (http, https, ws, wss, sip, sips).

    Raises InvalidUrl. Credentials in a URL are refused, except in SIP, where the user is part of the address.
    """
    scheme = url.partition(":")[0].lower()
    if scheme not in schemes or scheme not in _PORTS or len(url) > MAX_URL or not _printable(url):
        raise InvalidUrl
    host, port = _sip(url) if scheme in {"sip", "sips"} else _hierarchical(url)
    if port is None:
        port = _PORTS[scheme]
    if not host or not 0 < port < 65536:
        raise InvalidUrl
    return Target(host, port)


def _printable(url: str) -> bool:
    return url.isprintable() and " " not in url and "\\" not in url


def _sip(url: str) -> tuple[str, int | None]:
    found = _SIP.fullmatch(url)
    if found is None:
        raise InvalidUrl
    port = found["port"]
    return found["host"].strip("[]"), int(port) if port else None


def _hierarchical(url: str) -> tuple[str, int | None]:
    try:
        parsed = URL(url)
        if parsed.user is not None or parsed.password is not None:
            raise InvalidUrl("Credentials in a URL are not allowed.")
        return parsed.raw_host or "", parsed.explicit_port
    except ValueError:
        raise InvalidUrl from None
