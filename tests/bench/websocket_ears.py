"""Many websocket connections that are only counted, and a program that only writes to them.

`python -m tests.bench.websocket_ears hear` prints its port and shakes hands with whoever comes; for each line
of its input it prints the time and the octets that came so far. `... write PORT COUNT OCTETS` connects so
often, prints "ready", and writes so many octets to each connection every 20 ms until its input ends.
"""

import base64
import hashlib
import re
import select
import socket
import sys
import time
from contextlib import suppress

from tests.bench.media_peer import HOST, OTHER_FILES, allow_files, say

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455 section 1.3."""
MOST = 4096
"""Connections."""
LOOK_S = 0.05
"""How often they are read: some frames at a time, which costs less."""
READ = 1 << 18
HANDSHAKE_S = 1.0
FRAME_S = 0.02


def hear() -> None:
    """Be the ears of all consumers."""
    allow_files(MOST + OTHER_FILES)
    door = socket.create_server((HOST, 0), backlog=MOST)
    door.setblocking(False)
    say(door.getsockname()[1])
    connections: list[socket.socket] = []
    octets, buffer = 0, bytearray(READ)
    while True:
        with suppress(BlockingIOError):
            while True:
                connection = door.accept()[0]
                if _welcome(connection):
                    connections.append(connection)
        for connection in connections:
            with suppress(BlockingIOError, ConnectionError):
                octets += connection.recv_into(buffer)
        if sys.stdin in select.select([sys.stdin, door], [], [], LOOK_S)[0]:
            if not sys.stdin.readline():
                return
            say((time.monotonic(), octets))


def _welcome(connection: socket.socket) -> bool:
    """Answer the handshake, which a client sends in one piece; whether it has not gone away before that."""
    connection.settimeout(HANDSHAKE_S)
    try:
        found = re.search(rb"(?i)sec-websocket-key: *(\S+)", connection.recv(8192))
    except OSError:
        found = None
    if found is None:
        connection.close()
        return False
    accept = base64.b64encode(hashlib.sha1(found[1] + GUID, usedforsecurity=False).digest())
    lines = (b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade")
    connection.sendall(b"\r\n".join((*lines, b"Sec-WebSocket-Accept: " + accept, b"", b"")))
    connection.setblocking(False)
    return True


def write(port: int, count: int, octets: int) -> None:
    """Be the program that only writes."""
    allow_files(count + OTHER_FILES)
    connections = [socket.create_connection((HOST, port)) for _ in range(count)]
    for connection in connections:
        connection.sendall(b"GET / HTTP/1.1\r\nSec-WebSocket-Key: any\r\n\r\n")
    for connection in connections:
        connection.recv(8192)
    say("ready")
    frame, due = bytes(octets), time.monotonic()
    while not select.select([sys.stdin], [], [], 0)[0]:
        for connection in connections:
            connection.send(frame)
        due += FRAME_S
        time.sleep(max(due - time.monotonic(), 0))


if __name__ == "__main__":
    if sys.argv[1] == "hear":
        hear()
    else:
        write(*map(int, sys.argv[2:]))
