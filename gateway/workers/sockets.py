"""The RTP and RTCP sockets of all legs: bound here, and lent to the workers, so that they outlive them."""

import secrets
import socket

from gateway.errors import Unavailable
from media.control.lending import Pair

RECEIVE_BUFFER = 64 << 10
"""Octets that the kernel keeps for a leg: some 0.5 s of packets with their overhead."""
ATTEMPTS = 200
"""Pairs that are tried before the range counts as full."""


def bind_pair(host: str, ports: range) -> Pair:
    """A pair at random in the range, which nobody can predict. Raises Unavailable when none is found."""
    evens = range(ports.start + ports.start % 2, ports.stop - 1, 2)
    if not evens:
        raise Unavailable("no media for the leg: the range of ports holds no pair")
    for _ in range(ATTEMPTS):
        pair = _try_pair(host, evens[secrets.randbelow(len(evens))])
        if pair is not None:
            return pair
    raise Unavailable(f"no media for the leg: no two free ports in {ports.start}-{ports.stop - 1}")


def _try_pair(host: str, port: int) -> Pair | None:
    bound: list[socket.socket] = []
    for each in (port, port + 1):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        bound.append(sock)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            sock.bind((host, each))
        except OSError:
            for other in bound:
                other.close()
            return None
    return Pair(*bound)
