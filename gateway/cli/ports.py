"""The ports that the gateway listens on, and who holds a port of this machine (Linux says so in /proc)."""

import contextlib
import errno
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gateway.config import Settings

Kind = Literal["tcp", "udp"]
TAKEN = "taken"


@dataclass(frozen=True)
class Place:
    """An address that the gateway binds, and the keys that name it."""

    subject: str
    section: str
    key: str
    host: str
    port: int
    kind: Kind


def places(settings: Settings) -> Iterator[Place]:
    """All addresses that `cordboard serve` binds."""
    server, sip = settings.server, settings.sip
    yield Place("HTTP port", "server", "port", server.host, server.port, "tcp")
    if server.tls_certificate:
        yield Place("HTTPS port", "server", "tls_port", server.host, server.tls_port, "tcp")
    for host in (sip.host, *sip.more_hosts):
        for transport, port in sip.ports().items():
            key = "port" if transport in ("udp", "tcp") else f"{transport}_port"
            kind: Kind = "udp" if transport == "udp" else "tcp"
            yield Place(f"SIP port, {transport.upper()}", "sip", key, host, port, kind)


def complaints(settings: Settings) -> Iterator[str]:
    """What cannot be bound now: the key, why, and what to do. Nothing when all can."""
    for place in places(settings):
        why = problem(place.host, place.port, place.kind)
        at = f"{place.host}:{place.port} ({place.kind.upper()})"
        if why == TAKEN:
            by = " and ".join(owners(place.port, place.kind).values())
            yield (
                f"[{place.section}] {place.key}: {at} is {why}{f' by {by}' if by else ''}. "
                "Stop that program, or set another port (0: any free one)."
            )
        elif why:
            yield f"[{place.section}] host and {place.key}: {at} cannot be bound: {why}. Set others."


def problem(host: str, port: int, kind: Kind) -> str:
    """Why the port cannot be bound now: TAKEN, or the system's words; empty when it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as probe:
        if kind == "tcp":
            # As servers do, so that connections of the past that linger do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return TAKEN if error.errno == errno.EADDRINUSE else (error.strerror or str(error))
    return ""


def owners(port: int, kind: Kind) -> Mapping[int, str]:
    """The processes that listen there, as far as we may look: `name (pid)` by pid."""
    inodes = {inode for name in (kind, kind + "6") for inode in _inodes(Path("/proc/net") / name, port)}
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(_link(entry) in inodes for entry in (process / "fd").iterdir()):
                found[int(process.name)] = f"{(process / 'comm').read_text().strip()} ({process.name})"
    return found


def _link(entry: Path) -> str:
    # A file may be closed while we look.
    try:
        return str(entry.readlink())
    except OSError:
        return ""


def _inodes(table: Path, port: int) -> set[str]:
    try:
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return set()
    # Columns: 1 local address "HEX:PORT", 3 state (0A listening, 07 an unconnected UDP socket), 9 inode.
    return {
        f"socket:[{row[9]}]"
        for row in rows
        if int(row[1].rpartition(":")[2], 16) == port and row[3] in ("0A", "07")
    }
