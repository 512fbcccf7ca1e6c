"""Ports that nobody uses at this moment."""

import socket
from contextlib import ExitStack
from pathlib import Path


def free_ports(count: int) -> list[int]:
    """Ports that are free for UDP and for TCP on loopback, all different."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            tcp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            found.append(tcp.getsockname()[1])
    return found


def is_bound(port: int) -> bool:
    """Whether somebody has this UDP port, without touching it (the kernel's table, ports in hexadecimal)."""
    return any(line.split()[1].endswith(f":{port:04X}") for line in _UDP_TABLE.read_text().splitlines()[1:])


_UDP_TABLE = Path("/proc/net/udp")
