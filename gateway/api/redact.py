"""Redaction of one call (Redact API)."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.replies import NOTHING
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.errors import Forbidden, Invalid

PRODUCTS = frozenset({"sms", "voice", "number-insight", "verify", "verify-sdk", "messages"})


class RedactTransaction(msgspec.Struct, frozen=True):
    """POST /v1/redact/transaction."""

    id: Annotated[str, Meta(min_length=1, max_length=100)]
    product: str
    """`voice`; the other products are none of ours."""
    type: Literal["inbound", "outbound"] = "outbound"
    """It matters for messages alone."""


class InvalidProduct(Invalid):
    """A product that nobody has."""

    status = 422
    slug = "invalid-product"
    title = "Invalid Product"


class Unprovisioned(Forbidden):
    """A product of the published service that is not served here."""

    slug = "unprovisioned"
    title = "Authorisation error"


async def redact(request: AccountRequest) -> web.Response:
    """POST /v1/redact/transaction: who called whom is forgotten, and what was recorded of it."""
    wanted = await request.body(RedactTransaction)
    if wanted.product not in PRODUCTS:
        raise InvalidProduct(f"No product corresponding to supplied string {wanted.product[:100]}!")
    if wanted.product != "voice":
        raise Unprovisioned(f"User={request.account} is not provisioned to redact product={wanted.product}")
    await request.services.redaction.redact_call(request.account, wanted.id)
    return web.Response(status=204)


ROUTES = (
    AccountRoute(
        method="POST",
        path="/v1/redact/transaction",
        handler=redact,
        only_basic=True,
        summary="Redact a call",
        body=RedactTransaction,
        reply=NOTHING,
        refusals=(403, 404, 415, 422),
    ),
)
