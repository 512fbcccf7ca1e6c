"""A network of its own for a test, in which well-known host names and ports are ours (Linux, root).

This thread moves there; the sockets that it opens and the processes that it starts are there too. Nothing of
it is reachable from outside, and nothing outside from it.
"""

import ctypes
import fcntl
import os
import re
import shutil
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

CAP_SYS_ADMIN = 1 << 21
"""linux/capability.h"""
CLONE_NEWNET = 0x40000000
"""linux/sched.h"""
SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914
IFF_UP = 0x1
"""linux/sockios.h and linux/if.h"""


def why_not() -> str | None:
    """What keeps this process from making a network; None if nothing does."""
    if not sys.platform.startswith("linux"):
        return "network namespaces need Linux"
    capabilities = re.search(r"^CapEff:\s*(\w+)$", Path("/proc/self/status").read_text(), re.MULTILINE)
    if capabilities is None or not int(capabilities[1], 16) & CAP_SYS_ADMIN:
        return "network namespaces need root, and CAP_SYS_ADMIN in a container"
    if not all(map(shutil.which, ("unshare", "mount"))):
        return "unshare and mount are missing"
    return None


@contextmanager
def private_network() -> Iterator[None]:
    """Move this thread to a new network with a loopback interface, and back when the context is left."""
    outside = this_network()
    try:
        _system_call("unshare", CLONE_NEWNET)
        try:
            raise_interface("lo")
            yield
        finally:
            _system_call("setns", outside, CLONE_NEWNET)
    finally:
        os.close(outside)


def this_network() -> int:
    """A descriptor of the network that this thread is in; as long as it is open, there is the network."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


@contextmanager
def within(network: int) -> Iterator[None]:
    """Move this thread to a network, and back when the context is left."""
    outside = this_network()
    try:
        _system_call("setns", network, CLONE_NEWNET)
        try:
            yield
        finally:
            _system_call("setns", outside, CLONE_NEWNET)
    finally:
        os.close(outside)


def raise_interface(name: str) -> None:
    """Switch an interface on. Raises OSError where there is none of that name, or we may not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", name.encode(), 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(control, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", name.encode(), flags | IFF_UP))


def with_hosts(hosts: Path, command: Sequence[str]) -> list[str]:
    """The command, run where this file is /etc/hosts."""
    script = 'mount --bind "$0" /etc/hosts && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, str(hosts), *command]


def _system_call(name: str, *arguments: int) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
