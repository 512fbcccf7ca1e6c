"""Ports that nobody uses at this moment."""

import random
import socket
from contextlib import ExitStack
from pathlib import Path

PORTS = range(30_000, 32_767)
"""Below the ports that the kernel gives to anybody, who might get ours before the process binds to it."""


def free_ports(count: int) -> list[int]:
    """Ports that are free for UDP and for TCP on loopback, all different."""
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        with ExitStack() as held:
            try:
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    held.enter_context(socket.socket(socket.AF_INET, kind)).bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError("no free ports")


def is_bound(port: int) -> bool:
    """Whether somebody has this port, without touching it (the kernel's tables, ports in hexadecimal)."""
    return any(
        line.split()[1].endswith(f":{port:04X}")
        for table in _TABLES
        for line in table.read_text().splitlines()[1:]
    )


_TABLES = (Path("/proc/net/udp"), Path("/proc/net/tcp"))
