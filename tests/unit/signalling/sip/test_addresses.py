"""Which address, port and transport peers are told, by the flow that they are told over."""

import pytest

from signalling.sip.addresses import DEFAULT_PORTS, transport_of
from signalling.sip.calls import Flow, Transport
from signalling.sip.endpoint import Endpoint
from signalling.sip.message import Request
from signalling.sip.session.context import Context
from signalling.sip.uri import SipUri
from tests.support.wire import config

pytestmark = pytest.mark.unit

V4, V6 = ("192.0.2.9", 5060), ("2001:db8::9", 5060)
OUR_V4, OUR_V6 = ("10.0.0.1", 5061), ("fd00::1", 5061)


def context(advertised_host: str = "") -> Context:
    return Endpoint(config(advertised_host=advertised_host), bytes)._context


@pytest.mark.parametrize(
    ("transport", "parameter"),
    [
        ("udp", ""),
        ("tcp", ";transport=tcp"),
        ("tls", ";transport=tls"),
        ("ws", ";transport=ws"),
        ("wss", ";transport=ws"),
    ],
)
def test_via_and_contact_name_the_transport(transport: Transport, parameter: str) -> None:
    flow = Flow(transport, V4, OUR_V4)
    request = context().stamp(Request("OPTIONS", SipUri("sip", None, V4[0])), flow)
    assert request.via.transport == transport.upper()
    assert (request.via.host, request.via.port) == OUR_V4
    assert context().contact(flow) == f"<sip:cordboard@10.0.0.1:5061{parameter}>"


def test_ipv6_stands_in_brackets() -> None:
    flow = Flow("tls", V6, OUR_V6)
    assert context().contact(flow) == "<sip:cordboard@[fd00::1]:5061;transport=tls>"
    request = context().stamp(Request("OPTIONS", SipUri("sip", None, V6[0])), flow)
    assert str(request.via).startswith("SIP/2.0/TLS [fd00::1]:5061;")


def test_an_advertised_address_is_told_to_its_own_family() -> None:
    advertising = context("203.0.113.5").config
    assert advertising.sent_by(Flow("udp", V4, OUR_V4)) == ("203.0.113.5", 5061)
    assert advertising.sent_by(Flow("udp", V6, OUR_V6)) == OUR_V6


def test_an_advertised_name_is_told_to_everybody() -> None:
    advertising = context("sip.example.com").config
    assert advertising.sent_by(Flow("udp", V6, OUR_V6)) == ("sip.example.com", 5061)


@pytest.mark.parametrize(
    ("uri", "transport"),
    [
        ("sip:a@b", None),
        ("sips:a@b", None),
        ("sip:a@b;transport=UDP", "udp"),
        ("sip:a@b;transport=tcp", "tcp"),
        ("sip:a@b;transport=tls", "tls"),
        ("sips:a@b;transport=tcp", "tls"),
        ("sip:a@b;transport=ws", "ws"),
        ("sips:a@b;transport=ws", "wss"),
        ("sips:a@b;transport=udp", None),
        ("sip:a@b;transport=sctp", None),
    ],
)
def test_the_transport_of_a_uri(uri: str, transport: Transport | None) -> None:
    assert transport_of(SipUri.parse(uri)) == transport


def test_the_default_ports() -> None:
    assert (DEFAULT_PORTS["udp"], DEFAULT_PORTS["tcp"], DEFAULT_PORTS["tls"]) == (5060, 5060, 5061)
