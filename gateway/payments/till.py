"""The till: charges that run, beside the legs that they are for.

A caller may hang up while the bank thinks. The charge goes on then, and whoever asked is told all the same.
"""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.errors import Unavailable
from gateway.payments.processor import TIMEOUT_S, NotCharged, Payment, Processor, Status

MAX_CHARGES = 100
"""Charges at once: a processor that does not answer must not fill the memory with cards."""
CLOSE_DEADLINE_S = TIMEOUT_S + 5.0
"""How long the end of the gateway waits for charges: longer than each may last."""

Told = Callable[[Status, str], Awaitable[None]]
"""Is told how a charge went, and why nobody knows that, if nobody does."""


class Till:
    """Has cards charged."""

    def __init__(self, processor: Processor | None = None) -> None:
        """Without a processor no card is charged."""
        self._processor = processor
        self._running: set[asyncio.Task[None]] = set()

    @property
    def is_open(self) -> bool:
        """Whether anything can be charged at all."""
        return self._processor is not None

    def charge(self, payment: Payment, told: Told) -> None:
        """Charge, beside everything else. Raises Unavailable when it cannot even be tried."""
        if self._processor is None:
            raise Unavailable("no payment processor is configured")
        if len(self._running) >= MAX_CHARGES:
            raise Unavailable(f"{MAX_CHARGES} charges are running")
        task = asyncio.create_task(_charge(self._processor, payment, told), name=f"charge {payment.id}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Wait until the charges that run are told of."""
        if self._running:
            await asyncio.wait(self._running, timeout=CLOSE_DEADLINE_S)
        if self._processor is not None:
            await self._processor.close()


async def _charge(processor: Processor, payment: Payment, told: Told) -> None:
    try:
        status = await processor.charge(payment)
    except NotCharged as error:
        await told("failure", error.detail)
    else:
        await told(status, "")
