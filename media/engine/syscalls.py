"""The system calls of the engine, callable from kernels: sockets, the clock, a wake-up, and the caches.

Kernels see an *endpoint*, an IPv4 address and a port, as one integer: address << 16 | port. Compiled
kernels call the C library; interpreted ones get `media.engine.standin`, so that a whole tick can be tested
without sockets and without time.
"""

import errno
import socket

from media.engine.compile import COMPILED

if COMPILED:
    from media.engine.libc import (
        connect,
        disconnect,
        fence,
        now,
        prefetch,
        receive,
        receive_bound,
        samples_at,
        send,
        send_to,
        sleep_until,
        wake,
    )
else:
    from media.engine.standin import (
        connect,
        disconnect,
        fence,
        now,
        prefetch,
        receive,
        receive_bound,
        samples_at,
        send,
        send_to,
        sleep_until,
        wake,
    )

__all__ = [
    "ADDRESS_OCTETS",
    "AGAIN",
    "connect",
    "disconnect",
    "endpoint",
    "fence",
    "host_and_port",
    "now",
    "prefetch",
    "receive",
    "receive_bound",
    "samples_at",
    "send",
    "send_to",
    "sleep_until",
    "wake",
]

AGAIN = -errno.EAGAIN
"""What `receive` returns when nothing waits."""
ADDRESS_OCTETS = 20
"""Room for a `sockaddr_in` and its length."""


def endpoint(host: str, port: int) -> int:
    """An IPv4 address in dotted form and a port as one integer. OSError when it is no such address."""
    return int.from_bytes(socket.inet_aton(host), "big") << 16 | port


def host_and_port(value: int) -> tuple[str, int]:
    """The address in dotted form and the port of an endpoint."""
    return socket.inet_ntoa((value >> 16).to_bytes(4, "big")), value & 0xFFFF
