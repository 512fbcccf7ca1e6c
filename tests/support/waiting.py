"""Waiting for something to become true, with a limit that only a fault reaches."""

import asyncio
from collections.abc import Callable

LIMIT_S = 30.0


async def until(
    true: Callable[[], object], what: str = "it", *, every_s: float = 0.005, within_s: float = LIMIT_S
) -> None:
    """Return as soon as it is true; it is asked every so often, seldom where the answer costs much."""
    try:
        async with asyncio.timeout(within_s):
            while not true():  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(every_s)
    except TimeoutError:
        raise AssertionError(f"{what} does not become true") from None
