"""Descriptors that the gateway owns and lends to media workers: an engine's memory, and sockets of legs.

They go over a channel of their own (a SOCK_SEQPACKET pair), before the command that is about them is written
to the control channel. The same loans come back from a worker whose gateway has died, through the *door* that
it was lent with the memory: a listening socket, by which the next gateway finds it.
"""

import array
import socket
import struct
from collections.abc import Sequence

import msgspec

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


class Loan(msgspec.Struct, frozen=True):
    """What descriptors are: the memory, the door, the orders; then, of each leg, RTP and RTCP."""

    memory: bool = False
    door: bool = False
    orders: bool = False
    """A file of framed commands: what was asked of a worker and is not over."""
    legs: tuple[str, ...] = ()


def lend(channel: socket.socket, loan: Loan, descriptors: Sequence[int]) -> None:
    """Send a loan. OSError when the worker has not taken enough of those before, or is gone."""
    socket.send_fds(channel, [msgspec.msgpack.encode(loan)], list(descriptors))


def borrow(channel: socket.socket, *, waits: bool = False) -> tuple[Loan, list[int]] | None:
    """The next loan and its descriptors, now ours as well; None when there is none.

    With `waits` that is when the lender has gone; TimeoutError when it does nothing.
    """
    descriptors = array.array("i")
    # `socket.recv_fds` does not pass flags on.
    flags = socket.MSG_CMSG_CLOEXEC | (0 if waits else socket.MSG_DONTWAIT)
    space = socket.CMSG_SPACE(_MAX_DESCRIPTORS * descriptors.itemsize)
    try:
        octets, ancillary, _, _ = channel.recvmsg(_MAX_LOAN, space, flags)
    except BlockingIOError:
        return None
    if not octets:
        return None
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(data)
    return msgspec.msgpack.decode(octets, type=Loan), descriptors.tolist()
