"""What `voiceCallbackValue` says of forwarding, and what it may not say."""

import pytest

from gateway.routing.forwarding import MAX_TARGETS, ForwardTarget, read_forwarding

pytestmark = pytest.mark.unit

A, B = "sip:anna@example.com", "sips:ben@example.org:5071"


def test_one_target() -> None:
    endpoint = read_forwarding("sip", A)
    assert endpoint.targets == (ForwardTarget(address=A, timeout_s=5),)
    assert endpoint.address == {"type": "sip", "uri": A}


def test_a_list_with_parameters() -> None:
    endpoint = read_forwarding("sip", f"{A};timeout=2000;transport=tls, {B};media=srtp;timeout=20000,{A}")
    assert endpoint.targets == (
        ForwardTarget(address=f"{A};transport=tls", timeout_s=2),
        ForwardTarget(address=f"{B};media=srtp", timeout_s=20),
        ForwardTarget(address=A, timeout_s=5),
    )


def test_a_comma_in_a_user_divides_nothing() -> None:
    assert len(read_forwarding("sip", "sip:anna,ben@example.com,sip:carol@example.com").targets) == 2


def test_telephones() -> None:
    endpoint = read_forwarding("tel", "447700900001, +12025550100;timeout=3000")
    assert endpoint.targets == (
        ForwardTarget(address="447700900001", timeout_s=5),
        ForwardTarget(address="12025550100", timeout_s=3),
    )
    assert endpoint.address == {"type": "phone", "number": "447700900001"}


@pytest.mark.parametrize(
    ("type_", "value", "words"),
    [
        ("sip", "anna@example.com", "SIP URI"),
        ("sip", f"{A},", "SIP URI"),
        ("sip", f"{A};timeout=1999", "2000 to 20000"),
        ("sip", f"{A};timeout=20001", "2000 to 20000"),
        ("sip", f"{A};timeout=soon", "2000 to 20000"),
        ("sip", f"{A};timeout=٣٠٠٠", "2000 to 20000"),
        ("sip", f"{A};transport=pigeon", "transport"),
        ("sip", f"{A};media=video", "media"),
        ("sip", ",".join([A] * (MAX_TARGETS + 1)), "at most"),
        ("sip", f"sip:{'a' * 255}@example.com", "SIP URI"),
        ("tel", "4477", "digits"),
        ("tel", "447700900001&1", "digits"),
        ("tel", "44770090\n0001", "digits"),
        ("tel", "447700900001;transport=tls", "no parameter"),
        ("tel", "", "digits"),
    ],
)
def test_what_is_wrong(type_: str, value: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_forwarding(type_, value)  # type: ignore[arg-type]
