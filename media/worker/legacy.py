"""What a worker does when its gateway has died: it goes on, and hands all it has to the next gateway.

The legs sound as before while nobody asks for anything. The next gateway comes through the door that its
predecessor lent. It is given the memory, the sockets and the orders that stand, and has a worker of its own
go on with them, as after a worker's death.
"""

import asyncio
import os
import socket
from collections.abc import Iterable
from contextlib import suppress

from media.control import Command, encode
from media.control.lending import Loan, Pair, in_loans, lend

PATIENCE_S = 60.0
"""How long legs go on without a gateway: it starts in a few seconds, or somebody has ended it for good."""
HAND_OVER_S = 5.0
"""How long the heir may take to read what it is given."""


async def heir_at(door: socket.socket) -> socket.socket | None:
    """The gateway that comes in time."""
    door.setblocking(False)
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            heir, _ = await asyncio.get_running_loop().sock_accept(door)
            return heir
    return None


def bequeath(heir: socket.socket, memory: int, pairs: dict[str, Pair], orders: Iterable[Command]) -> None:
    """Give the heir all there is. Raises OSError when it does not take it."""
    heir.settimeout(HAND_OVER_S)
    will = os.memfd_create("cordboard-orders", os.MFD_CLOEXEC)
    with os.fdopen(will, "wb") as file:
        file.writelines(encode(command) for command in orders)
        file.flush()
        lend(heir, Loan(memory=True, orders=True), [memory, will])
        for loan, descriptors in in_loans(pairs):
            lend(heir, loan, descriptors)
