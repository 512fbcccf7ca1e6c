"""Ports that nobody uses at this moment."""

import socket
from contextlib import ExitStack


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
