"""What a SIP peer wants when it transfers its party: the target of its REFER as an endpoint of ours."""

from collections.abc import Collection

import msgspec

from gateway.errors import Invalid
from gateway.routing.endpoints import Endpoint, SipEndpoint, read_endpoint
from gateway.routing.number_format import is_e164
from gateway.routing.trunks import DEFAULT_PORT
from signalling.sip.calls import TransferRequested
from signalling.sip.headers.identity import user_and_host
from signalling.sip.uri import SipUri

Place = tuple[str, int]
"""Host, in small letters, and port."""


def endpoint_of(wish: TransferRequested, trunks: Collection[Place]) -> Endpoint:
    """Whom the peer wants called. Raises Invalid.

    A number at the gateway itself or at one of `trunks` is a telephone number, which toll policy decides on;
    another user of the gateway is one of the application's. All else is a SIP address as `connect` has it.
    """
    uri = wish.target
    user = user_and_host(uri)[0].lstrip("+")
    if isinstance(uri, SipUri):
        at_home = wish.is_here or (uri.host.lower(), uri.port or DEFAULT_PORT) in trunks
        if not (at_home and is_e164(user)):
            return _here({"type": "app", "user": user}, wish) if wish.is_here else _elsewhere(uri, wish)
    return _here({"type": "phone", "number": user}, wish)


def _here(endpoint: dict[str, str], wish: TransferRequested) -> Endpoint:
    if "Replaces" in wish.headers:
        raise Invalid("the call whose place is to be taken is not here")
    return read_endpoint(endpoint, "transfer")


def _elsewhere(uri: SipUri, wish: TransferRequested) -> Endpoint:
    custom = {name[2:]: text for name, text in wish.headers.items() if name.lower().startswith("x-")}
    standard = {name: text for name, text in wish.headers.items() if not name.lower().startswith("x-")}
    endpoint = read_endpoint({"type": "sip", "uri": str(uri), "headers": custom}, "transfer")
    if not isinstance(endpoint, SipEndpoint):
        raise TypeError("a SIP address makes a SIP endpoint")
    return msgspec.structs.replace(endpoint, standard_headers=standard)
