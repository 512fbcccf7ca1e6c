"""Audio files of customers' hosts, fetched once and used again for as long as their hosts allow.

A file on disk never changes: a newer one has another name. It stays for as long as somebody uses it, whatever
becomes of its place in the cache. What an earlier run left behind is removed at the start.
"""

import itertools
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.clock import Clock
from gateway.webhooks.egress import Egress
from gateway.webhooks.freshness import Freshness, judge

MAX_OCTETS = 512 << 20
"""Of all kept files: ten of the longest, or hundreds of prompts. The least recently used goes first."""
MAX_FILES = 2000
"""The table of kept files is in memory."""

_Key = tuple[str, str]
"""Application and URL: what one application has fetched is nothing to another."""


@dataclass(slots=True, eq=False)
class _File:
    path: Path
    octets: int
    freshness: Freshness
    users: int = 1
    kept: bool = False


class Downloads:
    """The files, and the cache of them."""

    def __init__(self, egress: Egress, folder: Path, clock: Clock, max_octets: int = MAX_OCTETS) -> None:
        self._egress = egress
        self._folder = folder
        self._clock = clock
        self._max_octets = max_octets
        self._files: OrderedDict[_Key, _File] = OrderedDict()
        self._names = itertools.count(1)
        for left in folder.iterdir():
            if left.is_file():
                left.unlink(missing_ok=True)

    @asynccontextmanager
    async def open(self, application_id: str, url: str) -> AsyncIterator[Path]:
        """The file at a URL, for as long as the context lasts. Raises EgressError and Unavailable."""
        file = await self._current((application_id, url))
        try:
            yield file.path
        finally:
            self._release(file)

    async def _current(self, key: _Key) -> _File:
        """The file as it is now, with one user more."""
        known = self._files.get(key)
        if known is not None:
            known.users += 1
            if self._clock.wall() < known.freshness.until:
                self._files.move_to_end(key)
                return known
        path = self._folder / str(next(self._names))
        try:
            validators = known.freshness.validators if known is not None else {}
            fetched = await self._egress.fetch(key[1], path, known=validators)
        except BaseException:
            if known is not None:
                self._release(known)
            raise
        freshness = judge(fetched.headers, self._clock.wall())
        if known is not None and fetched.kind is None:
            known.freshness = Freshness(
                kept=True,
                until=freshness.until,
                validators=freshness.validators or known.freshness.validators,
            )
            return known
        if known is not None:
            self._release(known)
        file = _File(path, path.stat().st_size, freshness)
        self._keep(key, file)
        return file

    def _keep(self, key: _Key, file: _File) -> None:
        """Put the file in the place of an older one, and make room for it."""
        self._forget(key)
        if file.freshness.kept and file.octets <= self._max_octets:
            file.kept = True
            self._files[key] = file
        octets = sum(each.octets for each in self._files.values())
        while octets > self._max_octets or len(self._files) > MAX_FILES:
            oldest = next(iter(self._files))
            octets -= self._files[oldest].octets
            self._forget(oldest)

    def _forget(self, key: _Key) -> None:
        file = self._files.pop(key, None)
        if file is not None:
            file.kept = False
            self._remove_unused(file)

    def _release(self, file: _File) -> None:
        file.users -= 1
        self._remove_unused(file)

    def _remove_unused(self, file: _File) -> None:
        if not file.users and not file.kept:
            file.path.unlink(missing_ok=True)
