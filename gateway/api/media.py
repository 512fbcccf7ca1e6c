"""Files of an account: uploaded, listed, described, downloaded, deleted (Media API)."""

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from gateway.api.answers import instant, json_response, list_of, list_response
from gateway.api.body import parse_json
from gateway.api.downloads import Described, send_file
from gateway.api.multipart import is_form, parts_of, texts_of
from gateway.api.paging import ByPageIndex
from gateway.api.replies import MULTIPART, NOTHING, Reply
from gateway.api.requests import OwnerRequest
from gateway.api.rights import Right
from gateway.api.routes import OwnerRoute
from gateway.api.validation import convert, invalid
from gateway.clock import iso
from gateway.files.media import etag_of
from gateway.forms import MIME_TYPE
from gateway.store.queries import Page, Window
from gateway.store.records import MediaRecord

LISTED_S = 7 * 24 * 3600
"""How far a list goes back when it has no start_time."""

Text = Annotated[str, Meta(max_length=2048)]


class ListMedia(msgspec.Struct, frozen=True):
    """Filters of GET /v3/media."""

    start_time: str | None = None
    end_time: str | None = None


class ChangeMedia(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /v3/media/{id}/info, as a form or as JSON: what is left out stays."""

    public: bool | UnsetType = UNSET
    metadata_primary: Text | UnsetType = UNSET
    metadata_secondary: Text | UnsetType = UNSET
    title: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    mime_type: Annotated[str, Meta(pattern=MIME_TYPE)] | UnsetType = UNSET
    max_downloads_allowed: Annotated[int, Meta(ge=0, le=2**31)] | UnsetType | None = UNSET

    def changes(self) -> dict[str, Any]:
        """The fields of the record that have other values."""
        given = {name: getattr(self, name) for name in self.__struct_fields__}
        given["max_downloads"] = given.pop("max_downloads_allowed")
        return {name: value for name, value in given.items() if value is not UNSET}


class UploadMedia(ChangeMedia, frozen=True, kw_only=True):
    """POST /v3/media, as a form."""

    filedata: bytes
    info: str | UnsetType = UNSET
    """The other fields, as a JSON object."""


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the Media API shows it."""

    id: str
    original_file_name: str
    mime_type: str
    account_id: str
    store_id: str = "local"
    max_downloads_allowed: int | UnsetType = UNSET
    """Unlimited when it is not there."""
    times_downloaded: int
    etag: str
    media_size: int
    time_created: str
    time_last_updated: str
    public: bool
    title: str
    description: str
    metadata_primary: str
    metadata_secondary: str


def show(record: MediaRecord) -> Media:
    """One, and one of a list."""
    return Media(
        id=record.id,
        original_file_name=record.name,
        mime_type=record.mime_type,
        account_id=record.account,
        max_downloads_allowed=UNSET if record.max_downloads is None else record.max_downloads,
        times_downloaded=record.times_downloaded,
        etag=etag_of(record.id, record.size),
        media_size=record.size,
        time_created=record.created,
        time_last_updated=record.updated,
        public=record.public,
        title=record.title,
        description=record.description,
        metadata_primary=record.metadata_primary,
        metadata_secondary=record.metadata_secondary,
    )


async def list_all(request: OwnerRequest) -> web.Response:
    """GET /v3/media."""
    wanted, owner = request.query(ListMedia), request.owner
    week_ago = iso(request.services.clock.wall() - LISTED_S)
    start = instant("start_time", wanted.start_time) or week_ago
    end = instant("end_time", wanted.end_time)

    async def fetch(window: Window) -> Page[MediaRecord]:
        return await request.services.store.media(
            owner.account, window, application_id=owner.application_id, date_start=start, date_end=end
        )

    def show_row(record: MediaRecord) -> dict[str, Any]:
        row: dict[str, Any] = msgspec.to_builtins(show(record))
        return row

    return await list_response(ByPageIndex("media"), list_of(request, fetch, show_row, absolute=False))


async def upload(request: OwnerRequest) -> web.Response:
    """POST /v3/media: a form with the file as `filedata`, and what is said about it."""
    library = request.services.media
    record: MediaRecord | None = None
    texts: dict[str, str] = {}
    try:
        async for part in parts_of(request.http):
            if part.name != "filedata":
                texts[part.name] = await part.text()
                continue
            name = part.file_name or "upload"
            record = await library.receive(request.owner, name, part.mime_type, part.chunks())
        if record is None:
            raise invalid("filedata", "is required")
        saved = await library.save(record, **_described(texts))
    except BaseException:
        if record is not None:
            await library.discard(record)
        raise
    location = f"{request.services.public_url}/v3/media/{saved.id}"
    response = json_response(show(saved), status=201)
    response.headers["Location"] = location
    return response


def _described(texts: dict[str, str]) -> dict[str, Any]:
    """What a form says of a file: in fields of its own, and in `info`."""
    info = texts.pop("info", "")
    said: ChangeMedia = convert(parse_json(info.encode() or b"{}"), ChangeMedia)
    fields: ChangeMedia = convert(texts, ChangeMedia, text=True)
    return said.changes() | fields.changes()


async def read_info(request: OwnerRequest) -> web.Response:
    """GET /v3/media/{id}/info."""
    record = await request.services.media.find(request.owner, request.segment("media_id"))
    return json_response(show(record))


async def change(request: OwnerRequest) -> web.Response:
    """PUT /v3/media/{id}/info."""
    library = request.services.media
    record = await library.find(request.owner, request.segment("media_id"))
    wanted: ChangeMedia
    if is_form(request.http):
        wanted = convert(await texts_of(request.http), ChangeMedia, text=True)
    else:
        wanted = await request.body(ChangeMedia)
    await library.save(record, **wanted.changes())
    return web.Response(status=204)


async def delete(request: OwnerRequest) -> web.Response:
    """DELETE /v3/media/{id}."""
    await request.services.media.delete(request.owner, request.segment("media_id"))
    return web.Response(status=204)


async def download(request: OwnerRequest) -> web.StreamResponse:
    """GET and HEAD /v3/media/{id}: what is public for anybody, the rest for its owner."""
    library = request.services.media
    record, opened = await library.open(request.caller, request.segment("media_id"))
    described = Described(
        name=record.name,
        mime_type=record.mime_type,
        etag=etag_of(record.id, opened.size),
        sha256=record.sha256,
        public=record.public,
    )
    return await send_file(request.http, opened, described, before=lambda: library.count(record))


_SENT = Reply(media_types=("application/octet-stream",), also=(206,))

ROUTES = (
    OwnerRoute(
        method="GET",
        path="/v3/media",
        handler=list_all,
        summary="List files",
        query=ListMedia,
        reply=Reply(model=Media, paging=ByPageIndex("media")),
    ),
    OwnerRoute(
        method="POST",
        path="/v3/media",
        handler=upload,
        summary="Upload a file",
        body=UploadMedia,
        body_type=MULTIPART,
        reply=Reply(status=201, model=Media),
        refusals=(413, 415, 503),
    ),
    OwnerRoute(
        method="GET",
        path="/v3/media/{media_id}/info",
        handler=read_info,
        summary="Retrieve what is known of a file",
        reply=Reply(model=Media),
    ),
    OwnerRoute(
        method="PUT",
        path="/v3/media/{media_id}/info",
        handler=change,
        summary="Describe a file",
        body=ChangeMedia,
        body_type=MULTIPART,
        reply=NOTHING,
        refusals=(415,),
    ),
    OwnerRoute(
        method="DELETE",
        path="/v3/media/{media_id}",
        handler=delete,
        summary="Delete a file",
        reply=NOTHING,
    ),
    OwnerRoute(
        method="GET",
        path="/v3/media/{media_id}",
        handler=download,
        needs=Right.RECORDING,
        summary="Download a file",
        reply=_SENT,
        refusals=(412, 416),
        or_anybody=True,
    ),
)
