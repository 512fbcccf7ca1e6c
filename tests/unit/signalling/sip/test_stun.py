"""STUN on the SIP port. The answers are read by hand here, as RFC 5389 section 15.2 writes them."""

from ipaddress import ip_address

import pytest

from signalling.sip import stun

pytestmark = pytest.mark.unit

TRANSACTION = bytes(range(12))
COOKIE = bytes.fromhex("2112a442")
REQUEST = bytes.fromhex("00010000") + COOKIE + TRANSACTION


@pytest.mark.parametrize("source", [("192.0.2.7", 5062), ("2001:db8::7", 65535)])
def test_a_binding_request_is_told_where_it_came_from(source: tuple[str, int]) -> None:
    answer = stun.answer(REQUEST, source)
    assert answer is not None
    assert answer[:2] == bytes.fromhex("0101")
    assert int.from_bytes(answer[2:4], "big") == len(answer) - 20
    assert answer[4:20] == COOKIE + TRANSACTION
    assert answer[20:22] == bytes.fromhex("0020")
    address = ip_address(source[0])
    assert answer[25] == {4: 1, 6: 2}[address.version]
    assert int.from_bytes(answer[26:28], "big") ^ 0x2112 == source[1]
    key = COOKIE + TRANSACTION
    assert bytes(octet ^ mask for octet, mask in zip(answer[28:], key, strict=False)) == address.packed


@pytest.mark.parametrize(
    "data",
    [
        bytes.fromhex("01010000") + COOKIE + TRANSACTION,  # a response
        bytes.fromhex("00030000") + COOKIE + TRANSACTION,  # an Allocate
        bytes.fromhex("00010004") + COOKIE + TRANSACTION,  # shorter than it says
        REQUEST + b"more",
    ],
)
def test_everything_else_is_not_answered(data: bytes) -> None:
    assert stun.is_stun(data)
    assert stun.answer(data, ("192.0.2.7", 5060)) is None


@pytest.mark.parametrize("data", [b"", REQUEST[:19], b"OPTIONS sip:a SIP/2.0\r\n\r\n", b"\0" * 20])
def test_sip_and_noise_are_no_stun(data: bytes) -> None:
    assert not stun.is_stun(data)
