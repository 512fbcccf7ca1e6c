"""Pairs of UDP ports for RTP and RTCP, out of a range."""

import secrets
import socket
from dataclasses import dataclass

from media.worker.refusal import Refusal

RECEIVE_BUFFER = 64 << 10
"""Octets that the kernel keeps for a leg: some 0.5 s of packets with their overhead."""
ATTEMPTS = 200
"""Pairs that are tried before the range counts as full."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two bound sockets: RTP at an even port, RTCP at the next."""

    rtp: socket.socket
    rtcp: socket.socket

    @property
    def port(self) -> int:
        """The RTP port."""
        port: int = self.rtp.getsockname()[1]
        return port

    def close(self) -> None:
        """Give both ports back."""
        self.rtp.close()
        self.rtcp.close()


def bind_pair(host: str, ports: range) -> Pair:
    """A pair at random in the range, which nobody can predict. Raises Refusal when none is found."""
    evens = range(ports.start + ports.start % 2, ports.stop - 1, 2)
    if not evens:
        raise Refusal("the range of ports holds no pair")
    for _ in range(ATTEMPTS):
        port = evens[secrets.randbelow(len(evens))]
        pair = _try_pair(host, port)
        if pair is not None:
            return pair
    raise Refusal(f"no two free ports in {ports.start}-{ports.stop - 1}")


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
    return Pair(bound[0], bound[1])
