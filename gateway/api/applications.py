"""Applications of an account (Application API v2)."""

import asyncio
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.answers import list_of, list_response
from gateway.api.body import read_json
from gateway.api.fields import Method, Url
from gateway.api.keys import load_public_key, make_key_pair
from gateway.api.paging import ByPageNumber
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.api.validation import convert, invalid
from gateway.clock import iso
from gateway.errors import NotFound
from gateway.store.base import Page, Window
from gateway.store.records import ApplicationRecord


class WebhookUrl(msgspec.Struct, frozen=True, kw_only=True):
    """Where a webhook goes, and how long it may take in milliseconds (Voice API, webhook reference)."""

    address: Url
    http_method: Method | None = None
    connect_timeout: Annotated[int, Meta(ge=300, le=1000)] | None = None
    connection_timeout: Annotated[int, Meta(ge=300, le=1000)] | None = None
    socket_timeout: Annotated[int, Meta(ge=1000, le=10_000)] | None = None


class VoiceWebhooks(msgspec.Struct, frozen=True):
    """The URLs of a voice application."""

    answer_url: WebhookUrl | None = None
    fallback_answer_url: WebhookUrl | None = None
    event_url: WebhookUrl | None = None


class Voice(msgspec.Struct, frozen=True):
    """`capabilities.voice`."""

    webhooks: VoiceWebhooks | None = None
    signed_callbacks: bool | None = None
    conversations_ttl: Annotated[int, Meta(ge=0, le=9000)] | None = None
    leg_persistence_time: Annotated[int, Meta(ge=1, le=31)] | None = None
    region: str | None = None


class RtcWebhooks(msgspec.Struct, frozen=True):
    """The URL of an application that follows its conversations."""

    event_url: WebhookUrl | None = None


class Rtc(msgspec.Struct, frozen=True):
    """`capabilities.rtc`."""

    webhooks: RtcWebhooks | None = None
    signed_callbacks: bool | None = None


class Capabilities(msgspec.Struct, frozen=True):
    """`capabilities`: what this gateway acts on; others are kept and shown as they came."""

    voice: Voice | None = None
    rtc: Rtc | None = None


class KnownCapabilities(msgspec.Struct, frozen=True):
    """The body of a POST or PUT, as far as its capabilities are checked."""

    capabilities: Capabilities | None = None


class Keys(msgspec.Struct, frozen=True):
    """`keys`."""

    public_key: str | None = None


class WriteApplication(msgspec.Struct, frozen=True, kw_only=True):
    """POST and PUT of an application."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    keys: Keys | None = None
    capabilities: dict[str, Any] | None = None
    privacy: dict[str, Any] | None = None

    def public_key(self) -> str | None:
        """The key that was sent. Raises Invalid when it is not a sound RSA key."""
        pem = self.keys.public_key if self.keys else None
        if not pem:
            return None
        try:
            load_public_key(pem)
        except ValueError as error:
            raise invalid("keys.public_key", str(error)) from None
        return pem


async def create(request: AccountRequest) -> web.Response:
    """POST: with a new key pair when no public key is sent; the private key is shown this once."""
    wanted = await _body(request)
    public_key, private_key = await _keys(wanted)
    record = ApplicationRecord(
        id=request.services.ids.uuid(),
        account=request.account,
        name=wanted.name,
        public_key=public_key,
        capabilities=wanted.capabilities or {},
        privacy=wanted.privacy or {"improve_ai": True},
        created=iso(request.services.clock.wall()),
    )
    await request.services.store.save_application(record)
    return web.json_response(show_application(record, private_key), status=201)


async def list_all(request: AccountRequest) -> web.Response:
    """GET: the account's applications."""

    async def fetch(window: Window) -> Page[ApplicationRecord]:
        return await request.services.store.applications(request.account, window)

    return await list_response(
        ByPageNumber("applications"), list_of(request, fetch, show_application, absolute=False)
    )


async def read(request: AccountRequest) -> web.Response:
    """GET one."""
    return web.json_response(show_application(await _application(request)))


async def replace(request: AccountRequest) -> web.Response:
    """PUT: everything is replaced, but the key stays when none is sent."""
    old = await _application(request)
    wanted = await _body(request)
    record = msgspec.structs.replace(
        old,
        name=wanted.name,
        public_key=wanted.public_key() or old.public_key,
        capabilities=wanted.capabilities or {},
        privacy=wanted.privacy or old.privacy,
    )
    await request.services.store.save_application(record)
    return web.json_response(show_application(record))


async def delete(request: AccountRequest) -> web.Response:
    """DELETE: its numbers are unlinked."""
    record = await _application(request)
    await request.services.store.delete_application(record.id)
    return web.Response(status=204)


async def _keys(wanted: WriteApplication) -> tuple[str, str | None]:
    """The public key, and the private one where a pair had to be made."""
    sent = wanted.public_key()
    if sent is not None:
        return sent, None
    private_key, public_key = await asyncio.to_thread(make_key_pair)
    return public_key, private_key


async def _body(request: AccountRequest) -> WriteApplication:
    body = await read_json(request.http)
    convert(body, KnownCapabilities)
    return convert(body, WriteApplication)


async def _application(request: AccountRequest) -> ApplicationRecord:
    application_id = request.segment("application_id")
    record = await request.services.store.application(application_id)
    if record is None or record.account != request.account:
        raise NotFound(f"ID '{application_id}' does not exist, or you do not have access")
    return record


def show_application(record: ApplicationRecord, private_key: str | None = None) -> dict[str, Any]:
    """An application; the private key only where it has just been made."""
    keys = {"public_key": record.public_key}
    return {
        "id": record.id,
        "name": record.name,
        "keys": keys if private_key is None else {**keys, "private_key": private_key},
        "privacy": record.privacy,
        "capabilities": record.capabilities,
        "_links": {"self": {"href": f"/v2/applications/{record.id}"}},
    }


ROUTES = (
    AccountRoute(
        method="POST",
        path="/v2/applications",
        handler=create,
        summary="Create an application",
        body=WriteApplication,
        only_basic=True,
    ),
    AccountRoute(
        method="GET",
        path="/v2/applications",
        handler=list_all,
        summary="List applications",
        only_basic=True,
    ),
    AccountRoute(
        method="GET",
        path="/v2/applications/{application_id}",
        handler=read,
        summary="Retrieve an application",
        only_basic=True,
    ),
    AccountRoute(
        method="PUT",
        path="/v2/applications/{application_id}",
        handler=replace,
        summary="Replace an application",
        body=WriteApplication,
        only_basic=True,
    ),
    AccountRoute(
        method="DELETE",
        path="/v2/applications/{application_id}",
        handler=delete,
        summary="Delete an application",
        only_basic=True,
    ),
)
