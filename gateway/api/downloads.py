"""Sending a file: whole, a range of it, or only that nothing changed."""

import asyncio
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable
from urllib.parse import quote

import msgspec
from aiohttp import web

from gateway.api.ranges import Content, Span, Unsatisfiable, http_date, verdict, wanted
from gateway.files.door import Opened

CHUNK = 256 * 1024
"""Octets in memory at once for each download."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What the headers say of a file."""

    name: str
    mime_type: str
    etag: str
    sha256: str = ""
    """In hexadecimal, where it is known; told as Repr-Digest (RFC 9530), also with a range."""
    public: bool = False


async def send_file(
    request: web.Request,
    opened: Opened,
    described: Described,
    before: Callable[[], Awaitable[None]] | None = None,
) -> web.StreamResponse:
    """Answer GET or HEAD with the file, and close it. `before` is awaited when octets of it will be sent."""
    try:
        return await _send(request, opened, described, before)
    finally:
        # At once: a task that is cancelled waits for no thread.
        opened.file.close()


async def _send(
    request: web.Request,
    opened: Opened,
    described: Described,
    before: Callable[[], Awaitable[None]] | None,
) -> web.StreamResponse:
    content = Content(described.etag, int(opened.modified))
    headers = _headers(described, content)
    status = verdict(request.headers, content)
    if status is not None:
        return web.Response(status=status, headers=headers)
    # Ranges mean something to GET alone (RFC 9110 section 14.2).
    is_get = request.method == "GET"
    try:
        span = wanted(request.headers, content, opened.size) if is_get else None
    except Unsatisfiable:
        headers["Content-Range"] = f"bytes */{opened.size}"
        return web.Response(status=416, headers=headers)
    if before is not None and is_get:
        await before()
    response = web.StreamResponse(status=206 if span else 200, headers=headers)
    response.content_type = described.mime_type
    if span:
        response.headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{opened.size}"
    span = span or Span(0, opened.size)
    response.content_length = span.stop - span.start
    await response.prepare(request)
    if is_get:
        await _stream(response, opened, span)
    return response


async def _stream(response: web.StreamResponse, opened: Opened, span: Span) -> None:
    left = span.stop - span.start
    await asyncio.to_thread(opened.file.seek, span.start)
    try:
        while left > 0:
            chunk = await asyncio.to_thread(opened.file.read, min(left, CHUNK))
            if not chunk:
                # It has become shorter: the client sees that octets are missing.
                response.force_close()
                return
            await response.write(chunk)
            left -= len(chunk)
        await response.write_eof()
    except ConnectionError:
        return  # who asked has gone


def _headers(described: Described, content: Content) -> dict[str, str]:
    plain = _UNSAFE.sub("_", described.name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(described.name, safe='')}"
    digest = b64encode(bytes.fromhex(described.sha256)).decode()
    integrity = {"Repr-Digest": f"sha-256=:{digest}:"} if digest else {}
    return {
        **integrity,
        "Accept-Ranges": "bytes",
        "ETag": f'"{content.etag}"',
        "Last-Modified": http_date(content.modified),
        "Content-Disposition": disposition,
        "Cache-Control": "public" if described.public else "private",
        # Uploads are what anybody says that they are: no browser shall take one for a page of ours.
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
