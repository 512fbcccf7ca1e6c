"""Saving an audio file from a customer's host, by what it holds and not by what it is called."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import aiohttp

from gateway.errors import Unavailable
from gateway.webhooks.failures import BadContent, TooLarge

MAX_FILE = 50 << 20
"""Octets of an audio file: most of an hour of telephone quality."""
CHUNK = 64 * 1024

AudioKind = Literal["wav", "mp3", "ogg"]


class Fetched(NamedTuple):
    """What a host answered."""

    kind: AudioKind | None
    """None when the file that is known has not changed, and nothing was written."""
    headers: Mapping[str, str]
    """By their names in small letters."""


def audio_kind(head: bytes) -> AudioKind | None:
    """What a file is by its first twelve octets; None when it is no audio that we play."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"OggS":
        return "ogg"
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "mp3"  # a tag, or the sync word of a layer III frame
    return None


async def save(response: aiohttp.ClientResponse, into: Path, limit: int) -> Fetched:
    """Write the body to `into`, whole or not at all. Raises BadContent, TooLarge, Unavailable."""
    if response.status != 200:
        raise BadContent(f"HTTP {response.status}.")
    if (response.content_length or 0) > limit:
        raise TooLarge
    # Next to its place, under a name that nobody else has, so that the last step is one rename.
    partial = Path(tempfile.mkdtemp(prefix=".fetch-", dir=into.parent)) / into.name
    try:
        await _write(response, partial, limit)
        kind = audio_kind(await asyncio.to_thread(_head, partial))
        if kind is None:
            raise BadContent("Not a WAV, MP3 or Ogg file.")
        partial.replace(into)
        return Fetched(kind, headers_of(response))
    finally:
        partial.unlink(missing_ok=True)
        partial.parent.rmdir()


def headers_of(response: aiohttp.ClientResponse) -> dict[str, str]:
    """The headers that came, by their names in small letters; of several alike, all in one."""
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        before = headers.get(name.lower())
        headers[name.lower()] = value if before is None else f"{before}, {value}"
    return headers


async def _write(response: aiohttp.ClientResponse, path: Path, limit: int) -> None:
    size = 0
    file = await asyncio.to_thread(path.open, "wb")
    try:
        async for chunk in response.content.iter_chunked(CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge
            try:
                await asyncio.to_thread(file.write, chunk)
            except OSError as error:
                raise Unavailable("There is no room for the file.") from error
    finally:
        await asyncio.to_thread(file.close)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(12)
