"""Waiting for something to become true, with a limit that only a fault reaches."""

import asyncio
from collections.abc import Callable

LIMIT_S = 30.0


async def until(true: Callable[[], object], what: str = "it") -> None:
    """Return as soon as it is true."""
    try:
        async with asyncio.timeout(LIMIT_S):
            while not true():  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"{what} does not become true") from None
