"""Descriptors that the gateway owns and lends to media workers: an engine's memory, and sockets of legs.

They go over a channel of their own (a SOCK_SEQPACKET pair), before the command that is about them is written
to the control channel. The same loans come back from a worker whose gateway has died, through the *door* that
it was lent with the memory: a listening socket, by which the next gateway finds it.
"""

import array
import os
import resource
import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

SOCKETS_PER_LEG = 2

LEGS_AT_ONCE = 100
"""In one loan: the kernel takes 253 descriptors in a message."""
FORKED = struct.Struct("!I")
"""What the process that forks workers answers to a request, which is one octet and the worker's ends of its
control and its lending channel: the worker's number, beside a descriptor of that process (pidfd)."""
HEIRS = 64
"""Connections that may wait at a door: of gateways that were started, and died, while its worker hangs."""
_MAX_LOAN = 16 << 10
"""Octets of a loan: names of legs."""
_MAX_DESCRIPTORS = 253


class Pair(NamedTuple):
    """Two bound sockets of a leg, at the gateway and at its worker: RTP at an even port, RTCP at the next."""

    rtp: socket.socket
    rtcp: socket.socket

    @property
    def port(self) -> int:
        """The RTP port."""
        port: int = self.rtp.getsockname()[1]
        return port

    @property
    def descriptors(self) -> tuple[int, int]:
        """Both, to be lent."""
        return self.rtp.fileno(), self.rtcp.fileno()

    def close(self) -> None:
        """Let go of both. The ports are free when nobody else has them any more."""
        self.rtp.close()
        self.rtcp.close()


class Loan(msgspec.Struct, frozen=True):
    """What descriptors are: the memory, the door, the orders; then, of each leg, RTP and RTCP."""

    memory: bool = False
    door: bool = False
    orders: bool = False
    """A file of framed commands: what was asked of a worker and is not over."""
    legs: tuple[str, ...] = ()


class Borrowed(NamedTuple):
    """A loan that has come: descriptors that are ours as well from now on."""

    memory: int | None
    door: int | None
    orders: int | None
    pairs: dict[str, Pair]
    """By the leg."""


def in_loans(pairs: Mapping[str, Pair]) -> Iterator[tuple[Loan, list[int]]]:
    """The sockets of legs, as many as a loan holds at a time: what to `lend`."""
    remaining = iter(pairs.items())
    while some := dict(islice(remaining, LEGS_AT_ONCE)):
        yield Loan(legs=tuple(some)), [each for pair in some.values() for each in pair.descriptors]


def lend(channel: socket.socket, loan: Loan, descriptors: Sequence[int]) -> None:
    """Send a loan. OSError when the worker has not taken enough of those before, or is gone."""
    socket.send_fds(channel, [msgspec.msgpack.encode(loan)], list(descriptors))


def borrow(channel: socket.socket, *, waits: bool = False) -> Borrowed | None:
    """The next loan; None when there is none.

    With `waits` that is when the lender has gone; TimeoutError when it does nothing. Raises ValueError for a
    loan that came in part: this process may have no more open files.
    """
    # `socket.recv_fds` does not pass flags on.
    flags = socket.MSG_CMSG_CLOEXEC | (0 if waits else socket.MSG_DONTWAIT)
    space = socket.CMSG_SPACE(_MAX_DESCRIPTORS * array.array("i").itemsize)
    try:
        octets, ancillary, _, _ = channel.recvmsg(_MAX_LOAN, space, flags)
    except BlockingIOError:
        return None
    if not octets:
        return None
    return _sort_out(msgspec.msgpack.decode(octets, type=Loan), _descriptors(ancillary))


def allow_files(wanted: int) -> None:
    """Raise the limit of open files, which is often 1024, to what is needed if the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(data)
    return found.tolist()


def _sort_out(loan: Loan, descriptors: list[int]) -> Borrowed:
    if len(descriptors) != loan.memory + loan.door + loan.orders + SOCKETS_PER_LEG * len(loan.legs):
        for each in descriptors:
            os.close(each)
        raise ValueError("a loan came without all of its descriptors")
    rest = iter(descriptors)
    return Borrowed(
        memory=next(rest) if loan.memory else None,
        door=next(rest) if loan.door else None,
        orders=next(rest) if loan.orders else None,
        pairs={leg: Pair(_socket(next(rest)), _socket(next(rest))) for leg in loan.legs},
    )


def _socket(descriptor: int) -> socket.socket:
    return socket.socket(fileno=descriptor)
