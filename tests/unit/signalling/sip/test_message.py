"""Whole messages: what is read, what is refused, and that writing gives back what was read."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sip.errors import LocalSipError, RemoteSipError
from signalling.sip.grammar import Params
from signalling.sip.headers.name_addr import WILDCARD
from signalling.sip.message import Headers, Request, Response, respond
from signalling.sip.reading import MAX_HEADERS, MAX_LINE, MAX_MESSAGE, parse_message, read_message
from signalling.sip.uri import OtherUri, SipUri

pytestmark = pytest.mark.unit

FIXTURES = Path(__file__).parents[4] / "fixtures" / "sip"
GOOD = sorted((FIXTURES / "good").glob("*.sip"))
BAD = sorted((FIXTURES / "bad").glob("*.sip"))

# Which status a server would answer with, where it is not 400.
STATUS_CODES = {
    "version": 505,
    "http": 505,
    "uri-long": 414,
    "too-large": 513,
    "headers-129": 513,
    "long-line": 513,
    "long-folded-line": 513,
}


def good(name: str) -> Request | Response:
    return parse_message((FIXTURES / "good" / f"{name}.sip").read_bytes())


def good_request(name: str) -> Request:
    message = good(name)
    assert isinstance(message, Request)
    return message


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_message_survives_a_round_trip(path: Path) -> None:
    message = parse_message(path.read_bytes())
    assert parse_message(bytes(message)) == message


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_message_is_refused(path: Path) -> None:
    with pytest.raises(RemoteSipError) as caught:
        parse_message(path.read_bytes())
    assert caught.value.status_code == STATUS_CODES.get(path.stem, 400)
    assert caught.value.reason


@given(st.binary(max_size=400))
def test_any_octets_parse_or_are_refused(data: bytes) -> None:
    with suppress(RemoteSipError):
        parse_message(data)


@given(st.sampled_from(GOOD), st.data())
def test_a_damaged_message_parses_or_is_refused(path: Path, data: st.DataObject) -> None:
    octets = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(octets) - 1))
        octets[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    try:
        message = parse_message(bytes(octets))
    except RemoteSipError:
        return
    assert parse_message(bytes(message)) == message


def test_plain_request() -> None:
    request = good_request("plain")
    assert request.method == "OPTIONS"
    assert request.uri == SipUri("sip", "desk", "example.com")
    assert request.via.branch == "z9hG4bKa1"
    assert request.from_.tag == "f1"
    assert request.to.tag is None
    assert request.call_id == "c1@192.0.2.1"
    assert (request.cseq.number, request.cseq.method) == (7, "OPTIONS")
    assert request.max_forwards == 70
    assert request.contacts == request.routes == request.record_routes == []
    assert request.content_type is None
    assert request.body == b""


def test_compact_names_equal_long_ones() -> None:
    request = good_request("compact")
    long = bytes(request)
    assert b"\r\nVia: SIP/2.0/UDP" in long
    assert b"\r\nSupported: replaces, 100rel\r\n" in long
    assert parse_message(long) == request
    assert request.headers.get("t") == request.headers.get("TO") == "<sip:desk@example.com>"
    assert request.supported == ["replaces", "100rel"]
    assert request.content_type == "text/plain"


def test_folded_lines_become_one() -> None:
    request = good_request("folded")
    assert request.from_.display_name == "Ann of Net"
    assert request.cseq.number == 7


def test_surplus_octets_after_content_length_are_dropped() -> None:
    assert good("surplus-body").body == b"abc"


def test_without_content_length_the_datagram_is_the_body() -> None:
    data = (FIXTURES / "good" / "no-content-length.sip").read_bytes()
    assert parse_message(data + b"rest").body == b"rest"


def test_octets_that_are_not_utf8_come_back_unchanged() -> None:
    assert b'"Zo\xeb" <sip:' in bytes(good("not-utf8"))
    assert good("utf8").from_.display_name == "Zoë"


@pytest.mark.parametrize("name", ["no-reason-phrase", "empty-reason-phrase"])
def test_reason_phrase_may_be_absent(name: str) -> None:
    response = good(name)
    assert isinstance(response, Response)
    assert response.reason == ""


def test_contact_star() -> None:
    assert good("contact-star").contacts == [WILDCARD]
    assert bytes(good("contact-star")).count(b"\r\nContact: *\r\n") == 1


def test_commas_inside_quotes_and_brackets_do_not_split() -> None:
    first, second = good("contact-comma-in-name").contacts
    assert first.display_name == "Net, Ann"
    assert second.params["q"] == "0.5"


def test_vias_are_the_same_in_one_line_and_in_several() -> None:
    assert good("several-vias").vias[1] == good("loose-via").vias[1]
    assert good("loose-via").via.params == Params({"branch": "z9hG4bKa1", "rport": None})


def test_foreign_schemes_are_kept_for_416() -> None:
    assert good_request("unknown-scheme").uri == OtherUri("tel:+12015550123")
    assert good_request("urn").uri == OtherUri("urn:service:sos")


def test_unknown_headers_are_never_cut() -> None:
    headers = good("unknown-headers").headers
    assert headers.all("x-account") == ['one, two "three']
    assert headers.all("Date") == ["Sat, 13 Nov 2010 23:29:00 GMT"]


def test_read_message_leaves_the_fields_to_the_caller() -> None:
    data = (FIXTURES / "bad" / "missing-to.sip").read_bytes()
    request = read_message(data)
    assert isinstance(request, Request)
    with pytest.raises(RemoteSipError, match="To is missing"):
        request.check()
    assert b"To:" not in bytes(respond(request, 400, to_tag="t1"))


def test_limits_are_inclusive() -> None:
    start = b"OPTIONS sip:a@b SIP/2.0\r\n"
    lines = b"".join(b"X-%d: y\r\n" % index for index in range(MAX_HEADERS))
    assert len(read_message(start + lines + b"\r\n").headers) == MAX_HEADERS
    longest = b"X: " + b"y" * (MAX_LINE - 3)
    assert len(read_message(start + longest + b"\r\n\r\n").headers) == 1
    padding = MAX_MESSAGE - len(start) - 2
    assert len(read_message(start + b"\r\n" + b"x" * padding).body) == padding


class TestRespond:
    def test_copies_what_the_rfc_copies(self) -> None:
        response = respond(good_request("several-vias"), 404, to_tag="t1")
        assert [name for name, _ in response.headers] == ["Via", "Via", "From", "To", "Call-ID", "CSeq"]
        assert response.reason == "Not Found"
        assert response.to.tag == "t1"
        response.check()

    def test_100_has_no_tag(self) -> None:
        assert respond(good_request("plain"), 100, to_tag="t1").to.tag is None

    def test_keeps_a_tag_that_is_there(self) -> None:
        assert respond(good_request("bare-address"), 200, to_tag="t2").to.tag == "t1"

    @pytest.mark.parametrize(("status_code", "expected"), [(100, 0), (180, 2), (200, 2), (486, 0)])
    def test_copies_record_route_only_for_dialogs(self, status_code: int, expected: int) -> None:
        request = good_request("body")
        request.headers.add("Record-Route", "<sip:192.0.2.7;lr>, <sip:192.0.2.8;lr>")
        assert len(respond(request, status_code, to_tag="t1").record_routes) == expected

    def test_takes_a_reason_phrase(self) -> None:
        assert respond(good_request("plain"), 403, "Go away").reason == "Go away"


class TestWriting:
    def test_content_length_is_that_of_the_body(self) -> None:
        request = Request("OPTIONS", SipUri("sip", None, "a"), Headers([("l", "99")]), b"four")
        assert bytes(request) == b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 4\r\n\r\nfour"

    @pytest.mark.parametrize(
        "message",
        [
            Request("OPTIONS\r\nX: y", SipUri("sip", None, "a")),
            Request("OPTIONS", SipUri("sip", None, "a\r\nX: y")),
            Request("OPTIONS", OtherUri("tel:1\nX: y")),
            Response(200, "OK\r\nX: y"),
        ],
    )
    def test_line_breaks_do_not_get_out(self, message: Request | Response) -> None:
        with pytest.raises(LocalSipError):
            bytes(message)
