"""Connections, flows and proxies: Path (RFC 3327) and client-initiated connections (RFC 5626)."""

import pytest

from signalling.sip.calls import Flow, Transport
from signalling.sip.registrar.binding import BindingsChanged
from tests.support.registering import AOR, INSTANCE, OTHER, PHONE, Phones, Register
from tests.support.wire import ALICE, BOB

pytestmark = pytest.mark.unit

PROXY = "SIP/2.0/UDP 192.0.2.77;branch=z9hG4bK-proxy"
OUTBOUND = ("Supported: path, outbound",)
FLOW_ONE = f"{PHONE};{INSTANCE};reg-id=1"


def connection(number: int, transport: Transport = "tcp") -> Flow:
    """A connection that a phone opened."""
    return Flow(transport, ALICE, BOB, number)


def test_the_path_is_kept_and_answered_to_who_supports_it() -> None:
    phones = Phones()
    path = ("Path: <sip:edge.example;lr;ob>", "Path: <sip:inner.example;lr>")
    response = phones.register(Register(extra=(*path, "Supported: path")))
    assert response.headers.lines("Path") == ["<sip:edge.example;lr;ob>", "<sip:inner.example;lr>"]
    assert phones.bindings[0].path == ("<sip:edge.example;lr;ob>", "<sip:inner.example;lr>")
    assert phones.register(Register(cseq=2, extra=path)).headers.lines("Path") == []


def test_a_flow_is_known_by_instance_and_number_and_not_by_its_address() -> None:
    phones = Phones()
    response = phones.register(Register((FLOW_ONE,), extra=OUTBOUND), connection(1))
    assert response.headers.get("Require") == "outbound"
    assert response.headers.get("Flow-Timer") == "120"
    moved = FLOW_ONE.replace("5062", "5099")
    contacts = phones.accept(Register((moved,), call_id="restarted", extra=OUTBOUND), connection(2))
    assert contacts == [f"<sip:42@192.0.2.1:5099>;expires=3600;{INSTANCE};reg-id=1"]
    second = FLOW_ONE.replace("reg-id=1", "reg-id=2")
    assert len(phones.accept(Register((second,), cseq=2, extra=OUTBOUND), connection(3))) == 2
    assert [binding.flow.connection for binding in phones.bindings] == [3, 2]


def test_a_flow_ends_with_its_connection() -> None:
    phones = Phones()
    phones.accept(Register((FLOW_ONE,), extra=OUTBOUND), connection(1))
    phones.accept(Register((OTHER,), cseq=2))
    phones.notices.clear()
    assert phones.endpoint.is_used(connection(1))
    phones.endpoint.receive_closed(connection(1), phones.script.now)
    assert not phones.endpoint.is_used(connection(1))
    assert (phones.uris, phones.endpoint.notices()) == ([OTHER], [BindingsChanged(AOR)])


@pytest.mark.parametrize(
    ("transport", "contact", "remote"),
    [
        ("tcp", "<sip:42@192.0.2.1:5062;transport=tcp>", ("192.0.2.1", 5062)),
        ("tls", "<sip:42@192.0.2.1;transport=tls>", ("192.0.2.1", 5061)),
        ("tcp", "<sip:42@phone.example;transport=tcp>", None),
        ("tcp", "<sip:42@10.0.0.7:25;transport=tcp>", None),
        ("ws", "<sip:42@192.0.2.1:5062;transport=ws>", None),
        ("wss", "<sip:42@df7jal23ls0d.invalid;transport=ws>", None),
    ],
)
def test_a_phone_without_its_connection_is_called_back_where_it_may_listen(
    transport: Transport, contact: str, remote: tuple[str, int] | None
) -> None:
    phones = Phones()
    flow = connection(1, transport)
    phones.accept(Register((contact,)), flow)
    phones.endpoint.receive_closed(flow, phones.script.now)
    flows = [] if remote is None else [Flow(transport, remote, BOB, 0)]
    assert [binding.flow for binding in phones.bindings] == flows


@pytest.mark.parametrize(
    ("path", "status_code"),
    [((), 439), (("Path: <sip:edge.example;lr>",), 439), (("Path: <sip:edge.example;lr;ob>",), 200)],
)
def test_a_first_hop_that_keeps_no_flows_is_refused(path: tuple[str, ...], status_code: int) -> None:
    phones = Phones()
    response = phones.register(Register((FLOW_ONE,), vias=(PROXY,), extra=(*OUTBOUND, *path)))
    assert response.status_code == status_code
    assert response.headers.get("Flow-Timer") is None
    assert len(phones.bindings) == (status_code == 200)


def test_a_phone_may_require_what_the_registrar_supports() -> None:
    phones = Phones()
    response = phones.register(Register(extra=("Require: path, outbound",)))
    assert (response.status_code, response.headers.get("Supported")) == (200, "path, outbound")
    refused = phones.register(Register(cseq=2, extra=("Require: path, gruu",)))
    assert (refused.status_code, refused.headers.get("Unsupported")) == (420, "gruu")


@pytest.mark.parametrize(
    ("contact", "extra"),
    [
        (FLOW_ONE, ()),
        (f"{PHONE};reg-id=1", OUTBOUND),
        (f"{PHONE};{INSTANCE};reg-id=first", OUTBOUND),
    ],
)
def test_a_phone_that_does_not_speak_of_flows_whole_is_known_by_its_address(
    contact: str, extra: tuple[str, ...]
) -> None:
    phones = Phones()
    response = phones.register(Register((contact,), extra=extra))
    assert response.headers.get("Require") is None
    assert not phones.bindings[0].is_outbound
