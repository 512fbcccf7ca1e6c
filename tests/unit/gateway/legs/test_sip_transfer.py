"""Whom a REFER means: a number by toll policy, a user of the application, or a SIP address."""

from collections.abc import Mapping

import pytest

from gateway.config import TrunkSettings
from gateway.errors import Invalid
from gateway.legs.sip_transfer import endpoint_of
from gateway.routing.endpoints import AppEndpoint, Endpoint, PhoneEndpoint, SipEndpoint
from gateway.routing.trunks import Trunks
from signalling.sip.calls import CallHandle, TransferRequested
from signalling.sip.uri import parse_uri

pytestmark = pytest.mark.unit

TRUNKS = Trunks(
    (
        TrunkSettings(name="carrier", host="carrier.example"),
        TrunkSettings(name="pbx", host="pbx.example", port=5070),
    )
)
NUMBER = PhoneEndpoint(number="447700900001")


def meant(uri: str, *, is_here: bool = False, headers: Mapping[str, str] | None = None) -> Endpoint:
    """The endpoint that a transfer to an address is for."""
    return endpoint_of(
        TransferRequested(CallHandle("1"), parse_uri(uri), is_here, None, headers or {}), TRUNKS
    )


@pytest.mark.parametrize(
    ("uri", "is_here", "endpoint"),
    [
        ("sip:447700900001@gateway.example", True, NUMBER),
        ("sip:+447700900001@gateway.example;user=phone", True, NUMBER),
        ("sip:447700900001@Carrier.example", False, NUMBER),
        ("sip:+447700900001@pbx.example:5070", False, NUMBER),
        ("tel:+447700900001;ext=1", False, NUMBER),
        ("sip:anna@gateway.example", True, AppEndpoint(user="anna")),
        ("sip:447700900001@pbx.example", False, SipEndpoint(uri="sip:447700900001@pbx.example")),
        ("sip:100@carrier.example", False, SipEndpoint(uri="sip:100@carrier.example")),
    ],
)
def test_whom_an_address_means(uri: str, is_here: bool, endpoint: Endpoint) -> None:
    assert meant(uri, is_here=is_here) == endpoint


@pytest.mark.parametrize("uri", ["tel:12", "tel:+44-20", "urn:service:sos", "sip:gateway.example"])
def test_nobody_is_meant(uri: str) -> None:
    with pytest.raises(Invalid):
        meant(uri, is_here=True)


def test_what_a_sip_address_is_to_hear() -> None:
    headers = {"X-Why": "busy", "User-to-User": "31", "Replaces": "a;to-tag=b;from-tag=c"}
    assert meant("sip:dave@pbx.example", headers=headers) == SipEndpoint(
        uri="sip:dave@pbx.example",
        headers={"Why": "busy"},
        standard_headers={"User-to-User": "31", "Replaces": "a;to-tag=b;from-tag=c"},
    )


@pytest.mark.parametrize("uri", ["tel:+447700900001", "sip:anna@gateway.example"])
def test_a_call_that_should_be_here_and_is_not(uri: str) -> None:
    with pytest.raises(Invalid):
        meant(uri, is_here=True, headers={"Replaces": "a;to-tag=b;from-tag=c"})
