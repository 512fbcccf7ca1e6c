"""Who holds a port of this machine (Linux says so in /proc)."""

import errno
import socket
from pathlib import Path
from typing import Literal

Kind = Literal["tcp", "udp"]


def problem(host: str, port: int, kind: Kind) -> str:
    """Why the port cannot be bound now; empty when it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as probe:
        if kind == "tcp":
            # As servers do, so that connections of the past that linger do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return "taken" if error.errno == errno.EADDRINUSE else (error.strerror or str(error))
    return ""


def owner(port: int, kind: Kind) -> str:
    """`name (pid)` of the process that listens there, as far as we may look; otherwise empty."""
    inodes = {inode for name in (kind, kind + "6") for inode in _inodes(Path("/proc/net") / name, port)}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            links = {str(entry.readlink()) for entry in (process / "fd").iterdir()}
            if links & inodes:
                return f"{(process / 'comm').read_text().strip()} ({process.name})"
        except OSError:
            continue
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
