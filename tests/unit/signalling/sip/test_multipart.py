"""Bodies of several parts: the description is found, and what must be understood besides gets 415."""

import pytest

from signalling.sip.calls import CallAnswered
from signalling.sip.multipart import MAX_PART_HEAD, MAX_PARTS
from tests.support.sip_script import SDP, Says, Script, names

pytestmark = pytest.mark.unit

DESCRIPTION = f"Content-Type: application/sdp\r\n\r\n{SDP}"
ISUP = "Content-Type: application/ISUP\r\nContent-Disposition: signal;handling=optional\r\n\r\n\x01\x11"
SHOUTED = f"CONTENT-TYPE: APPLICATION/SDP; x=y\r\n\r\n{SDP}"
MIXED = "multipart/mixed;boundary=edge"
PLACE = "Content-Type: application/pidf+xml\r\nContent-ID: <a@b>\r\n\r\n<presence/>"
REQUIRED = ISUP.replace("optional", "required")


def body(*parts: str, boundary: str = "edge", close: str = "--") -> str:
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}{close}\r\n"


def first_answer(text: str, content_type: str = "multipart/mixed;boundary=edge") -> str:
    said = Script().say(Says(body=text, content_type=content_type))
    return names(said)[0]


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        (body(DESCRIPTION, ISUP), MIXED),
        (body(ISUP, PLACE, DESCRIPTION), "Multipart/Mixed; charset=x; Boundary = edge"),
        (body(DESCRIPTION, PLACE, boundary="a b:c"), 'multipart/mixed; boundary="a b:c"'),
        ("A preamble.\r\n" + body(DESCRIPTION) + "And more.", MIXED),
        (body(SHOUTED, ISUP), "multipart/alternative;boundary=edge"),
        (body(*[PLACE] * (MAX_PARTS - 1), DESCRIPTION), MIXED),
        (body("Content-Disposition: session;handling=required\r\n" + DESCRIPTION), MIXED),
    ],
)
def test_the_description_is_taken(text: str, content_type: str) -> None:
    script = Script()
    call = script.ring_in(body=text, content_type=content_type)
    assert b"m=audio" in script.accept(call).body


@pytest.mark.parametrize(
    "text",
    [
        body(DESCRIPTION, REQUIRED),
        body(DESCRIPTION, REQUIRED.replace("required", '"required"')),
        body(ISUP),
        body(DESCRIPTION.replace("\r\n", "\r\nContent-Transfer-Encoding: base64\r\n", 1)),
        body("Content-Disposition: early-session\r\n" + DESCRIPTION),
        body(DESCRIPTION, close=""),
        body(DESCRIPTION, boundary="edges"),
        body(*[PLACE] * MAX_PARTS, DESCRIPTION),
        body(f"X: {'a' * MAX_PART_HEAD}\r\n{DESCRIPTION}"),
        body("Content-Type: application/sdp"),
        SDP,
    ],
)
def test_what_cannot_be_taken_gets_415(text: str) -> None:
    assert first_answer(text) == "415"


def test_without_a_boundary_there_are_no_parts() -> None:
    assert first_answer(body(DESCRIPTION), "multipart/mixed") == "415"


def test_a_fault_in_the_part_is_the_descriptions() -> None:
    assert first_answer(body(DESCRIPTION.replace("RTP/AVP 0", "RTP/AVP 99"), ISUP)) == "488"


def test_an_answer_may_have_parts_too() -> None:
    script = Script()
    _, invite = script.call_out()
    text = body(ISUP, DESCRIPTION)
    lines = [
        "SIP/2.0 200 OK", f"Via: {invite.via}", f"From: {invite.from_}", f"To: {invite.to};tag=peer",
        f"Call-ID: {invite.call_id}", f"CSeq: {invite.cseq}", "Contact: <sip:peer@192.0.2.1>",
        f"Content-Type: {MIXED}", f"Content-Length: {len(text)}", "", text,
    ]  # fmt: skip
    script.say("\r\n".join(lines).encode())
    assert isinstance(script.events[-1], CallAnswered)
