"""Recordings as files (Voice API reference)."""

import asyncio
from pathlib import Path

from aiohttp import web

from gateway.api.replies import Reply
from gateway.api.requests import TenantRequest
from gateway.api.routes import TenantRoute
from gateway.errors import NotFound

MEDIA_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg", "ogg": "audio/ogg"}


async def read(request: TenantRequest) -> web.StreamResponse:
    """GET /v1/files/{id}: a finished recording of the application, whole or in ranges."""
    recording = await request.services.store.recording(request.tenant, request.segment("file_id"))
    if recording is None or recording.end_time is None:
        raise NotFound("File does not exist, or you do not have access.")
    path: Path = request.services.data_directory / recording.path
    if not await asyncio.to_thread(path.is_file):
        raise NotFound("File does not exist, or you do not have access.")
    media_type = MEDIA_TYPES.get(recording.format, "application/octet-stream")
    return web.FileResponse(path, headers={"Content-Type": media_type, "Cache-Control": "private"})


ROUTES = (
    TenantRoute(
        method="GET",
        path="/v1/files/{file_id}",
        handler=read,
        summary="Download a recording",
        reply=Reply(model=bytes, media_types=tuple(MEDIA_TYPES.values()), also=(206,)),
        refusals=(416,),
    ),
)
