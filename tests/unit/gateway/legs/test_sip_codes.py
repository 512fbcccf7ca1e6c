"""The table of SIP codes: every end is one that applications know, and comes back as it went."""

import runpy
from pathlib import Path

import pytest

from gateway.conversation.leg import ENDS as LEG_ENDS
from gateway.conversation.reasons import REASONS
from gateway.legs.sip_codes import CLASSES, CODES, ENDS, REFUSALS, code_of, end_of

pytestmark = pytest.mark.unit


ROOT = Path(__file__).parents[4]


def test_the_page_is_drawn_from_the_table() -> None:
    page = runpy.run_path(str(ROOT / "scripts" / "sip-codes"))["page"]
    drawn = (ROOT / "docs" / "sip-codes.md").read_text("utf-8")
    assert drawn == page(), "the table has changed: `make docs` draws it again"


def test_every_reason_and_status_is_one_that_applications_know() -> None:
    for row in (*ENDS.values(), *CLASSES.values()):
        assert row.reason in REASONS
        assert row.status in LEG_ENDS - {"completed"}


def test_every_final_response_has_a_meaning() -> None:
    for status_code in range(300, 700):
        end = end_of(status_code)
        assert end.sip_code == status_code
        assert end.status != "completed"


@pytest.mark.parametrize(
    ("status_code", "status", "reason"),
    [
        (486, "busy", "busy_here"),
        (480, "unanswered", "temporarily_unavailable"),
        (603, "rejected", "rejected"),
        (302, "failed", "failed"),
        (488, "failed", "failed"),
        (580, "failed", "server_internal_error"),
        (607, "rejected", "rejected"),
    ],
)
def test_an_end(status_code: int, status: str, reason: str) -> None:
    assert (end_of(status_code).status, end_of(status_code).reason) == (status, reason)


def test_what_sip_said_is_passed_on() -> None:
    assert code_of("busy", 600) == 600
    assert code_of("failed", None) == 503
    assert code_of("completed", 200) == 503


def test_every_end_without_an_answer_has_a_code_that_means_it() -> None:
    assert set(CODES) == LEG_ENDS - {"completed"}
    for status, code in CODES.items():
        meant = end_of(code).status
        assert meant == status or (status, meant) in {("timeout", "unanswered"), ("rejected", "failed")}


def test_callers_are_refused_with_final_responses() -> None:
    assert all(400 <= refusal.sip_code < 600 for refusal in REFUSALS)
