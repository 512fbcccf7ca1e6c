"""The header collection and the structured fields, each by itself."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sip.addresses import address_of
from signalling.sip.errors import LocalSipError, RemoteSipError
from signalling.sip.grammar import MAX_REMEMBERED, Params, quote, split, unquote
from signalling.sip.headers.collection import Headers
from signalling.sip.headers.cseq import MAX_CSEQ, CSeq
from signalling.sip.headers.name_addr import WILDCARD, NameAddr
from signalling.sip.headers.names import name_of
from signalling.sip.headers.via import Via
from signalling.sip.uri import SipUri, parse_uri

pytestmark = pytest.mark.unit


class TestHeaders:
    def test_lookup_ignores_case_and_compactness(self) -> None:
        headers = Headers([("v", "SIP/2.0/UDP a"), ("VIA", "SIP/2.0/UDP b, SIP/2.0/UDP c")])
        assert headers.get("Via") == "SIP/2.0/UDP a"
        assert headers.lines("via") == ["SIP/2.0/UDP a", "SIP/2.0/UDP b, SIP/2.0/UDP c"]
        assert headers.all("V") == ["SIP/2.0/UDP a", "SIP/2.0/UDP b", "SIP/2.0/UDP c"]
        assert "via" in headers
        assert headers.get("To") is None

    def test_set_replaces_all_in_the_place_of_the_first(self) -> None:
        headers = Headers([("X-A", "1"), ("X-B", "2"), ("x-a", "3")])
        headers.set("x-a", "4")
        headers.set("X-C", "5")
        assert headers.items() == [("x-a", "4"), ("X-B", "2"), ("X-C", "5")]

    def test_set_first_keeps_the_other_elements(self) -> None:
        headers = Headers([("To", "x"), ("Via", "SIP/2.0/UDP a, SIP/2.0/UDP b"), ("Via", "SIP/2.0/UDP c")])
        headers.set_first("Via", "SIP/2.0/UDP z")
        assert headers.all("Via") == ["SIP/2.0/UDP z", "SIP/2.0/UDP b", "SIP/2.0/UDP c"]

    def test_prepend_and_remove(self) -> None:
        headers = Headers([("Via", "SIP/2.0/UDP a")])
        headers.prepend("Via", "SIP/2.0/UDP b")
        assert headers.all("Via") == ["SIP/2.0/UDP b", "SIP/2.0/UDP a"]
        headers.remove("v")
        assert len(headers) == 0

    def test_a_copy_is_independent(self) -> None:
        headers = Headers([("A", "1")])
        headers.copy().add("B", "2")
        assert headers == Headers([("a", "1")])

    @pytest.mark.parametrize(
        ("change", "values"),
        [
            (lambda headers: headers.add("A", "2"), ["1", "2"]),
            (lambda headers: headers.prepend("A", "2"), ["2", "1"]),
            (lambda headers: headers.set("A", "2"), ["2"]),
            (lambda headers: headers.set_first("A", "2"), ["2"]),
            (lambda headers: headers.remove("A"), []),
            (lambda headers: headers.lines("A").clear(), ["1"]),
        ],
        ids=["add", "prepend", "set", "set_first", "remove", "what was given"],
    )
    def test_a_lookup_after_a_change_sees_it(
        self, change: Callable[[Headers], None], values: list[str]
    ) -> None:
        headers = Headers([("A", "1")])
        assert headers.lines("A") == ["1"]
        change(headers)
        assert headers.lines("a") == values

    @pytest.mark.parametrize(
        ("name", "value"), [("A", "1\r\nB: 2"), ("A", "1\n"), ("A\r\nB", "1"), ("", "1"), ("A:", "1")]
    )
    def test_refuses_what_would_break_the_message(self, name: str, value: str) -> None:
        headers = Headers()
        for verb in (headers.add, headers.prepend, headers.set, headers.set_first):
            with pytest.raises(LocalSipError):
                verb(name, value)
        assert len(headers) == 0


class TestGrammar:
    @given(st.text())
    def test_quote_round_trip(self, text: str) -> None:
        assert unquote(quote(text)) == text

    @given(st.lists(st.text(), min_size=1))
    def test_split_sees_no_commas_in_quotes(self, texts: list[str]) -> None:
        quoted = [quote(text) for text in texts]
        assert split(",".join(quoted), ",") == quoted

    @given(st.lists(st.text("ab,;= ", max_size=6).map("<{}>".format), min_size=1))
    def test_split_sees_no_commas_in_brackets(self, addresses: list[str]) -> None:
        assert split(",".join(addresses), ",") == addresses

    def test_a_parameter_given_twice_keeps_its_first_value(self) -> None:
        assert Params.parse(["a=1", "A=2"]) == Params({"a": "1"})

    def test_params_are_a_mapping_without_case(self) -> None:
        params = Params({"LR": None}).with_("Tag", "x")
        assert "lr" in params
        assert params["TAG"] == "x"
        assert str(params.without("lr")) == ";tag=x"
        assert hash(params) == hash(Params({"tag": "x", "lr": None}))


class TestVia:
    def test_loose_spelling(self) -> None:
        via = Via.parse("SIP / 2.0 / tcp\t[2001:db8::1] : 5061 ;branch = z9hG4bK1;rport")
        assert via == Via("TCP", "2001:db8::1", 5061, Params({"branch": "z9hG4bK1", "rport": None}))
        assert str(via) == "SIP/2.0/TCP [2001:db8::1]:5061;branch=z9hG4bK1;rport"
        assert Via.parse(str(via)) == via

    def test_branch_is_empty_when_absent(self) -> None:
        assert Via.parse("SIP/2.0/UDP a").branch == ""

    def test_source_is_noted_when_asked(self) -> None:
        via = Via.parse("SIP/2.0/UDP 192.0.2.1;rport").stamped("192.0.2.1", 40000)
        assert (via.received, via.rport) == ("192.0.2.1", 40000)

    def test_source_is_noted_when_it_differs(self) -> None:
        via = Via.parse("SIP/2.0/UDP pbx.example").stamped("192.0.2.1", 40000)
        assert (via.received, via.rport) == ("192.0.2.1", None)

    def test_a_forged_received_is_dropped(self) -> None:
        assert (
            Via.parse("SIP/2.0/UDP 192.0.2.1;received=192.0.2.66").stamped("192.0.2.1", 5060).received is None
        )

    @pytest.mark.parametrize(
        "text", ["", "SIP/2.0/UDP", "SIP/3.0/UDP a", "SIP/2.0/ a", "SIP/2.0/UDP a b", "x"]
    )
    def test_bad(self, text: str) -> None:
        with pytest.raises(RemoteSipError):
            Via.parse(text)


class TestNameAddr:
    @pytest.mark.parametrize(
        ("text", "display_name", "params"),
        [
            ('"A \\"B\\" <c>" <sip:a@b;x=1>;tag=t', 'A "B" <c>', {"tag": "t"}),
            ("Front Desk<sip:a@b;x=1>", "Front Desk", {}),
            ("< sip:a@b;x=1 > ; tag = t ; lr", "", {"tag": "t", "lr": None}),
            ('<sip:a@b;x=1>;note="a;b,c>"', "", {"note": '"a;b,c>"'}),
        ],
    )
    def test_forms(self, text: str, display_name: str, params: dict[str, str | None]) -> None:
        address = NameAddr.parse(text)
        assert address == NameAddr(
            SipUri("sip", "a", "b", params=Params({"x": "1"})), display_name, Params(params)
        )
        assert NameAddr.parse(str(address)) == address

    def test_without_brackets_the_parameters_are_the_headers(self) -> None:
        assert NameAddr.parse("sip:a@b;tag=t") == NameAddr(SipUri("sip", "a", "b")).with_tag("t")

    @given(st.text())
    def test_any_display_name_survives(self, name: str) -> None:
        address = NameAddr(SipUri("sip", "a", "b"), name)
        assert NameAddr.parse(str(address)) == address

    def test_wildcard(self) -> None:
        assert str(WILDCARD) == "*"
        assert WILDCARD.is_wildcard

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "*",
            "<>",
            "<sip:a@b",
            "A sip:a@b",
            '"A" sip:a@b',
            '"A <sip:a@b>',
            "<sip:a@b>x",
            "<sip:a@b> <sip:c>",
        ],
    )
    def test_bad(self, text: str) -> None:
        with pytest.raises(RemoteSipError):
            NameAddr.parse(text)


class TestCSeq:
    @given(st.integers(0, MAX_CSEQ))
    def test_round_trip(self, number: int) -> None:
        assert CSeq.parse(str(CSeq(number, "INVITE"))) == CSeq(number, "INVITE")

    def test_leading_zeros_and_blanks(self) -> None:
        assert CSeq.parse("0009 \t ACK ") == CSeq(9, "ACK")

    @pytest.mark.parametrize(
        "text", ["", "1", "INVITE", "1INVITE", "2147483648 ACK", "1 A B", "0" * 21 + "1 ACK", "+1 ACK"]
    )
    def test_bad(self, text: str) -> None:
        with pytest.raises(RemoteSipError):
            CSeq.parse(text)


class TestMemory:
    """Parsing keeps what it made: the next reader of the same text gets the same immutable value."""

    @pytest.mark.parametrize(
        ("parse", "text"),
        [
            (NameAddr.parse, "<sip:a@{}>"),
            (Via.parse, "SIP/2.0/UDP h{}"),
            (parse_uri, "sip:{}"),
            (name_of, "X-{}"),
            (CSeq.parse, "{} ACK"),
            (address_of, "2001:db8::{}"),
        ],
    )
    def test_it_is_bounded(self, parse: Callable[[str], object], text: str) -> None:
        for number in range(MAX_REMEMBERED + 1):
            parse(text.format(number))
        assert parse(text.format(MAX_REMEMBERED)) is parse(text.format(MAX_REMEMBERED))
        assert parse.cache_info().currsize == MAX_REMEMBERED  # type: ignore[attr-defined]

    def test_an_error_is_fresh_each_time(self) -> None:
        errors = []
        for _ in range(2):
            with pytest.raises(RemoteSipError) as caught:
                parse_uri("sip:")
            errors.append(caught.value)
        assert errors[0] is not errors[1]
