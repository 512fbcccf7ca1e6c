"""Ladders: what is kept of a leg's messages, and how it is drawn."""

import msgspec
import pytest

from gateway.sight.ladder import MAX_MESSAGES, MAX_OCTETS, MAX_TEXT, WIDTH, Ladder, drawn, label
from tests.support.sip_traces import message

pytestmark = pytest.mark.unit


def test_a_short_call_is_kept_whole() -> None:
    ladder = Ladder()
    messages = [message(cseq=f"{number} INVITE") for number in range(MAX_MESSAGES)]
    for each in messages:
        ladder.add(each)
    assert ladder.record("leg-1").messages == tuple(messages)
    assert ladder.record("leg-1").left_out == 0


def test_of_a_long_call_the_beginning_and_the_end_are_kept() -> None:
    ladder = Ladder()
    messages = [message(cseq=f"{number} INVITE") for number in range(MAX_MESSAGES + 7)]
    for each in messages:
        ladder.add(each)
    half = MAX_MESSAGES // 2
    record = ladder.record("leg-1")
    assert record.messages == (*messages[:half], *messages[-half:])
    assert record.left_out == 7
    assert any("(7 messages are not kept)" in line for line in drawn(record))


def test_large_messages_fill_no_more_room_than_there_is() -> None:
    ladder = Ladder()
    for number in range(50):
        text = message(cseq=f"{number} INVITE", body="x" * MAX_TEXT).text[:MAX_TEXT]
        ladder.add(msgspec.structs.replace(message(), text=text))
    record = ladder.record("leg-1")
    assert sum(len(each.text) for each in record.messages) <= MAX_OCTETS
    assert len(record.messages) + record.left_out == 50
    assert "CSeq: 49 INVITE" in record.messages[-1].text


@pytest.mark.parametrize(
    ("start", "cseq", "words"),
    [
        ("INVITE sip:bob@example.com SIP/2.0", "1 INVITE", "INVITE (1)"),
        ("SIP/2.0 486 Busy Here", "7 INVITE", "486 Busy Here (7)"),
    ],
)
def test_a_message_in_a_few_words(start: str, cseq: str, words: str) -> None:
    assert label(message(start, cseq=cseq)) == words


def test_a_ladder_has_an_arrow_for_each_message() -> None:
    ladder = Ladder()
    ladder.add(message())
    ladder.add(message("SIP/2.0 200 OK", "out"))
    head, request, response = drawn(ladder.record("leg-1"))
    assert head.split() == ["192.0.2.1:5060", "udp", "198.51.100.7:5070"]
    assert request.startswith("12:26:40.250")
    assert "│<─" in request
    assert "INVITE (1)" in request
    assert response.endswith("─>│")
    assert "200 OK (1)" in response
    assert len(request) == len(response) == 16 + WIDTH
