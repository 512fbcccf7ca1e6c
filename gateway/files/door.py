"""The one door to the files that are served: nothing outside the data directory's folders is reached.

What is written appears whole or not at all: it grows under another name and is renamed at the end.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from gateway.errors import Invalid, NotFound, Unavailable
from gateway.private import private_directory

FOLDERS = ("recordings", "media", "reports")
"""Of the data directory: what may be served."""
PARTIAL = ".partial-"
"""What the folders of unfinished files are called at first."""


class TooLarge(Invalid):
    """More octets than are taken."""

    status = 413
    slug = "payload-too-large"
    title = "Payload Too Large."


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A file that is open for reading. Whoever gets it closes it."""

    file: BinaryIO
    size: int
    """Octets."""
    modified: float
    """Wall clock seconds."""


class Files:
    """Opens, receives and removes files of the data directory, by the paths that records have."""

    def __init__(self, root: Path) -> None:
        """`root` is the data directory; a path in a record is within it, or absolute."""
        self._root = root.absolute()
        self.changing = asyncio.Lock()
        """Held by who lets a file come or go together with its record, so that neither is left alone."""

    def prepare(self) -> None:
        """Make the folders, and clear away what a killed process left unfinished."""
        for name in FOLDERS:
            folder = self._root / name
            private_directory(folder)
            for partial in folder.glob(f"{PARTIAL}*"):
                shutil.rmtree(partial, ignore_errors=True)

    async def open(self, path: str) -> Opened:
        """Open a file that a record names. Raises NotFound when it is gone, or was never ours to show."""
        return await asyncio.to_thread(self._open, path)

    async def receive(self, path: str, chunks: AsyncIterator[bytes], limit: int) -> int:
        """Write what comes to `path`, at most `limit` octets; how many came.

        Raises TooLarge, Unavailable when our disk is full, and whatever `chunks` raises: nothing stands at
        `path` then.
        """
        size = 0
        with self.partial(path) as partial:
            file = await asyncio.to_thread(partial.open, "wb")
            try:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge(f"At most {limit} octets are taken.")
                    await asyncio.to_thread(file.write, chunk)
                await asyncio.to_thread(_flush, file)
            finally:
                await asyncio.to_thread(file.close)
        return size

    @contextmanager
    def partial(self, path: str) -> Iterator[Path]:
        """Where to write what is to stand at `path` when the block ends well.

        Raises Unavailable for what the disk refuses.
        """
        target = self._root / path
        try:
            # Next to its place, so that the last step is one rename.
            folder = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=target.parent))
            try:
                yield folder / target.name
                (folder / target.name).replace(target)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError as error:
            raise Unavailable("There is no room for the file.") from error

    async def remove(self, path: str) -> None:
        """Remove a file that a record names; one that is gone, or not ours, is left alone."""
        await asyncio.to_thread(self._remove, path)

    def _open(self, path: str) -> Opened:
        try:
            # Not to wait for a writer, should it be a pipe.
            file = os.fdopen(os.open(self._find(path), os.O_RDONLY | os.O_NONBLOCK), "rb")
        except (OSError, ValueError):
            raise _gone() from None
        found = os.fstat(file.fileno())
        if not S_ISREG(found.st_mode):
            file.close()
            raise _gone()
        return Opened(file=file, size=found.st_size, modified=found.st_mtime)

    def _remove(self, path: str) -> None:
        try:
            self._find(path).unlink()
        except (FileNotFoundError, IsADirectoryError, NotFound, ValueError):
            return
        except OSError as error:
            raise Unavailable("A file cannot be removed.") from error

    def _find(self, path: str) -> Path:
        """Where the file really is, links followed. Raises NotFound outside the folders."""
        if not path:
            raise _gone()
        found = (self._root / path).resolve()
        root = self._root.resolve()
        if not any(found.is_relative_to(root / folder) for folder in FOLDERS):
            raise _gone()
        return found


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _gone() -> NotFound:
    return NotFound("File does not exist, or you do not have access.")
