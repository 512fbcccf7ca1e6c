"""The demonstration proves something only if each missing piece is noticed."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from gateway.demo.proof import Evidence, Recorded, claims

pytestmark = pytest.mark.unit

PARTIES = ("caller", "phone")
HISTORY: list[dict[str, Any]] = [
    {"id": 1, "type": "member:joined"},
    {"id": 2, "type": "member:joined"},
    {"id": 3, "type": "member:left"},
    {"id": 4, "type": "member:left"},
]
STATUSES = ("started", "ringing", "answered", "completed")
WHOLE = Evidence(
    menu_heard=True,
    webhooks=[
        ("answer", {}),
        ("digit", {"dtmf": {"digits": "1"}}),
        *(("event", {"status": status}) for status in STATUSES),
    ],
    live=[{**event, "conversation_id": "CON-1"} for event in HISTORY],
    conversation_id="CON-1",
    history=[*HISTORY],
    recorded=Recorded("r.wav", 5.0, {"caller": -20.0, "phone": -20.0}),
    matrix={"caller": {"caller": -90.0, "phone": -20.0}, "phone": {"caller": -20.0, "phone": -90.0}},
)


def missing(evidence: Evidence) -> list[str]:
    return [claim.text for claim in claims(evidence, PARTIES, shortest_recording_s=5.0) if not claim.held]


def test_everything_seen_proves_everything() -> None:
    assert missing(WHOLE) == []


def test_nothing_seen_proves_nothing() -> None:
    assert all(not claim.held for claim in claims(Evidence(), PARTIES, shortest_recording_s=5.0))


def _change(**fields: object) -> Callable[[], Evidence]:
    return lambda: replace(deepcopy(WHOLE), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spoiled", "text"),
    [
        (_change(menu_heard=False), "the caller heard the spoken menu"),
        (_change(webhooks=WHOLE.webhooks[1:]), "the application was asked for the NCCO"),
        (_change(webhooks=[*WHOLE.webhooks, ("digit", {"dtmf": {"digits": "2"}})]), "told the digit 1"),
        (_change(webhooks=WHOLE.webhooks[:-1]), "a call was completed"),
        (_change(history=HISTORY[:3]), "2 members left it"),
        (_change(history=[*HISTORY, {"id": 6, "type": "text"}]), "without a gap"),
        (_change(live=WHOLE.live[1:]), "seen live"),
        (_change(conversation_id="CON-2"), "seen live"),
        (_change(recorded=None), "was recorded"),
        (_change(recorded=Recorded("r", 4.9, {"caller": -20.0, "phone": -20.0})), "at least 5 s"),
        (
            _change(recorded=Recorded("r", 5.0, {"caller": -20.0, "phone": -60.0})),
            "phone is on the recording",
        ),
        (
            _change(matrix={**WHOLE.matrix, "caller": {"caller": -40.0, "phone": -20.0}}),
            "does not hear itself",
        ),
        (_change(matrix={**WHOLE.matrix, "caller": {"caller": -90.0, "phone": -60.0}}), "caller hears phone"),
    ],
)
def test_a_missing_piece_is_named(spoiled: Callable[[], Evidence], text: str) -> None:
    assert any(text in claim for claim in missing(spoiled()))
