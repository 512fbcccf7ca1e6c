"""Where a call can go: the endpoints of POST /v1/calls and of `connect` (Voice API, endpoints)."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from gateway import forms
from gateway.reading import invalid, read
from gateway.routing.forwarding import ForwardEndpoint

MAX_WEBSOCKET_HEADERS = 512
"""Octets of the JSON of a websocket endpoint's headers (documented limits)."""

RATES: dict[str, Literal[8000, 16000, 24000]] = {"8000": 8000, "16000": 16000, "24000": 24000}
"""Samples a second, by how content types write them."""

MAX_NAME = 100
"""Characters of a user's name: none that this interface makes is longer."""

E164 = Annotated[str, Meta(pattern=forms.E164)]
SipUriText = Annotated[str, Meta(pattern=forms.SIP_URI, max_length=255)]
L16 = Annotated[str, Meta(pattern=forms.L16)]
HttpUrl = Annotated[str, Meta(pattern=forms.HTTP_URL, max_length=2048)]
Printable = Annotated[str, Meta(pattern=forms.PRINTABLE)]
WebsocketUri = Annotated[str, Meta(pattern=forms.WEBSOCKET_URL, max_length=2048)]


class Written(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True
):
    """What an application writes to say where a call goes: a name that is not known is refused."""


class OnAnswer(Written, frozen=True, kw_only=True):
    """What the called side hears before it is let in to who calls it (`connect` alone)."""

    url: HttpUrl
    """Where its NCCO is."""
    ringback_tone: HttpUrl | None = None
    """What the caller hears meanwhile."""
    ringback: HttpUrl | None = None
    """The same, by its other name."""


class PhoneEndpoint(Written, frozen=True, kw_only=True, tag_field="type", tag="phone"):
    """A telephone number in E.164 without the plus."""

    number: E164
    dtmf_answer: Annotated[str, Meta(pattern=forms.DTMF)] = ""
    """Digits to send once it answers; p is a pause of 500 ms."""
    shaken: Printable | None = None
    """The content of the INVITE's `Identity`, which attests who calls (STIR/SHAKEN)."""
    on_answer: OnAnswer | None = None


class SipEndpoint(Written, frozen=True, kw_only=True, tag_field="type", tag="sip"):
    """A SIP URI, or a user of one of the account's SIP domains, with the headers to put into the INVITE."""

    uri: SipUriText = ""
    user: Annotated[str, Meta(pattern=forms.SIP_USER)] = ""
    """Instead of the URI, with `domain`: who is registered there, or the number to call by a trunk domain."""
    domain: Annotated[str, Meta(pattern=forms.SIP_HOST, max_length=253)] = ""
    """The domain's name, with or without what follows it in a host."""
    headers: dict[str, str] = {}
    """Sent with `X-` in front of their names."""
    standard_headers: dict[str, str] = {}
    """Sent as they are; only `User-to-User` is allowed."""


class CustomAuthorization(Written, frozen=True, kw_only=True, tag_field="type", tag="custom"):
    """The websocket handshake carries what the application gave."""

    value: Printable
    """The `Authorization` header, whole."""

    def __repr__(self) -> str:
        """Without the value, which is a secret: whatever shows an endpoint may end in a log."""
        return "CustomAuthorization()"


class VonageAuthorization(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="vonage"):
    """The websocket handshake carries a token that we sign, like a signed webhook's.

    Published clients write an empty `value` as well, so that what else it says is passed over.
    """


class WebsocketEndpoint(Written, frozen=True, kw_only=True, tag_field="type", tag="websocket"):
    """A websocket application that eats and speaks 20 ms frames of linear PCM (Voice API, websockets)."""

    uri: WebsocketUri
    content_type: L16 = msgspec.field(default="audio/l16;rate=16000", name="content-type")
    headers: dict[str, Any] = {}
    """Told in the first message, and echoed in the leg's webhooks."""
    authorization: CustomAuthorization | VonageAuthorization | None = None

    @property
    def rate(self) -> Literal[8000, 16000, 24000]:
        """Samples a second."""
        return RATES[self.content_type.rpartition("=")[2]]


class AppEndpoint(Written, frozen=True, kw_only=True, tag_field="type", tag="app"):
    """A user of the application, by name."""

    user: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]


