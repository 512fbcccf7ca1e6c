"""The files of an account: uploaded, described, downloaded so many times, deleted (Media API)."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from gateway.clock import Clock, iso
from gateway.errors import NotFound
from gateway.files.door import Files, Opened
from gateway.files.forgetting import forget_media
from gateway.ids import Ids
from gateway.store.base import Store
from gateway.store.records import MediaRecord

MAX_UPLOAD = 50 << 20
"""Octets of a file: what is larger could not be played either."""


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: an account with its credentials, or one of its applications with a token."""

    account: str
    application_id: str | None = None

    def sees(self, record: MediaRecord) -> bool:
        """Whether the file is theirs: an account's are all of its own, an application's only its own."""
        return record.account == self.account and self.application_id in (None, record.application_id)


class MediaLibrary:
    """Keeps the files of all accounts."""

    def __init__(self, store: Store, files: Files, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._files = files
        self._clock = clock
        self._ids = ids
        self._counting = asyncio.Lock()

    async def receive(
        self, owner: Owner, name: str, mime_type: str, chunks: AsyncIterator[bytes]
    ) -> MediaRecord:
        """Write an upload to the disk; its record, which `save` or `discard` has to follow.

        Raises TooLarge and Unavailable.
        """
        id_ = self._ids.uuid()
        path = f"media/{id_}"
        size = await self._files.receive(path, chunks, MAX_UPLOAD)
        now = iso(self._clock.wall())
        return MediaRecord(
            id=id_,
            account=owner.account,
            application_id=owner.application_id,
            path=path,
            name=name,
            mime_type=mime_type,
            size=size,
            created=now,
            updated=now,
        )

    async def save(self, record: MediaRecord, **changes: Any) -> MediaRecord:  # noqa: ANN401 - fields of many types
        """Write a record, with other values for these fields."""
        now = iso(self._clock.wall())
        async with self._counting:
            # What was counted meanwhile stays counted.
            kept = await self._store.medium(record.id)
            times = record.times_downloaded if kept is None else kept.times_downloaded
            changed = msgspec.structs.replace(record, **changes, updated=now, times_downloaded=times)
            await self._store.save_media(changed)
        return changed

    async def discard(self, record: MediaRecord) -> None:
        """Let go of an upload that is not to be kept."""
        await self._files.remove(record.path)

    async def find(self, owner: Owner, media_id: str) -> MediaRecord:
        """One of the owner's files. Raises NotFound."""
        record = await self._store.medium(media_id)
        if record is None or not owner.sees(record):
            raise _absent()
        return record

    async def open(self, owner: Owner | None, media_id: str) -> tuple[MediaRecord, Opened]:
        """A file to read; without an owner only what is public. Raises NotFound."""
        record = await self._store.medium(media_id)
        if record is None or not (record.public or (owner is not None and owner.sees(record))):
            raise _absent()
        return record, await self._files.open(record.path)

    async def count(self, record: MediaRecord) -> None:
        """Count a download. Raises NotFound when there were as many as there may be."""
        async with self._counting:
            kept = await self._store.medium(record.id)
            if kept is None or (
                kept.max_downloads is not None and kept.times_downloaded >= kept.max_downloads
            ):
                raise _absent()
            await self._store.save_media(
                msgspec.structs.replace(kept, times_downloaded=kept.times_downloaded + 1)
            )

    async def delete(self, owner: Owner, media_id: str) -> None:
        """Remove a file and its record. Raises NotFound."""
        await forget_media(self._store, self._files, await self.find(owner, media_id))


def etag_of(file_id: str, size: int) -> str:
    """What tells the content apart: files never change once they are whole."""
    return hashlib.sha256(f"{file_id}:{size}".encode()).hexdigest()[:32]


def _absent() -> NotFound:
    return NotFound("Media does not exist, or you do not have access.")
