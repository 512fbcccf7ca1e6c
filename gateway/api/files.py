"""Recordings as files (Voice API reference)."""

from aiohttp import web

from gateway.api.downloads import Described, send_file
from gateway.api.replies import Reply
from gateway.api.requests import TenantRequest
from gateway.api.rights import Right
from gateway.api.routes import TenantRoute
from gateway.errors import NotFound
from gateway.files.media import etag_of
from gateway.store.recorded import MIME_TYPES, mime_type_of

SENT = Reply(media_types=tuple(MIME_TYPES.values()), also=(206,))


async def read(request: TenantRequest) -> web.StreamResponse:
    """GET and HEAD /v1/files/{id}: a finished recording of the application, whole or in ranges."""
    recording = await request.services.store.recording(request.tenant, request.segment("file_id"))
    if recording is None or recording.end_time is None:
        raise NotFound("File does not exist, or you do not have access.")
    opened = await request.services.files.open(recording.path)
    described = Described(
        name=f"{recording.id}.{recording.format}",
        mime_type=mime_type_of(recording),
        etag=etag_of(recording.id, opened.size),
        sha256=recording.sha256,
    )
    return await send_file(request.http, opened, described)


ROUTES = (
    TenantRoute(
        method="GET",
        path="/v1/files/{file_id}",
        handler=read,
        needs=Right.RECORDING,
        summary="Download a recording",
        reply=SENT,
        refusals=(412, 416),
    ),
)
