"""Many packets that no key fits, to a leg with SRTP: what they cost, and whether the call goes on.

They come from a stranger, and then from the very address of the peer, as only a forger's do. The media worker
is measured alone, on the served CPU.
"""

import asyncio
import os
import time
from contextlib import AsyncExitStack
from pathlib import Path
from socket import socket

from media.control import SdesKeys
from tests.bench.effort import Effort
from tests.bench.machine import BENCH_CPU, SERVED_CPU, pinned
from tests.bench.report import Aim, Figure, Yardstick
from tests.support.media_exchange import exchange_of, hears
from tests.support.media_worker import MediaWorker
from tests.support.soft_phone import SoftPhone

PACKETS, FEWEST = 300_000, 50_000
RATE_PER_S = 20_000
BATCH = 100
PEACE_S = 3.0
MOST_CPU = 0.20
"""Of a core: what is promised."""
GARBAGE = b"\x80\x00" + bytes(180)
SUITE = "AES_CM_128_HMAC_SHA1_80"
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def measure(effort: Effort) -> list[Figure]:
    """The worker's CPU under each kind of garbage; whoever hears something else than the peer is an error."""
    packets = max(FEWEST, effort.count(PACKETS))
    with pinned(BENCH_CPU):
        return asyncio.run(_measure(effort, packets))


async def _measure(effort: Effort, packets: int) -> list[Figure]:
    async with AsyncExitStack() as stack:
        with pinned(SERVED_CPU):
            worker = await stack.enter_async_context(MediaWorker("--max-legs", "8"))
        exchange = await stack.enter_async_context(exchange_of(worker))
        secret = SdesKeys(suite=SUITE, key=os.urandom(30), peer_suite=SUITE, peer_key=os.urandom(30))
        phone, other = (
            await exchange.call("a", "PCMU", 440, secret),
            await exchange.call("b", "PCMU", 700),
        )
        await asyncio.gather(hears(phone, 700), hears(other, 440))
        stranger = await stack.enter_async_context(SoftPhone("PCMU", 0))
        before, begun = _cpu_s(worker), time.monotonic()
        await asyncio.sleep(PEACE_S)
        peace = (_cpu_s(worker) - before) / (time.monotonic() - begun)
        figures = []
        for name, sender in (("a stranger", stranger), ("a forger", phone)):
            effort.tell(f"{packets:,} packets of garbage from {name}")
            before, begun = _cpu_s(worker), time.monotonic()
            await asyncio.to_thread(_send, sender, exchange.ports["a"], packets)
            share = (_cpu_s(worker) - before) / (time.monotonic() - begun)
            for one in (phone, other):
                # A telephone keeps so many packets, and listens for those behind them.
                one.packets.clear()
            await asyncio.gather(hears(phone, 700), hears(other, 440))
            figures.append(
                Figure(
                    f"CPU of a worker under SRTP garbage from {name}",
                    "of a core",
                    (share,),
                    Yardstick("in peace", (peace,)),
                    Aim(at_most=MOST_CPU, of="value"),
                )
            )
        return figures


def _send(sender: SoftPhone, port: int, packets: int) -> None:
    """Send garbage at RATE_PER_S, from the address of this telephone."""
    with socket(fileno=os.dup(sender.fileno())) as out:
        begun = time.monotonic()
        for sent in range(0, packets, BATCH):
            for _ in range(BATCH):
                out.sendto(GARBAGE, ("127.0.0.1", port))
            time.sleep(max(0.0, begun + sent / RATE_PER_S - time.monotonic()))


def _cpu_s(worker: MediaWorker) -> float:
    """CPU seconds that the worker has used."""
    fields = Path(f"/proc/{worker.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S
