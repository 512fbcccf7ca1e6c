"""Connectivity checks: aioice's are read and answered, and nothing else is."""

import pytest
from aioice import stun as judge

from media.errors import Malformed
from media.rtp import stun

pytestmark = pytest.mark.unit

USER, PASSWORD = "ours:theirs", "p" * 24
SOURCE = ("192.0.2.7", 40_000)


def request(user: str = USER, *, nominates: bool = True) -> judge.Message:
    message = judge.Message(judge.Method.BINDING, judge.Class.REQUEST, transaction_id=b"0123456789ab")
    message.attributes["USERNAME"] = user
    message.attributes["PRIORITY"] = 1
    message.attributes["ICE-CONTROLLING"] = 7
    if nominates:
        message.attributes["USE-CANDIDATE"] = None
    return message


def signed(message: judge.Message, password: str = PASSWORD) -> bytes:
    message.add_message_integrity(password.encode())
    return bytes(message)


@pytest.mark.parametrize("nominates", [True, False])
def test_a_check_is_read_and_its_answer_believed(nominates: bool) -> None:
    data = signed(request(nominates=nominates))
    check = stun.read_check(data, USER, PASSWORD)
    assert check.nominates is nominates
    answer = stun.answer(check, SOURCE, PASSWORD)
    read = judge.parse_message(answer)
    read.check_message_integrity(PASSWORD.encode())
    assert (read.message_class, read.transaction_id) == (judge.Class.RESPONSE, b"0123456789ab")
    assert read.attributes["XOR-MAPPED-ADDRESS"] == SOURCE
    assert len(answer) <= 1.5 * len(data)


def test_what_is_no_check_of_ours_is_refused() -> None:
    good = signed(request())
    unsigned = bytes(request())
    indication = judge.Message(judge.Method.BINDING, judge.Class.INDICATION)
    refused = {
        "another user": signed(request("ours:strangers")),
        "another password": signed(request(), "q" * 24),
        "no password": unsigned,
        "no request": signed(indication),
        "a changed octet": good[:30] + bytes([good[30] ^ 1]) + good[31:],
        "a wrong fingerprint": good[:-1] + bytes([good[-1] ^ 1]),
        "a wrong length": good + bytes(4),
        "RTP": bytes([0x80]) + bytes(171),
    }
    for data in refused.values():
        with pytest.raises(Malformed):
            stun.read_check(data, USER, PASSWORD)


def test_any_end_and_any_change_is_refused_and_no_fault() -> None:
    good = signed(request())
    for at in range(len(good)):
        for data in (good[:at], good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :]):
            with pytest.raises(Malformed):
                stun.read_check(data, USER, PASSWORD)


def test_attributes_are_bounded() -> None:
    body = (b"\xc0\x57\x00\x00") * (stun.MAX_ATTRIBUTES + 1)
    header = b"\x00\x01" + len(body).to_bytes(2) + b"\x21\x12\xa4\x42" + bytes(12)
    with pytest.raises(Malformed, match="does not fit"):
        stun.read_check(header + body, USER, PASSWORD)
