"""`python -m media.worker`: a media worker at the other end of a control channel.

It ends when the gateway goes (end of file on the channel), on Drain and on SIGTERM, each time after its
recordings are complete.
"""

import asyncio
import resource
import signal

import click

from media.engine.engine import Engine
from media.engine.warm import warm
from media.worker.channel import Channel
from media.worker.worker import RECORDINGS_PER_LEG, Worker

MAX_LEGS = 2000
"""More than a core can serve."""
SOCKETS_PER_LEG = 2
OTHER_FILES = 100
"""Files that are being decoded, libraries."""


def _port_range(_context: click.Context, _parameter: click.Parameter, value: str) -> range:
    first, _, last = value.partition("-")
    try:
        ports = range(int(first), int(last) + 1)
    except ValueError:
        raise click.BadParameter("two numbers with a hyphen between them, such as 20000-29999") from None
    if len(ports) < 2 or ports.start < 1 or ports.stop > 65536:
        raise click.BadParameter("at least two ports between 1 and 65535")
    return ports


@click.command()
@click.option("--control-fd", type=int, required=True, help="Inherited end of the control channel.")
@click.option("--host", default="127.0.0.1", show_default=True, help="IPv4 address to bind RTP ports at.")
@click.option("--ports", default="20000-29999", show_default=True, callback=_port_range)
@click.option("--max-legs", type=click.IntRange(1, MAX_LEGS), default=1000, show_default=True)
def main(control_fd: int, host: str, ports: range, max_legs: int) -> None:
    """Run a media worker."""
    recordings = max(int(max_legs * RECORDINGS_PER_LEG), 1)
    _allow_files(SOCKETS_PER_LEG * max_legs + recordings + OTHER_FILES)
    warm()
    engine = Engine(max_legs, max_legs, recordings)
    engine.compile()
    asyncio.run(_serve(engine, control_fd, host, ports))


def _allow_files(wanted: int) -> None:
    """Raise the limit of open files, which is often 1024, to what is needed if the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


async def _serve(engine: Engine, control_fd: int, host: str, ports: range) -> None:
    channel = Channel(control_fd)
    worker = Worker(engine, channel.send, host, ports)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.done.set)
    await channel.open(worker.carry_out, worker.orphan)
    worker.start()
    await worker.done.wait()
    await worker.stop()
    await channel.close()


if __name__ == "__main__":
    main()
