"""What a forwarded call says of how it came."""

import pytest

from gateway.routing.diversion import diverted

pytestmark = pytest.mark.unit

NUMBER, HOST = "447700900001", "gateway.example"
HERE = f"<sip:{NUMBER}@{HOST}>"
TARGET = "sip:anna@pbx.example;transport=tcp"


def test_the_number_that_forwards_is_named() -> None:
    assert diverted({}, NUMBER, HOST, TARGET) == {
        "Diversion": f"{HERE};reason=unconditional;counter=1",
        "History-Info": f"{HERE};index=1, <sip:anna@pbx.example;cause=302>;index=1.1;mp=1",
    }


def test_what_was_said_before_stays_and_other_headers_go_along() -> None:
    came = {"X-Shop": "7", "diversion": "<sip:a@b>;reason=no-answer", "HISTORY-INFO": "<sip:a@b>;index=1"}
    assert diverted(came, NUMBER, HOST, TARGET) == {
        "X-Shop": "7",
        "Diversion": f"{HERE};reason=unconditional;counter=1, <sip:a@b>;reason=no-answer",
        "History-Info": (
            f"<sip:a@b>;index=1, {HERE};index=1.1, <sip:anna@pbx.example;cause=302>;index=1.1.1;mp=1.1"
        ),
    }


@pytest.mark.parametrize(
    ("earlier", "index"),
    [("<sip:a@b>;index=1, <sip:c@d>; Index = 1.2;rc=1", "1.2.1"), ("<sip:a@b>", "1"), ("<;index=", "1")],
)
def test_the_history_goes_on_where_it_ended(earlier: str, index: str) -> None:
    assert (
        f"{HERE};index={index}," in diverted({"History-Info": earlier}, NUMBER, HOST, TARGET)["History-Info"]
    )


def test_a_telephone_is_at_the_gateway_and_an_ipv6_address_has_brackets() -> None:
    said = diverted({}, NUMBER, "2001:db8::1", "447800000001")["History-Info"]
    assert said.startswith(f"<sip:{NUMBER}@[2001:db8::1]>;index=1, ")
    assert "<sip:447800000001@[2001:db8::1];cause=302>" in said
