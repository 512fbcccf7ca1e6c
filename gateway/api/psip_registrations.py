"""Who of a programmable SIP domain is registered, and where: not in the published API."""

from collections.abc import Sequence

import msgspec
from aiohttp import web

from gateway.api.answers import json_response
from gateway.api.psip import DOMAIN, name_of
from gateway.api.replies import Reply
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.clock import iso
from gateway.store.records import SipContact


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a user is called."""

    uri: str
    transport: str
    address: str
    """Host and port that the registration came from."""
    user_agent: str
    expires: str
    """When it ends, unless it is refreshed."""


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """A user who is registered."""

    key: str
    contacts: list[Contact]


async def list_all(request: AccountRequest) -> web.Response:
    """GET /v1/psip/{domain}/registrations."""
    found = await request.services.sip_domains.registrations(request.account, name_of(request))
    return json_response([show(key, contacts) for key, contacts in found.items()])


def show(key: str, contacts: Sequence[SipContact]) -> Registration:
    """One user."""
    return Registration(key=key, contacts=[_contact(contact) for contact in contacts])


def _contact(contact: SipContact) -> Contact:
    host, port = contact.remote
    return Contact(
        uri=contact.uri,
        transport=contact.transport,
        address=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        user_agent=contact.user_agent,
        expires=iso(contact.expires),
    )


ROUTES = (
    AccountRoute(
        method="GET",
        path=f"{DOMAIN}/registrations",
        handler=list_all,
        summary="List who is registered in a SIP domain",
        reply=Reply(model=list[Registration]),
        refusals=(404,),
        only_basic=True,
    ),
)
