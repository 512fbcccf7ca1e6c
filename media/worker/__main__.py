"""`python -m media.worker`: a media worker at the other end of a control channel.

It waits for Serve. It ends when the gateway goes (end of file on the channel), on Drain and on SIGTERM, each
time after its recordings are complete.
"""

import asyncio
import signal
import socket

import click

from media.control.lending import SOCKETS_PER_LEG, allow_files
from media.engine.warm import load
from media.worker.channel import Channel
from media.worker.forge import forge
from media.worker.ledger import Size, size_for
from media.worker.sockets import Loans
from media.worker.spare import Spare

MAX_LEGS = 10_000
"""More than a core can serve: all those of the gateway, who may come together at one worker."""
OTHER_FILES = 100
"""Files that are being decoded, libraries."""


@click.command()
@click.option("--control-fd", type=int, help="Inherited end of the control channel.")
@click.option("--lending-fd", type=int, help="Inherited end of the lending channel.")
@click.option("--forge-fd", type=int, help="Inherited channel; instead of the others: fork workers.")
@click.option("--max-legs", type=click.IntRange(1, MAX_LEGS), default=1000, show_default=True)
def main(control_fd: int | None, lending_fd: int | None, forge_fd: int | None, max_legs: int) -> None:
    """Run a media worker, or the process that forks them."""
    size = size_for(max_legs)
    allow_files(SOCKETS_PER_LEG * max_legs + size.recordings + OTHER_FILES)
    load()

    def work(control: int, lending: int) -> None:
        asyncio.run(_serve(size, control, Loans(lending)))

    if forge_fd is not None:
        with socket.socket(fileno=forge_fd) as channel:
            forge(channel, work)
    elif control_fd is not None and lending_fd is not None:
        work(control_fd, lending_fd)
    else:
        raise click.UsageError("--forge-fd is needed, or --control-fd and --lending-fd")


async def _serve(size: Size, control_fd: int, loans: Loans) -> None:
    channel = Channel(control_fd)
    spare = Spare(size, loans, channel.send)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, spare.done.set)
    await channel.open(spare.carry_out, spare.orphan)
    spare.start()
    await spare.done.wait()
    await spare.stop()
    await channel.close()


if __name__ == "__main__":
    main()
