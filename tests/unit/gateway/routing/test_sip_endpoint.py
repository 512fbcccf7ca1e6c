"""SIP endpoints: an address, or a user of a SIP domain, and never half of both."""

import pytest

from gateway.errors import Invalid
from gateway.routing.endpoints import SipEndpoint, address_of, read_endpoint
from gateway.store.records import Json

pytestmark = pytest.mark.unit


def sip(**fields: object) -> Json:
    return {"type": "sip", **fields}


def test_a_user_of_a_domain_is_one_as_an_address_is() -> None:
    by_name = read_endpoint(sip(user="ann", domain="bakery"))
    assert by_name == SipEndpoint(user="ann", domain="bakery")
    assert address_of(by_name) == {"type": "sip", "user": "ann", "domain": "bakery"}
    assert address_of(read_endpoint(sip(uri="sip:ann@bakery"))) == {"type": "sip", "uri": "sip:ann@bakery"}


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({}, "uri"),
        ({"user": "ann"}, "domain"),
        ({"domain": "bakery"}, "user"),
        ({"uri": "sip:ann@bakery", "user": "ann", "domain": "bakery"}, "uri"),
        ({"uri": "sip:ann@bakery", "domain": "bakery"}, "uri"),
        ({"user": "a b", "domain": "bakery"}, "user"),
        ({"user": "ann", "domain": "bakery/x"}, "domain"),
        ({"uri": "sip:ann@bakery", "headers": {"Ünï": "x"}}, "headers.Ünï"),
        ({"uri": "sip:ann@bakery", "headers": {"A": "b\r\nC: d"}}, "headers.A"),
    ],
)
def test_what_is_missing_or_too_much_is_named(fields: Json, place: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_endpoint(sip(**fields))
    assert list(caught.value.parameters) == [f"endpoint.{place}"]
