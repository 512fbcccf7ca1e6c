"""Has the kernel drop datagrams of banned sources before they take room in the socket's queue (Linux).

Classic BPF by SO_ATTACH_FILTER (socket(7), Documentation/networking/filter.rst of Linux); it needs no
privilege. IPv4 alone: sources of IPv6 are networks, and are dropped when they are read.
"""

import ctypes
import socket
import struct
import sys
from collections.abc import Iterable, Iterator

MAX_FILTERED = 256
"""Sources in a filter: it is run for each datagram, and its room is limited (net.core.optmem_max)."""

SO_ATTACH_FILTER = 26
"""asm-generic/socket.h"""

_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
"""BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K and BPF_RET|BPF_K of linux/bpf_common.h."""

_SOURCE = 0xFFF00000 + 12
"""SKF_NET_OFF of linux/filter.h, and where the source stands in an IPv4 header (RFC 791)."""

_ALL, _NOTHING = 0xFFFFFFFF, 0
"""How many octets of the datagram are let through."""

_STEP = struct.Struct("@HBBI")
"""struct sock_filter: what to do, how far to jump if it holds and if not, and with which number."""


def drop_sources(opened: socket.socket, hosts: Iterable[str]) -> None:
    """Drop what comes from these IPv4 addresses, the first MAX_FILTERED; others are skipped. Raises OSError.

    It replaces what was dropped before.
    """
    if not sys.platform.startswith("linux") or opened.family != socket.AF_INET:
        return
    sources = [host for host in hosts if ":" not in host][:MAX_FILTERED]
    program = b"".join(_program(sources))
    held = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: how many instructions, and where they are.
    attached = struct.pack("@HP", len(program) // _STEP.size, ctypes.addressof(held))
    opened.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, attached)


def _program(sources: Iterable[str]) -> Iterator[bytes]:
    """Compare the source with each; a match drops the datagram."""
    yield _STEP.pack(_LOAD, 0, 0, _SOURCE)
    for host in sources:
        (source,) = struct.unpack("!I", socket.inet_aton(host))
        yield _STEP.pack(_JUMP_EQUAL, 0, 1, source)
        yield _STEP.pack(_RETURN, 0, 0, _NOTHING)
    yield _STEP.pack(_RETURN, 0, 0, _ALL)
