"""Events as they happen, as server-sent events: an extension of Cordboard's own.

Each message's data is the v1 event with its `conversation_id`. Facts that have no number are sent too.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
from aiohttp import web

from gateway.api.event_shapes import event as shown
from gateway.api.requests import VersionedRequest
from gateway.api.rights import Right, check
from gateway.api.senders import views_of
from gateway.api.views import EventView
from gateway.conversation.events import MEMBER_LEFT
from gateway.errors import NotFound, Unavailable
from gateway.store.records import EventRecord

KEEP_ALIVE_S = 15.0
"""A comment goes out after so much silence, before proxies and clients give up on the connection."""
MAX_STREAMS = 100
"""Streams at a time: each holds a connection, a task and a buffer of events."""
WRITE_TIMEOUT_S = 30.0
"""How long a client may keep us from writing before it is dropped."""

STREAM = "text/event-stream"
"""The media type of server-sent events."""

STREAMS = web.AppKey("streams", set["asyncio.Task[object]"])
"""The tasks of the streams that are open."""


def wants_stream(request: web.Request) -> bool:
    """Whether the client asks for server-sent events."""
    return STREAM in request.headers.get("Accept", "")


async def follow(request: VersionedRequest, conversation_id: str | None) -> web.StreamResponse:
    """Send the application's events, or one conversation's, until the client or its right goes.

    Raises Unavailable.
    """
    streams = request.http.app[STREAMS]
    if len(streams) >= MAX_STREAMS:
        raise Unavailable("Too many event streams are open.")
    response = web.StreamResponse(
        headers={"Content-Type": STREAM, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a handler runs in a task
    streams.add(task)
    events = request.services.conversations.follow(request.tenant, conversation_id)
    try:
        await _copy(events, response, request)
    finally:
        streams.discard(task)
    return response


async def end_streams(app: web.Application) -> None:
    """End what would never end by itself, so that the server can stop."""
    for task in app[STREAMS]:
        task.cancel()


async def _copy(
    events: AsyncIterator[EventRecord], response: web.StreamResponse, request: VersionedRequest
) -> None:
    # Following starts before the headers go out: who has read them misses nothing that happens afterwards.
    upcoming = asyncio.ensure_future(anext(events, None))
    try:
        await asyncio.sleep(0)
        await response.prepare(request.http)
        await _write(response, b": following\n\n")
        while True:
            done, _ = await asyncio.wait({upcoming}, timeout=_patience(request))
            if not await _token_counts(request):
                return
            record = upcoming.result() if done else None
            if record is not None:
                (view,) = await views_of(request, [record])
                await _write(response, _message(request.root, view))
                upcoming = asyncio.ensure_future(anext(events, None))
            elif done:
                return
            else:
                await _write(response, b": still here\n\n")
            # Their own leaving is the last that they are told, whatever has happened since.
            if (record is None or record.type == MEMBER_LEFT) and not await _is_member(request):
                return
    except (TimeoutError, ConnectionError, Unavailable):
        # Who reads too slowly, or is gone, is let go; the list has what was missed.
        return
    finally:
        await _close(upcoming, events)


def _patience(request: VersionedRequest) -> float:
    """Seconds until the client has to hear something, or the token expires."""
    return max(0.0, min(KEEP_ALIVE_S, request.caller.expires - request.services.clock.wall()))


async def _token_counts(request: VersionedRequest) -> bool:
    """Whether the token that the stream was opened with would open it now."""
    caller = request.caller
    application = await request.services.store.application(request.tenant)
    is_signed = application is not None and application.public_key == caller.application.public_key
    return is_signed and request.services.clock.wall() < caller.expires


async def _is_member(request: VersionedRequest) -> bool:
    """Whether the user of the token still is one; admins need not be."""
    try:
        await check(Right.MEMBER, request)
    except NotFound:
        return False
    return True


async def _close(upcoming: "asyncio.Future[EventRecord | None]", events: AsyncIterator[EventRecord]) -> None:
    upcoming.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await upcoming
    close = getattr(events, "aclose", None)
    if close is not None:
        await close()


async def _write(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(WRITE_TIMEOUT_S):
        await response.write(data)


def _message(root: str, view: EventView) -> bytes:
    event = {"conversation_id": view.record.conversation_id, **msgspec.to_builtins(shown(root, view))}
    number = b"" if view.record.id is None else b"id: %d\n" % view.record.id
    return number + b"data: " + msgspec.json.encode(event) + b"\n\n"
