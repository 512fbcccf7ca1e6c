"""The generator and the floor as processes: `python -m tests.bench.media_peer talk|answer LEGS`.

Both bind LEGS sockets, print their ports as a JSON line and read the peers' ports from a line of standard
input. `talk` then reads the seconds to warm up and to count, prints "counting" when it begins to, and its
figures at the end. `answer` runs until its input ends and prints the lateness of its ticks.
"""

import json
import os
import resource
import socket
import sys
import threading
import time
from contextlib import suppress

import numpy as np

from media.codecs.g711 import ENCODE, PCMU
from media.engine.syscalls import endpoint
from tests.bench import media_kernels as kernels

PROBES = 20
"""Legs whose delay is measured."""
PRIORITY = 6
"""One above the engine's: a late generator would make it look bad."""


def main(part: str, legs: int) -> None:
    """Be one of the two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(legs + 256, hard)), hard))
    sockets = [bind() for _ in range(legs)]
    say([sock.getsockname()[1] for sock in sockets])
    fds = np.array([sock.fileno() for sock in sockets], np.int64)
    if part == "talk":
        talk(sockets, fds)
    else:
        answer(fds)


def bind() -> socket.socket:
    """A socket like the worker's."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
    sock.bind(("127.0.0.1", 0))
    return sock


def say(what: object) -> None:
    """One JSON line."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def hear() -> list[float]:
    """One JSON line."""
    line: list[float] = json.loads(sys.stdin.readline())
    return line


def hurry() -> None:
    """Become a real-time thread where that is allowed."""
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))


def talk(sockets: list[socket.socket], fds: kernels.Ints) -> None:
    """Generate calls."""
    scratch, tally = kernels.make_scratch(), kernels.make_tally()
    calls = make_calls(fds)
    kernels.talk(calls, 0, 0, tally, scratch)
    for sock, port in zip(sockets, hear(), strict=True):
        sock.connect(("127.0.0.1", int(port)))
    warm_s, count_s = hear()
    began = time.monotonic_ns() + int(warm_s * 1e9)
    announce = threading.Timer(warm_s, say, ["counting"])
    announce.start()
    hurry()
    kernels.talk(calls, began, began + int(count_s * 1e9), tally, scratch)
    sent, received, wrong, delays, total, late = tally.counts.tolist()
    say(
        {
            "sent": sent,
            "received": received,
            "wrong": wrong,
            "late_ms": late / 1e6,
            "delay_mean_ms": total / delays / 1e6 if delays else 0.0,
            "delay_p99_ms": kernels.percentile(tally.delays, 0.99, 0.1),
        }
    )


def make_calls(fds: kernels.Ints) -> kernels.Calls:
    """Legs with words of their own; partners never share one."""
    legs = len(fds)
    packets = np.zeros((legs, kernels.PACKET), np.uint8)
    packets[:, 0] = 0x80
    packets[:, 8:12] = np.arange(1, legs + 1, dtype=">u4").view(np.uint8).reshape(-1, 4)
    words = np.array(
        [[ENCODE[PCMU, 200 + 40 * (leg % 97)], ENCODE[PCMU, 8000 + 300 * (leg % 53)]] for leg in range(legs)]
    )
    packets[:, 12:] = words[:, :1]
    return kernels.Calls(fds, packets, words, np.zeros(legs, np.int64), min(PROBES, legs))


def answer(fds: kernels.Ints) -> None:
    """Be the floor."""
    scratch, tally, stop = kernels.make_scratch(), kernels.make_tally(), np.ones(1, np.int64)
    kernels.answer(fds[:0], fds[:0], stop, tally, scratch)
    peers = np.array([endpoint("127.0.0.1", int(port)) for port in hear()], np.int64)
    stop[0] = 0
    loop = threading.Thread(target=_answer, args=(fds, peers, stop, tally, scratch))
    loop.start()
    say("ready")
    sys.stdin.read()
    stop[0] = 1
    loop.join()
    say({"late_p99_us": kernels.percentile(tally.late, 0.99, kernels.BUCKET_NS / 1000)})


def _answer(
    fds: kernels.Ints,
    peers: kernels.Ints,
    stop: kernels.Ints,
    tally: kernels.Tally,
    scratch: kernels.Scratch,
) -> None:
    hurry()
    kernels.answer(fds, peers, stop, tally, scratch)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
