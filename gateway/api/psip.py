"""Domains of the Programmable SIP API: whose calls an application takes."""

from ipaddress import ip_network
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.answers import json_response
from gateway.api.replies import Reply, shown
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.api.validation import invalid
from gateway.clock import iso
from gateway.forms import SIP_DOMAIN
from gateway.store.records import DomainType, Policy, SipDomainRecord

PREFIX = "/v1/psip"
DOMAIN = f"{PREFIX}/{{domain}}"

Name = Annotated[str, Meta(pattern=SIP_DOMAIN, min_length=5, max_length=32)]
Acl = Annotated[list[str], Meta(min_length=1, max_length=16)]


class Domain(msgspec.Struct, frozen=True, kw_only=True):
    """A domain, as it is sent and as it is shown."""

    name: Name
    """One label of a host name; in small letters, since hosts have no case."""
    application_id: str
    acl: Acl
    """Addresses and networks that may call."""
    tls: Policy = "optional"
    srtp: Policy = "optional"
    digest_auth: bool = False
    """Callers need the secret of one of the domain's users besides."""
    domain_type: DomainType = "app"


class Deletion(msgspec.Struct, frozen=True):
    """The query of DELETE."""

    cascade: bool = False
    """With the domain's users."""


async def list_all(request: AccountRequest) -> web.Response:
    """GET /v1/psip."""
    records = await request.services.sip_domains.list_all(request.account)
    return json_response([show(record) for record in records])


async def create(request: AccountRequest) -> web.Response:
    """POST /v1/psip."""
    record = _record(request, await request.body(Domain))
    await request.services.sip_domains.create(record)
    return json_response(show(record), status=201)


async def read(request: AccountRequest) -> web.Response:
    """GET /v1/psip/{domain}."""
    return json_response(show(await request.services.sip_domains.read(request.account, name_of(request))))


async def replace(request: AccountRequest) -> web.Response:
    """PUT /v1/psip/{domain}: its users stay."""
    record = _record(request, await request.body(Domain))
    domains = request.services.sip_domains
    await domains.read(request.account, name_of(request))
    if record.name != name_of(request):
        raise invalid("name", "must be the name in the path: a domain keeps its name")
    return json_response(show(await domains.replace(record)), status=201)


async def delete(request: AccountRequest) -> web.Response:
    """DELETE /v1/psip/{domain}: where it has users, only with `cascade`."""
    cascade = request.query(Deletion).cascade
    await request.services.sip_domains.delete(request.account, name_of(request), cascade=cascade)
    return web.Response()


def name_of(request: AccountRequest) -> str:
    """The domain that the path names."""
    return request.segment("domain").lower()


def show(record: SipDomainRecord) -> Domain:
    """One domain."""
    return Domain(
        name=record.name,
        application_id=record.application_id,
        acl=list(record.acl),
        tls=record.tls,
        srtp=record.srtp,
        digest_auth=record.digest_auth,
        domain_type=record.domain_type,
    )


def _record(request: AccountRequest, wanted: Domain) -> SipDomainRecord:
    for index, entry in enumerate(wanted.acl):
        try:
            ip_network(entry)
        except ValueError:
            raise invalid(f"acl[{index}]", "must be an IP address, or a network as 192.0.2.0/24") from None
    return SipDomainRecord(
        name=wanted.name.lower(),
        account=request.account,
        application_id=wanted.application_id,
        acl=tuple(wanted.acl),
        tls=wanted.tls,
        srtp=wanted.srtp,
        digest_auth=wanted.digest_auth,
        domain_type=wanted.domain_type,
        created=iso(request.services.clock.wall()),
    )


ROUTES = (
    AccountRoute(
        method="GET",
        path=PREFIX,
        handler=list_all,
        summary="List the SIP domains of the account",
        reply=Reply(model=list[Domain]),
        only_basic=True,
    ),
    AccountRoute(
        method="POST",
        path=PREFIX,
        handler=create,
        summary="Create a SIP domain",
        body=Domain,
        reply=Reply(status=201, model=shown(show)),
        refusals=(422, 503),
        only_basic=True,
    ),
    AccountRoute(
        method="GET",
        path=DOMAIN,
        handler=read,
        summary="Retrieve a SIP domain",
        reply=Reply(model=shown(show)),
        refusals=(404,),
        only_basic=True,
    ),
    AccountRoute(
        method="PUT",
        path=DOMAIN,
        handler=replace,
        summary="Replace a SIP domain",
        body=Domain,
        reply=Reply(status=201, model=shown(show)),
        refusals=(404, 422),
        only_basic=True,
    ),
    AccountRoute(
        method="DELETE",
        path=DOMAIN,
        handler=delete,
        summary="Delete a SIP domain",
        query=Deletion,
        reply=Reply(),
        refusals=(404, 409, 422),
        only_basic=True,
    ),
)
