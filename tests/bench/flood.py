"""A flood of INVITEs from one source on loopback: whether calls are set up meanwhile, and what it costs.

The yardstick is the same calls in peace, before. The sender is a process of its own, on the bench's CPU.
"""

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from tests.bench.caller import Caller, Outcome
from tests.bench.effort import Effort
from tests.bench.machine import BENCH_CPU, SERVED_CPU, pinned
from tests.bench.report import Aim, Figure, Yardstick
from tests.support.gateway import RunningGateway
from tests.support.sip_script import Says
from tests.support.webhook_app import WebhookApp

RATE_PER_S = 20_000
FLOOD_S = 8
"""Longer than the three seconds after which the source is banned."""
CALLS_PER_S, CALLS = 1.0, 6
MOST_MIB = 50.0

SENDER = """
import socket, sys, time
port, rate, seconds, message = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4].encode()
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.bind(("127.0.0.66", 0))
start, sent = time.monotonic(), 0
while (passed := time.monotonic() - start) < seconds:
    while sent < passed * rate:
        out.sendto(message, ("127.0.0.1", port))
        sent += 1
    time.sleep(0.001)
print(sent)
"""


def measure(effort: Effort) -> list[Figure]:
    """Calls set up and lost during the flood, and the memory that it takes."""
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory, pinned(BENCH_CPU):
        return asyncio.run(_measure(effort, Path(directory)))


async def _measure(effort: Effort, directory: Path) -> list[Figure]:
    async with WebhookApp() as webhooks, AsyncExitStack() as stack:
        with pinned(SERVED_CPU):
            gateway = await stack.enter_async_context(RunningGateway(directory))
        webhooks.answer({"action": "conversation", "name": "bench"})
        number = await gateway.number_for(await gateway.application(webhooks))
        caller = await Caller.open(gateway.sip_port, number)
        stack.callback(caller.close)
        effort.tell("calls in peace")
        peace = await caller.call(CALLS_PER_S, CALLS)
        before = _resident_mib(gateway.pid)
        effort.tell("calls through a flood")
        sent, war = await asyncio.gather(_flood(gateway.sip_port), caller.call(CALLS_PER_S, CALLS))
        grown = _resident_mib(gateway.pid) - before
    return _figures(sent, grown, peace, war)


def _figures(sent: int, grown: float, peace: Outcome, war: Outcome) -> list[Figure]:
    of_peace = Yardstick("in peace", (peace.median_set_up_s * 1000,))
    return [
        Figure("Datagrams of the flood", "per s", (sent / FLOOD_S,)),
        Figure("Calls without retransmission that a flood costs", "", (war.lost,)),
        Figure("INVITE to 200 through a flood", "ms", (war.median_set_up_s * 1000,), of_peace),
        Figure("Memory that a flood takes", "MiB", (grown,), aim=Aim(at_most=MOST_MIB, of="value")),
    ]


async def _flood(port: int) -> int:
    message = bytes(Says(uri="sip:42@127.0.0.1")).decode()
    words = (str(port), str(RATE_PER_S), str(FLOOD_S), message)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SENDER, *words, stdout=asyncio.subprocess.PIPE
    )
    return int((await process.communicate())[0])


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
