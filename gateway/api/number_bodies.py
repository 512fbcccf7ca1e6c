"""What the Numbers API is told and shows."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.api.cursors import MAX_OFFSET
from gateway.api.fields import Url
from gateway.api.validation import convert, invalid
from gateway.forms import COUNTRY, FEATURE_LIST, MSISDN, NUMBER_PATTERN
from gateway.routing.forwarding import read_forwarding
from gateway.store.queries import MAX_PAGE
from gateway.store.records import NumberRecord, PoolNumber

Country = Annotated[str, Meta(pattern=COUNTRY)]
Msisdn = Annotated[str, Meta(pattern=MSISDN)]
Pattern = Annotated[str, Meta(pattern=NUMBER_PATTERN)]
"""One with a star says itself where it stands; for others `search_pattern` does."""
Size = Annotated[int, Meta(ge=1, le=MAX_PAGE)]
Index = Annotated[int, Meta(ge=1, le=MAX_OFFSET // MAX_PAGE)]
Where = Literal[0, 1, 2]
"""0: the pattern stands at the start, 1: anywhere, 2: at the end."""
NumberType = Literal["landline", "landline-toll-free", "mobile-lvn"]
Features = Annotated[str, Meta(pattern=FEATURE_LIST)]


class ListNumbers(msgspec.Struct, frozen=True):
    """GET /account/numbers."""

    application_id: str | None = None
    has_application: bool | None = None
    country: Country | None = None
    pattern: Pattern = ""
    search_pattern: Where = 0
    size: Size = 10
    index: Index = 1


class SearchNumbers(msgspec.Struct, frozen=True):
    """GET /number/search."""

    country: Country
    type: NumberType | None = None
    pattern: Pattern = ""
    search_pattern: Where = 0
    features: Features = ""
    size: Size = 10
    index: Index = 1


class NameNumber(msgspec.Struct, frozen=True):
    """POST /number/buy and /number/cancel."""

    country: Country
    msisdn: Msisdn
    target_api_key: str | None = None
    """The account to act for: the operator's may act for every other."""


class UpdateNumber(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """POST /number/update: what is left out is unset."""

    country: Country
    msisdn: Msisdn
    app_id: str | None = msgspec.field(name="app_id", default=None)
    mo_http_url: Url | None = None
    mo_smpp_sys_type: Annotated[str, Meta(max_length=255)] | None = None
    voice_callback_type: Literal["sip", "tel", "app", "vxml"] | None = None
    voice_callback_value: Annotated[str, Meta(max_length=2048)] | None = None
    voice_status_callback: Url | None = None
    messages_callback_type: Literal["app"] | None = None
    messages_callback_value: Annotated[str, Meta(max_length=255)] | None = None

    def check(self) -> None:
        """Raise Invalid where the type of a callback and its value do not go together."""
        for type_, value, name in (
            (self.voice_callback_type, self.voice_callback_value, "voiceCallback"),
            (self.messages_callback_type, self.messages_callback_value, "messagesCallback"),
        ):
            if bool(type_) != bool(value):
                raise invalid(f"{name}Type", f"and {name}Value must be set together")
        if self.voice_callback_type == "vxml":
            convert(self.voice_callback_value, Url, at="voiceCallbackValue")
        elif self.voice_callback_type in ("sip", "tel") and self.voice_callback_value is not None:
            try:
                read_forwarding(self.voice_callback_type, self.voice_callback_value)
            except ValueError as error:
                raise invalid("voiceCallbackValue", str(error)) from None

    def applications(self) -> dict[str, str]:
        """The applications that are named, by the fields that name them."""
        named = {
            "app_id": self.app_id,
            "voiceCallbackValue": self.voice_callback_value if self.voice_callback_type == "app" else None,
            "messagesCallbackValue": self.messages_callback_value,
        }
        return {field: id_ for field, id_ in named.items() if id_}

    def answering(self) -> str | None:
        """The application that answers; None unlinks."""
        named = self.applications()
        return named.get("app_id") or named.get("voiceCallbackValue")

    def settings(self) -> dict[str, str]:
        """What is kept and shown but has no column of its own."""
        settings = {
            "moHttpUrl": self.mo_http_url,
            "moSmppSysType": self.mo_smpp_sys_type,
            "voiceStatusCallback": self.voice_status_callback,
            "messagesCallbackType": self.messages_callback_type,
            "messagesCallbackValue": self.messages_callback_value,
        }
        return {name: value for name, value in settings.items() if value}


class RentedNumber(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A number of the account."""

    country: str
    msisdn: str
    type: str
    features: tuple[str, ...]
    mo_http_url: str | UnsetType = UNSET
    mo_smpp_sys_type: str | UnsetType = UNSET
    voice_status_callback: str | UnsetType = UNSET
    messages_callback_type: str | UnsetType = UNSET
    messages_callback_value: str | UnsetType = UNSET
    voice_callback_type: str | UnsetType = UNSET
    voice_callback_value: str | UnsetType = UNSET
    app_id: str | UnsetType = msgspec.field(name="app_id", default=UNSET)


class RentedNumbers(msgspec.Struct, frozen=True):
    """A page of them."""

    count: int
    """Of all pages."""
    numbers: list[RentedNumber]


class FreeNumber(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A number that can be rented."""

    country: str
    msisdn: str
    type: str
    cost: str
    initial_price: str
    features: tuple[str, ...]


class FreeNumbers(msgspec.Struct, frozen=True):
    """A page of them."""

    count: int
    """Of all pages."""
    numbers: list[FreeNumber]


class Done(msgspec.Struct, frozen=True, rename={"code": "error-code", "label": "error-code-label"}):
    """It is done."""

    code: str = "200"
    label: str = "success"


def show_rented(number: NumberRecord) -> RentedNumber:
    """A rented number."""
    return msgspec.convert(
        {
            "country": number.country,
            "msisdn": number.msisdn,
            "type": number.type,
            "features": number.features,
            **number.settings,
            **({"voiceCallbackType": number.voice_callback_type} if number.voice_callback_type else {}),
            **({"voiceCallbackValue": number.voice_callback_value} if number.voice_callback_value else {}),
            **({"app_id": number.app_id} if number.app_id else {}),
        },
        RentedNumber,
    )


def show_free(number: PoolNumber) -> FreeNumber:
    """A free number."""
    return FreeNumber(
        country=number.country,
        msisdn=number.msisdn,
        type=number.type,
        cost=number.cost,
        # Renting costs the same each month: there is no fee of its own for the first.
        initial_price="0.00",
        features=number.features,
    )
