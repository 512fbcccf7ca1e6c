"""Names that this machine knows by itself: its hosts file, and names without a dot."""

import asyncio
import socket
from pathlib import Path

from signalling.io.resolution.records import Answer, Host, Question, Records
from signalling.sip.addresses import is_address, is_ipv6

HOSTS_FILE = Path("/etc/hosts")

MAX_HOSTS_FILE = 1024 * 1024
"""Octets of the hosts file that are read. Blocklists have more: they name nobody whom one calls."""

SYSTEM_TTL_S = 10.0
"""How long the system's own word holds: it says nothing of that itself."""


class HostsFile:
    """The lines of a hosts file, read again when it has changed."""

    def __init__(self, path: Path = HOSTS_FILE) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._names: dict[str, list[str]] = {}

    def addresses(self, name: str) -> list[str]:
        """Every address that the file gives a name, in its order."""
        self._refresh()
        return self._names.get(name.lower().removesuffix("."), [])

    def _refresh(self) -> None:
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp == self._stamp:
                return
            with self._path.open("rb") as file:
                text = file.read(MAX_HOSTS_FILE).decode("utf-8", "replace")
        except OSError:
            self._names = {}
            return
        self._stamp = stamp
        self._names = _read(text)


def _read(text: str) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for line in text.splitlines():
        address, *aliases = line.partition("#")[0].split() or [""]
        if is_address(address):
            for alias in aliases:
                names.setdefault(alias.lower(), []).append(address)
    return names


def of_family(question: Question, addresses: list[str]) -> Records:
    """The records that answer a question, of addresses of both kinds."""
    return tuple(Host(one) for one in addresses if is_ipv6(one) == (question.kind == "AAAA"))


async def ask_system(question: Question) -> Answer:
    """Ask the system's own resolver for an address: containers, search domains, mDNS."""
    family = socket.AF_INET6 if question.kind == "AAAA" else socket.AF_INET
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(question.name, None, family=family, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return Answer((), SYSTEM_TTL_S)
    return Answer(of_family(question, [str(entry[4][0]) for entry in found]), SYSTEM_TTL_S)
