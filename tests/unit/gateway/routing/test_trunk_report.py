"""What is wrong with a trunk that was tried, and what can be done about it."""

import pytest

from gateway.config import TrunkSettings
from gateway.routing.trunk_report import ServerReport, report

pytestmark = pytest.mark.unit

TRUNK = TrunkSettings(name="carrier", host="a.example", username="me", password="swordfish", max_calls=3)
THERE = {"host": "a.example", "port": 0, "transport": "udp", "address": "192.0.2.1:5060"}


def server(**fields: object) -> ServerReport:
    return ServerReport(**{**THERE, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [200, 401, 403, 404, 405, 481, 500, 603])
def test_any_word_says_that_somebody_is_there(status: int) -> None:
    assert server(status=status, reason="Said").trouble == ""


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"address": "", "reason": "no address"}, ["was not asked: no address", "its name"]),
        ({"reason": "nothing was heard"}, ["192.0.2.1:5060, udp", "nothing was heard", "firewalls"]),
        ({"status": 503, "reason": "Service Unavailable"}, ["503 Service Unavailable", "transport"]),
    ],
)
def test_a_server_in_trouble_is_told_with_what_to_do(fields: dict[str, object], words: list[str]) -> None:
    trouble = server(**fields).trouble
    assert [word for word in words if word not in trouble] == []


@pytest.mark.parametrize(
    ("registration", "status", "words"),
    [
        ("", 0, ""),
        ("registered", 200, ""),
        ("refreshing", 200, ""),
        ("registering", 0, "nothing yet"),
        ("failed", 403, "password"),
        ("failed", 503, "asked again"),
    ],
)
def test_a_registration_that_does_not_stand_is_told(registration: str, status: int, words: str) -> None:
    troubles = report(TRUNK, [server(status=200)], registration, status).troubles
    assert [words in trouble for trouble in troubles] == ([True] if words else [])


def test_the_policy_is_shown_and_no_secret() -> None:
    made = report(TRUNK, [], "", 0)
    assert (made.policy["max_calls"], made.policy["failover"]) == (3, ("timeout", "5xx"))
    assert "swordfish" not in str(made)