class VbcEndpoint(Written, frozen=True, kw_only=True, tag_field="type", tag="vbc"):
    """An extension of the operator's own telephone system, in the place of Vonage Business Communications."""

    extension: Annotated[str, Meta(pattern=forms.EXTENSION)]


Endpoint = PhoneEndpoint | SipEndpoint | WebsocketEndpoint | AppEndpoint | VbcEndpoint


def read_endpoint(value: object, where: str = "endpoint") -> Endpoint:
    """An endpoint from its JSON. Raises Invalid naming the member."""
    endpoint: Endpoint = read(Endpoint, value, where)
    check_endpoint(endpoint, where)
    return endpoint


def check_endpoint(endpoint: Endpoint, where: str) -> None:
    """What the types cannot say. Raises Invalid."""
    match endpoint:
        case WebsocketEndpoint() if len(msgspec.json.encode(endpoint.headers)) > MAX_WEBSOCKET_HEADERS:
            raise invalid(f"{where}.headers", f"at most {MAX_WEBSOCKET_HEADERS} octets of JSON")
        case SipEndpoint():
            _check_sip_address(endpoint, where)
            _check_sip_headers(endpoint, where)
        case _:
            pass


def check_detectable(endpoint: Endpoint, where: str) -> None:
    """Whether a machine may answer there. Raises Invalid for `where`, the option that asks."""
    if not isinstance(endpoint, (PhoneEndpoint, SipEndpoint)):
        raise invalid(where, f"machines answer phone and sip endpoints, not {leg_type(endpoint)}")


def _check_sip_address(endpoint: SipEndpoint, where: str) -> None:
    match bool(endpoint.uri), bool(endpoint.user), bool(endpoint.domain):
        case (True, False, False) | (False, True, True):
            pass
        case (False, False, False):
            raise invalid(f"{where}.uri", "must be given, or user and domain")
        case (False, has_user, _):
            raise invalid(f"{where}.{'domain' if has_user else 'user'}", "must be given without a uri")
        case _:
            raise invalid(f"{where}.uri", "must not be given together with user and domain")


def _check_sip_headers(endpoint: SipEndpoint, where: str) -> None:
    foreign = set(endpoint.standard_headers) - {"User-to-User"}
    if foreign:
        raise invalid(f"{where}.standardHeaders", f"only User-to-User is allowed, not {min(foreign)!r}")
    for name, text in {**endpoint.headers, **endpoint.standard_headers}.items():
        if not (name.isascii() and name.replace("-", "").isalnum()) or not text.isprintable():
            raise invalid(f"{where}.headers.{name}", "a header needs a plain name and printable text")


Dialled = Endpoint | ForwardEndpoint
"""Whom legs call: endpoints that applications write, and what a number says by itself."""

LegType = Literal["phone", "sip", "websocket", "app", "vbc"]


def leg_type(endpoint: Dialled) -> LegType:
    """The type of the leg that calls the endpoint."""
    match endpoint:
        case ForwardEndpoint(type=type_):
            return "phone" if type_ == "tel" else "sip"
        case PhoneEndpoint():
            return "phone"
        case SipEndpoint():
            return "sip"
        case WebsocketEndpoint():
            return "websocket"
        case AppEndpoint():
            return "app"
        case VbcEndpoint():
            return "vbc"


def address_of(endpoint: Dialled) -> dict[str, str]:
    """The endpoint as the `to` of calls and channels: its type and the one member that names it."""
    match endpoint:
        case ForwardEndpoint(address=address):
            return address
        case PhoneEndpoint(number=number):
            return {"type": "phone", "number": number}
        case SipEndpoint(uri="", user=user, domain=domain):
            return {"type": "sip", "user": user, "domain": domain}
        case SipEndpoint(uri=uri):
            return {"type": "sip", "uri": uri}
        case WebsocketEndpoint(uri=uri):
            return {"type": "websocket", "uri": uri}
        case AppEndpoint(user=user):
            return {"type": "app", "user": user}
        case VbcEndpoint(extension=extension):
            return {"type": "vbc", "extension": extension}


def address_text(address: dict[str, str]) -> str:
    """What webhooks show as `from` or `to`."""
    return (
        address.get("number")
        or address.get("uri")
        or address.get("user")
        or address.get("extension")
        or "Unknown"
    )
