"""Has the kernel sort datagrams before they take room in a socket's queue (Linux).

Banned sources are dropped, and trusted ones get a queue of their own: classic BPF by SO_ATTACH_FILTER and
SO_ATTACH_REUSEPORT_CBPF (socket(7), Documentation/networking/filter.rst of Linux), which needs no privilege.
IPv4 alone: what comes by IPv6 is sorted when it is read.
"""

import ctypes
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network

MAX_FILTERED = 256
"""Sources in a filter: it is run for each datagram, and its room is limited (net.core.optmem_max)."""

SO_ATTACH_FILTER, SO_ATTACH_REUSEPORT_CBPF = 26, 51
"""asm-generic/socket.h"""

_LOAD, _AND, _JUMP_EQUAL, _RETURN = 0x20, 0x54, 0x15, 0x06
"""linux/bpf_common.h: BPF_LD|BPF_W|BPF_ABS, BPF_ALU|BPF_AND|BPF_K, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K."""

_KEEP, _RECALL = 0x07, 0x87
"""BPF_MISC with BPF_TAX and BPF_TXA of linux/filter.h: put the number aside, and take it again."""

_SOURCE = 0xFFF00000 + 12
"""SKF_NET_OFF of linux/filter.h, and where the source stands in an IPv4 header (RFC 791)."""

_ALL, _NOTHING = 0xFFFFFFFF, 0
"""How many octets of the datagram are let through."""

_STRANGERS, _TRUSTED = 0, 1
"""Which of the sockets that share a port gets a datagram: they are numbered as they were bound."""

_STEP = struct.Struct("@HBBI")
"""struct sock_filter: what to do, how far to jump if it holds and if not, and with which number."""


def drop_sources(opened: socket.socket, hosts: Iterable[str]) -> None:
    """Drop what comes from these IPv4 addresses, the first MAX_FILTERED; others are skipped. Raises OSError.

    It replaces what was dropped before.
    """
    if can_sort(opened):
        dropped = [IPv4Network(host) for host in hosts if ":" not in host]
        _attach(opened, SO_ATTACH_FILTER, _program(dropped, _NOTHING, _ALL))


def queue_apart(opened: socket.socket, networks: Iterable[IPv4Network | IPv6Network]) -> None:
    """Give what comes from these networks to the second socket of two. Raises OSError.

    `opened` is one of those two, which share a port by SO_REUSEPORT. The first MAX_FILTERED networks of IPv4
    count, in place of those that were named before.
    """
    trusted = [network for network in networks if isinstance(network, IPv4Network)]
    _attach(opened, SO_ATTACH_REUSEPORT_CBPF, _program(trusted, _TRUSTED, _STRANGERS))


def can_sort(opened: socket.socket) -> bool:
    """Whether the kernel can do all this for a socket."""
    return sys.platform.startswith("linux") and opened.family == socket.AF_INET


def _attach(opened: socket.socket, option: int, steps: Iterable[bytes]) -> None:
    program = b"".join(steps)
    held = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: how many instructions, and where they are.
    attached = struct.pack("@HP", len(program) // _STEP.size, ctypes.addressof(held))
    opened.setsockopt(socket.SOL_SOCKET, option, attached)


def _program(networks: list[IPv4Network], match: int, other: int) -> Iterator[bytes]:
    """Compare the source with each network; give `match` if it is in one of them, otherwise `other`."""
    yield _STEP.pack(_LOAD, 0, 0, _SOURCE)
    yield _STEP.pack(_KEEP, 0, 0, 0)
    for network in networks[:MAX_FILTERED]:
        yield _STEP.pack(_RECALL, 0, 0, 0)
        yield _STEP.pack(_AND, 0, 0, int(network.netmask))
        yield _STEP.pack(_JUMP_EQUAL, 0, 1, int(network.network_address))
        yield _STEP.pack(_RETURN, 0, 0, match)
    yield _STEP.pack(_RETURN, 0, 0, other)
