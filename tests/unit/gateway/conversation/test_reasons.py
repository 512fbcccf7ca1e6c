"""The closed vocabularies of ends."""

import pytest

from gateway.conversation.leg import ENDS, state_of
from gateway.conversation.reasons import REASONS, detail_of, reason_of
from gateway.legs.sip_codes import ENDS as SIP_ENDS

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("status", sorted(ENDS))
@pytest.mark.parametrize("reason", [None, "Address not allowed.", "the gateway was restarted", "gone", "ok"])
def test_a_state_has_a_published_reason(status: str, reason: str | None) -> None:
    assert state_of(status, reason)["reason"] in REASONS
    if reason in REASONS:
        assert reason_of(status, reason) == reason


@pytest.mark.parametrize("code", sorted(SIP_ENDS))
def test_every_sip_code_has_a_published_reason(code: int) -> None:
    assert SIP_ENDS[code][1] in REASONS


@pytest.mark.parametrize(
    ("status", "reason", "detail"),
    [
        ("failed", "gone", "number_out_of_service"),
        ("failed", "server_internal_error", "internal_error"),
        ("failed", "Address not allowed.", "cannot_route"),
        ("rejected", "rejected", "declined"),
        ("rejected", "no trunk has a prefix", "restricted"),
        ("rejected", "address_incomplete", "invalid_number"),
        ("unanswered", "request_timeout", "timeout"),
        ("unanswered", "temporarily_unavailable", "unavailable"),
        ("unanswered", "gone", "unavailable"),
        ("busy", "busy_here", None),
        ("completed", "ok", None),
    ],
)
def test_details(status: str, reason: str, detail: str | None) -> None:
    assert detail_of(status, reason) == detail
