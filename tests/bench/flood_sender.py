"""Sends INVITEs at a rate from one address of loopback or from many, and says how many it sent.

python -m tests.bench.flood_sender PORT RATE SECONDS SOURCES URI

Each has a branch and a Call-ID of its own. The source is named datagram by datagram (IP_PKTINFO, ip(7)): all
of 127.0.0.0/8 is ours, so that this needs neither privilege nor a socket for each.
"""

import socket
import struct
import sys
import time
from ipaddress import IPv4Address

from tests.support.sip_script import Says

FIRST_SOURCE = IPv4Address("127.66.0.1")
IP_PKTINFO = 8
"""linux/in.h"""
PAUSE_S = 0.001
_INFO = struct.Struct("@i4s4s")
"""struct in_pktinfo: any interface, the source, and what means nothing when sending."""


def main(port: int, rate: int, seconds: int, sources: int, uri: str) -> int:
    """Flood, and return how many were sent. What the kernel does not take counts, too."""
    template = bytes(Says(uri=uri, branch="z9hG4bK-NUMBER", call_id="flood-NUMBER"))
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.setblocking(False)
    start, sent = time.monotonic(), 0
    while (passed := time.monotonic() - start) < seconds:
        while sent < passed * rate:
            source = _INFO.pack(0, (FIRST_SOURCE + sent % sources).packed, bytes(4))
            message = template.replace(b"NUMBER", b"%d" % sent)
            try:
                out.sendmsg([message], [(socket.IPPROTO_IP, IP_PKTINFO, source)], 0, ("127.0.0.1", port))
                out.recv(4096)
            except BlockingIOError:
                pass
            sent += 1
        time.sleep(PAUSE_S)
    return sent


if __name__ == "__main__":
    _, *numbers, called = sys.argv
    port, rate, seconds, sources = map(int, numbers)
    sys.stdout.write(f"{main(port, rate, seconds, sources, called)}\n")
