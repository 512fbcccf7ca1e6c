"""Records that nearly every request wants, kept in memory and never older than the last write of them."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

R = TypeVar("R")

MAX_KEPT = 1000
"""Records, a few KiB each. Those that were not wanted for longest go first."""


class Kept(Generic[R]):
    """What `read` found, by key. What was not found is not kept: anybody can ask for what is not there."""

    def __init__(self, read: Callable[[str], Awaitable[R | None]]) -> None:
        self._read = read
        self._found: OrderedDict[str, R] = OrderedDict()
        self._writes = 0
        """How many writes have begun or ended: what was read across one of them may be old."""

    async def get(self, key: str) -> R | None:
        """The record, from memory where it is there."""
        found = self._found.get(key)
        if found is not None:
            self._found.move_to_end(key)
            return found
        before = self._writes
        found = await self._read(key)
        if found is not None and before == self._writes:
            self._found[key] = found
            if len(self._found) > MAX_KEPT:
                self._found.popitem(last=False)
        return found

    @asynccontextmanager
    async def changing(self, key: str) -> AsyncIterator[None]:
        """Around the write of a record: it is read anew afterwards, also when the write failed."""
        self._forget(key)
        try:
            yield
        finally:
            self._forget(key)

    def _forget(self, key: str) -> None:
        self._writes += 1
        self._found.pop(key, None)
