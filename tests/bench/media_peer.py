"""The generator and the floor as processes: `python -m tests.bench.media_peer talk|answer LEGS`.

Both bind LEGS sockets (and those of RTCP), print their ports as a JSON line and read the peers' ports from a
line of standard input. `talk` then talks until its input ends; for each line with the seconds to warm up and
to count it prints "counting" when it begins to, and its figures at the end. `answer` runs until its input
ends and prints the lateness of its ticks.
"""

import json
import os
import resource
import struct
import sys
import threading
import time
from contextlib import suppress

import numpy as np

from gateway.workers.sockets import bind_pair
from media.codecs.g711 import ENCODE, PCMU
from media.control.lending import Pair
from media.engine.syscalls import endpoint
from tests.bench import media_kernels as kernels

HOST = "127.0.0.1"
PORTS = range(33_000, 60_000)
"""Not those of the worker, nor of tests that run beside it (tests/support/ports.py)."""
OTHER_FILES = 256
PROBES = 40
"""Legs whose delay is measured: two in each slot of a tick."""
REPORT_S = 5.0
REPORT_TURNS = 100
"""Parts of that time, over which the reports are spread."""
PRIORITY = 6
"""One above the engine's: a late generator would make it look bad."""


def main(part: str, legs: int) -> None:
    """Be one of the two."""
    allow_files(2 * legs + OTHER_FILES)
    pairs = [bind_pair(HOST, PORTS) for _ in range(legs)]
    say([pair.rtp.getsockname()[1] for pair in pairs])
    fds = np.array([pair.rtp.fileno() for pair in pairs], np.int64)
    if part == "talk":
        talk(pairs, fds)
    else:
        answer(fds)


def allow_files(wanted: int) -> None:
    """Raise the limit of open files, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, hard)), hard))


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


def talk(pairs: list[Pair], fds: kernels.Ints) -> None:
    """Generate calls, and count whenever asked to."""
    scratch, tally = kernels.make_scratch(), kernels.make_tally()
    calls = make_calls(fds)
    calls.window[2] = 1
    kernels.talk(calls, tally, scratch)
    calls.window[2] = 0
    ports = [int(port) for port in hear()]
    for pair, port in zip(pairs, ports, strict=True):
        pair.rtp.connect((HOST, port))
        pair.rtcp.connect((HOST, port + 1))
    threads = [
        threading.Thread(target=_talk, args=(calls, tally, scratch)),
        threading.Thread(target=_report, args=(pairs, calls.window)),
    ]
    for thread in threads:
        thread.start()
    while asked := sys.stdin.readline():
        _count(calls, tally, *json.loads(asked))
    calls.window[2] = 1
    for thread in threads:
        thread.join()


def _talk(calls: kernels.Calls, tally: kernels.Tally, scratch: kernels.Scratch) -> None:
    hurry()
    kernels.talk(calls, tally, scratch)


def _count(calls: kernels.Calls, tally: kernels.Tally, warm_s: float, count_s: float) -> None:
    """Count for so long, after so long, and say what."""
    for each in tally:
        each[:] = 0
    begin = time.monotonic_ns() + int(warm_s * 1e9)
    calls.window[0] = begin
    calls.window[1] = begin + int(count_s * 1e9)
    time.sleep(warm_s)
    say("counting")
    # The thread that counts is then in its next slot.
    time.sleep(count_s + kernels.SLOT_NS / 1e9)
    sent, received, wrong, delays, total, late = tally.counts.tolist()
    say(
        {
            "sent": sent,
            "received": received,
            "wrong": wrong,
            "late_ms": late / 1e6,
            "delay_mean_ms": total / delays / 1e6 if delays else 0.0,
            "delay_p50_ms": kernels.percentile(tally.delays, 0.5, 0.1),
            "delay_p99_ms": kernels.percentile(tally.delays, 0.99, 0.1),
        }
    )


def _report(pairs: list[Pair], window: kernels.Ints) -> None:
    """Send the RTCP of all legs, each as often as RFC 3550 asks, and take what comes."""
    turn = 0
    while not window[2]:
        for leg in range(turn, len(pairs), REPORT_TURNS):
            rtcp = pairs[leg].rtcp
            with suppress(OSError):
                rtcp.send(struct.pack("!BBHIQIII", 0x80, 200, 6, leg + 1, 0, 0, 0, 0))
                while True:
                    rtcp.recv(2048)
        turn = (turn + 1) % REPORT_TURNS
        time.sleep(REPORT_S / REPORT_TURNS)


def make_calls(fds: kernels.Ints) -> kernels.Calls:
    """Legs with words of their own; partners never share one."""
    legs = len(fds)
    packets = np.zeros((legs, kernels.PACKET), np.uint8)
    packets[:, 0] = 0x80
    packets[:, 8:12] = np.arange(1, legs + 1, dtype=">u4").view(np.uint8).reshape(-1, 4)
    window = np.zeros(3, np.int64)
    words = np.array(
        [[ENCODE[PCMU, 200 + 40 * (leg % 97)], ENCODE[PCMU, 8000 + 300 * (leg % 53)]] for leg in range(legs)]
    )
    packets[:, 12:] = words[:, :1]
    return kernels.Calls(fds, packets, words, np.zeros(legs, np.int64), min(PROBES, legs), window)


def answer(fds: kernels.Ints) -> None:
    """Be the floor."""
    scratch, tally, stop = kernels.make_scratch(), kernels.make_tally(), np.ones(1, np.int64)
    kernels.answer(fds[:0], fds[:0], stop, tally, scratch)
    peers = np.array([endpoint(HOST, int(port)) for port in hear()], np.int64)
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
