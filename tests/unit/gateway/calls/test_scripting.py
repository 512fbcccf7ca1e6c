"""Which replies send a webhook to the fallback, and what the reason says."""

import json

import pytest

from gateway.calls.scripting import MAX_DETAIL, NO_NCCO, SYNTAX_ERROR, ncco_trouble, reply_ncco
from gateway.webhooks.exchange import MAX_NCCO, Reply

pytestmark = pytest.mark.unit

TALK = {"action": "talk", "text": "hello"}


def _reply(value: object) -> Reply:
    return Reply(200, "application/json", json.dumps(value).encode())


EMPTY = [Reply(204, "", b""), Reply(205, "", b""), Reply(200, "text/html", b""), _reply({})]
NONE = [
    *(_reply(value) for value in (None, 0, "ok", {"status": "ok"}, {"action": "talk", "text": "hello"})),
    *(Reply(200, "text/plain", text) for text in (b"OK", b"\n", b"null", b"not an [array]", b"\xff")),
]
NO_ARRAY = f"{SYNTAX_ERROR} ncco: an NCCO is a JSON array of actions"


@pytest.mark.parametrize("reply", [*EMPTY, *NONE])
def test_what_is_plainly_no_ncco_changes_nothing(reply: Reply) -> None:
    assert ncco_trouble(reply, "event") is None
    assert reply_ncco(reply) is None


@pytest.mark.parametrize("reply", EMPTY)
def test_an_empty_answer_is_of_no_use(reply: Reply) -> None:
    assert ncco_trouble(reply, "answer") == NO_NCCO


@pytest.mark.parametrize("reply", NONE)
def test_what_confirms_an_event_is_no_answer(reply: Reply) -> None:
    assert ncco_trouble(reply, "answer") in (NO_ARRAY, "Invalid JSON.")


@pytest.mark.parametrize("value", [[], [TALK], [TALK, TALK]])
def test_a_right_ncco_is_no_trouble(value: list[object]) -> None:
    assert ncco_trouble(_reply(value), "event") is None
    ncco = reply_ncco(_reply(value))
    assert ncco is not None
    assert len(ncco) == len(value)


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ([{"action": "dance"}], "ncco[0].action: 'dance' is not one of"),
        ([TALK, {**TALK, "loop": "often"}], "ncco[1].talk.loop: "),
        ([None], "ncco[0]: an action is a JSON object"),
    ],
)
def test_a_wrong_ncco_is_told_with_the_place(value: object, where: str) -> None:
    trouble = ncco_trouble(_reply(value), "event")
    assert trouble is not None
    assert trouble.startswith(f"{SYNTAX_ERROR} {where}")


def test_what_is_no_ncco_at_all_has_the_reason_of_the_reply() -> None:
    assert ncco_trouble(Reply(200, "text/html", b"[]"), "event") == "Unexpected content type."
    assert ncco_trouble(Reply(200, "text/html", b"OK"), "event") == "Unexpected content type."
    for content_type, body in (
        ("application/json", b"["),
        ("application/json", b"OK"),
        ("text/plain", b' [{"action"'),
    ):
        assert ncco_trouble(Reply(200, content_type, body), "event") == "Invalid JSON."
    assert ncco_trouble(Reply(200, "text/plain", b"x" * (MAX_NCCO + 1)), "event") == "Response too large."


def test_a_reason_quotes_a_part_of_the_ncco_alone() -> None:
    trouble = ncco_trouble(_reply([{"action": "dance" * MAX_DETAIL}]), "event")
    assert trouble is not None
    assert len(trouble) == len(SYNTAX_ERROR) + 1 + MAX_DETAIL
