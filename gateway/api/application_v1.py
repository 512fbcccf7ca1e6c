"""Applications as the Application API v1 has them: one product each, its URLs beside the name."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.api.fields import Method, Url
from gateway.api.links import Link
from gateway.api.validation import invalid
from gateway.store.records import ApplicationRecord

Product = Literal["voice", "messages", "rtc"]

URLS: dict[Product, dict[str, Method]] = {
    "voice": {"answer_url": "GET", "event_url": "POST"},
    "messages": {"inbound_url": "POST", "status_url": "POST"},
    "rtc": {"event_url": "POST"},
}
"""The URLs of each product, and how each is asked when nothing is said."""
NEEDED: dict[Product, tuple[str, ...]] = {
    "voice": ("event_url",),
    "messages": ("inbound_url", "status_url"),
    "rtc": ("event_url",),
}


class WriteApplication(msgspec.Struct, frozen=True, kw_only=True):
    """POST and PUT, as JSON, as a form or in the query."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    type: Product
    answer_url: Url | None = None
    answer_method: Method | None = None
    event_url: Url | None = None
    event_method: Method | None = None
    inbound_url: Url | None = None
    inbound_method: Method | None = None
    status_url: Url | None = None
    status_method: Method | None = None
    public_key: str | None = None

    def capabilities_after(self, before: dict[str, Any]) -> dict[str, Any]:
        """The capabilities that this makes of those before. Raises Invalid for a URL that is needed."""
        for name in NEEDED[self.type]:
            if getattr(self, name) is None:
                raise invalid(name, "is required")
        product = before.get(self.type) or {"signed_callbacks": False}
        webhooks = dict(product.get("webhooks") or {})
        for name, method in URLS[self.type].items():
            webhooks.pop(name, None)
            if address := getattr(self, name):
                asked = getattr(self, name.replace("_url", "_method")) or method
                webhooks[name] = {"address": address, "http_method": asked}
        return {**before, self.type: {**product, "webhooks": webhooks}}

    def privacy_after(self, before: dict[str, Any]) -> dict[str, Any]:
        """This version says nothing about it."""
        return before


class WebhookOfV1(msgspec.Struct, frozen=True):
    """One URL."""

    endpoint_type: str
    endpoint: str
    http_method: str


class ProductOfV1(msgspec.Struct, frozen=True):
    """The URLs of a product; none when the application does not use it."""

    webhooks: list[WebhookOfV1]


class KeysOfV1(msgspec.Struct, frozen=True):
    """The private key is shown only when it has just been made."""

    public_key: str
    private_key: str | UnsetType = UNSET


class LinksOfV1(msgspec.Struct, frozen=True, rename={"self_": "self"}):
    """The description has a bare link, samples have one by name: both are here."""

    href: str
    self_: Link


class ApplicationRowOfV1(msgspec.Struct, frozen=True, kw_only=True):
    """One of a list."""

    id: str
    name: str
    voice: ProductOfV1
    messages: ProductOfV1
    rtc: ProductOfV1
    links: LinksOfV1 = msgspec.field(name="_links")


class ApplicationOfV1(ApplicationRowOfV1, frozen=True, kw_only=True):
    """One, and the answer to POST and PUT."""

    keys: KeysOfV1


def show_row(record: ApplicationRecord) -> ApplicationRowOfV1:
    """One of a list, without its key."""
    href = f"/v1/applications/{record.id}"
    return ApplicationRowOfV1(
        id=record.id,
        name=record.name,
        voice=_product(record, "voice"),
        messages=_product(record, "messages"),
        rtc=_product(record, "rtc"),
        links=LinksOfV1(href, Link(href)),
    )


def show(record: ApplicationRecord, private_key: str | None = None) -> ApplicationOfV1:
    """One."""
    keys = KeysOfV1(record.public_key, UNSET if private_key is None else private_key)
    return ApplicationOfV1(**msgspec.structs.asdict(show_row(record)), keys=keys)


def _product(record: ApplicationRecord, name: Product) -> ProductOfV1:
    webhooks = (record.capabilities.get(name) or {}).get("webhooks") or {}
    return ProductOfV1(
        [
            WebhookOfV1(kind, webhook["address"], webhook.get("http_method") or URLS[name].get(kind, "GET"))
            for kind, webhook in webhooks.items()
            if webhook and webhook.get("address")
        ]
    )
