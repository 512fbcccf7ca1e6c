"""What is hidden of a leg, and what is not."""

import msgspec
import pytest

from gateway.conversation.redaction import REDACTED, Veil
from gateway.store.records import Json
from tests.support import records

pytestmark = pytest.mark.unit

NUMBER, SHORT = "447700900123", "101"
LEG = msgspec.structs.replace(
    records.leg("leg-1"), from_={"type": "phone", "number": NUMBER}, to={"type": "sip", "uri": SHORT}
)
VEIL = Veil([LEG])


@pytest.mark.parametrize(
    ("value", "hidden"),
    [
        (NUMBER, REDACTED),
        (f"+{NUMBER}", f"+{REDACTED}"),
        (f"<sip:{NUMBER}@192.0.2.1>;tag=1", f"<sip:{REDACTED}@192.0.2.1>;tag=1"),
        (f"1{NUMBER}", f"1{NUMBER}"),
        (f"{NUMBER}0", f"{NUMBER}0"),
        (f"a{NUMBER}", f"a{NUMBER}"),
        (int(NUMBER), REDACTED),
        (101.5, 101.5),
        (True, True),
        (None, None),
        # A short address is hidden where one stands, and not within other texts.
        (f"{SHORT}-4", f"{SHORT}-4"),
        (
            {"from": SHORT, "to": {"type": "sip", "uri": SHORT}},
            {"from": REDACTED, "to": {"type": "sip", "uri": REDACTED}},
        ),
        ({"id": SHORT}, {"id": SHORT}),
        ({NUMBER: [NUMBER]}, {REDACTED: [REDACTED]}),
        # What was sent by the leg is emptied, what others sent is not.
        ({"digit": "5", "channel": {"id": "leg-1"}}, {"digit": REDACTED, "channel": {"id": "leg-1"}}),
        ({"digit": "5", "channel": {"id": "leg-2"}}, {"digit": "5", "channel": {"id": "leg-2"}}),
        ({"uuid": "leg-1", "dtmf": {"digits": "1"}}, {"uuid": "leg-1", "dtmf": {}}),
        ({"uuid": "leg-1", "headers": {"a": "b"}}, {"uuid": "leg-1", "headers": {}}),
        ({"uuid": "leg-1", "speech": {"results": [{"text": "x"}]}}, {"uuid": "leg-1", "speech": {}}),
        (
            {"asr": {"results": [{"word": "x"}]}, "channel": {"id": "leg-1"}},
            {"asr": {}, "channel": {"id": "leg-1"}},
        ),
        ({"text": "hello"}, {"text": "hello"}),
    ],
)
def test_a_value(value: object, hidden: object) -> None:
    assert VEIL.hide(value) == hidden
    assert VEIL.hide(hidden) == hidden


def _body(kind: str, body: Json, from_: str | None = None) -> Json:
    fact = msgspec.structs.replace(records.event("CON-1", 1, kind), body=body, from_=from_)
    return VEIL.fact(fact, records.CREATED).body


def test_what_the_member_of_the_leg_said() -> None:
    assert _body("text", {"text": "my card is 1234"}, LEG.member_id) == {"text": REDACTED}
    assert _body("text", {"text": "hello"}, "MEM-9") == {"text": "hello"}


def test_the_birth_of_the_leg_says_that_it_is_redacted() -> None:
    body = _body("leg:created", {"leg": msgspec.to_builtins(LEG)})
    assert body["redacted"] == records.CREATED
    assert msgspec.convert(body["leg"], type(LEG)).from_ == {"type": "phone", "number": REDACTED}
    other = {"leg": msgspec.to_builtins(records.leg("leg-2"))}
    assert _body("leg:created", other) == other


def test_names_of_conversations_are_the_applications() -> None:
    assert _body("conversation:created", {"name": NUMBER}) == {"name": NUMBER}


def test_a_leg_without_addresses() -> None:
    veil = Veil([msgspec.structs.replace(LEG, from_={"type": "phone"}, to={"type": "phone", "number": ""})])
    assert veil.texts == set()
    assert veil.hide({"a": "text"}) == {"a": "text"}


def test_what_is_redacted_already_is_no_address() -> None:
    gone = {"type": "phone", "number": REDACTED}
    assert Veil([msgspec.structs.replace(LEG, from_=gone, to=gone)]).texts == set()
