"""Dialogs: route sets, targets, numbers, and where their requests go."""

import pytest

from signalling.sip.calls import Flow
from signalling.sip.dialog import MAX_ROUTES, TABLE, Dialog, DialogInput, DialogState
from signalling.sip.errors import RemoteSipError
from signalling.sip.message import Request, Response
from signalling.sip.reading import parse_message
from signalling.sip.table import IllegalTransition, advance
from tests.support.sip_script import SDP, Says

pytestmark = pytest.mark.unit

SEEN = Flow("udp", ("192.0.2.1", 5060), ("192.0.2.2", 5060))
ROUTES = ("Record-Route: <sip:192.0.2.8;lr>, <sip:192.0.2.9:5070;lr>",)


def callee(*extra: str, contact: str = "sip:peer@192.0.2.1:5060", flow: Flow = SEEN) -> Dialog:
    data = bytes(Says(body=SDP, extra=extra)).replace(b"sip:peer@192.0.2.1:5060", contact.encode())
    request = parse_message(data)
    assert isinstance(request, Request)
    return Dialog.of_request(request, "mine", flow)


def caller(*extra: str) -> Dialog:
    request = parse_message(bytes(Says(body=SDP)))
    assert isinstance(request, Request)
    response = Response(200, "OK", request.headers.copy())
    response.headers.set("To", "<sip:42@192.0.2.2>;tag=theirs")
    response.headers.set("Contact", "<sip:them@192.0.2.2:5090>")
    for line in extra:
        response.headers.add(*line.split(": ", 1))
    return Dialog.of_response(request, response, Flow("udp", ("192.0.2.2", 5060), ("192.0.2.1", 5060)))


@pytest.mark.parametrize("state", DialogState)
@pytest.mark.parametrize("symbol", DialogInput)
def test_the_table_moves_only_forward(state: DialogState, symbol: DialogInput) -> None:
    order = list(DialogState)
    if (state, symbol) in TABLE:
        assert order.index(advance(TABLE, state, symbol)) >= order.index(state)
    else:
        assert state is DialogState.TERMINATED or symbol in {DialogInput.PROVISIONAL, DialogInput.FAILURE}
        with pytest.raises(IllegalTransition):
            advance(TABLE, state, symbol)


def test_the_callee_takes_the_route_set_in_order() -> None:
    bye = callee(*ROUTES).request("BYE")
    assert str(bye.uri) == "sip:peer@192.0.2.1:5060"
    assert [str(route) for route in bye.routes] == ["<sip:192.0.2.8;lr>", "<sip:192.0.2.9:5070;lr>"]
    assert (bye.from_.tag, bye.to.tag) == ("mine", "peer")


def test_the_caller_takes_the_route_set_reversed() -> None:
    dialog = caller(*ROUTES)
    bye = dialog.request("BYE")
    assert str(bye.uri) == "sip:them@192.0.2.2:5090"
    assert [str(route) for route in bye.routes] == ["<sip:192.0.2.9:5070;lr>", "<sip:192.0.2.8;lr>"]
    assert dialog.flow.remote == ("192.0.2.9", 5070)


def test_a_strict_router_gets_itself_as_the_request_uri() -> None:
    bye = callee("Record-Route: <sip:192.0.2.8>, <sip:192.0.2.9;lr>").request("BYE")
    assert str(bye.uri) == "sip:192.0.2.8"
    assert [str(route) for route in bye.routes] == ["<sip:192.0.2.9;lr>", "<sip:peer@192.0.2.1:5060>"]


def test_requests_are_numbered_and_an_ack_repeats_its_invites_number() -> None:
    dialog = caller()
    assert [dialog.request("INVITE").cseq.number, dialog.request("BYE").cseq.number] == [2, 3]
    assert str(dialog.ack(2).cseq) == "2 ACK"


def test_only_a_higher_number_is_next() -> None:
    dialog = callee()
    numbered = [parse_message(bytes(Says("BYE", to_tag="mine", cseq=number))) for number in (0, 1, 2)]
    assert [dialog.is_next(request) for request in numbered] == [False, False, True]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("contact", "remote"),
    [
        ("sip:peer@192.0.2.7:5070", ("192.0.2.7", 5070)),
        ("sip:peer@192.0.2.7", ("192.0.2.7", 5060)),
        ("sip:peer@198.51.100.1", ("198.51.100.1", 5060)),
        ("sip:peer@phone.example.com", SEEN.remote),
        ("sip:peer@127.0.0.1:5070", SEEN.remote),
        ("sip:peer@0.0.0.0", SEEN.remote),
        ("sip:peer@[2001:db8::1]", SEEN.remote),
    ],
)
def test_requests_go_to_the_contact_or_where_the_peer_was_seen(contact: str, remote: tuple[str, int]) -> None:
    assert callee(contact=contact).flow.remote == remote


def test_a_phone_behind_a_nat_is_reached_where_it_was_seen() -> None:
    public = Flow("udp", ("8.8.8.8", 31337), ("192.0.2.2", 5060))
    assert callee(contact="sip:peer@192.168.1.5:5060", flow=public).flow == public


def test_a_connection_is_kept_until_it_is_lost() -> None:
    connection = Flow("tcp", ("192.0.2.1", 40001), ("192.0.2.2", 5060), 7)
    dialog = callee(flow=connection)
    assert dialog.flow == connection
    dialog.receive_closed(Flow("tcp", ("192.0.2.1", 40001), ("192.0.2.2", 5060), 8))
    assert dialog.flow == connection
    dialog.receive_closed(connection)
    assert dialog.flow == Flow("tcp", ("192.0.2.1", 5060), ("192.0.2.2", 5060), 0)


@pytest.mark.parametrize(
    "extra",
    [
        tuple("Record-Route: <sip:192.0.2.8;lr>" for _ in range(MAX_ROUTES + 1)),
        ("Record-Route: <tel:+441234>",),
    ],
)
def test_a_bad_route_set_is_refused(extra: tuple[str, ...]) -> None:
    with pytest.raises(RemoteSipError):
        callee(*extra)
    with pytest.raises(RemoteSipError):
        caller(*extra)
