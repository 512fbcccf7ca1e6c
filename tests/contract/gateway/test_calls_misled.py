"""Calls whose application gives no NCCO, or none that can be used: the fallback, and what is told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.calls.scripting import NO_NCCO, SYNTAX_ERROR
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import ANSWER, EVENT, FALLBACK, Host, empty, ncco

pytestmark = pytest.mark.contract

TALK = {"action": "talk", "text": "welcome"}
INPUT = {"action": "input", "dtmf": {"maxDigits": 2, "timeOut": 10}}
DANCE = {"action": "dance"}


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        yield opened


async def test_a_wrong_ncco_is_reported_and_the_fallback_asked(exchange: Exchange) -> None:
    exchange.outbox.hosts = {ANSWER: ncco(DANCE), FALLBACK: ncco(TALK)}
    leg_id = exchange.call_in()
    await exchange.playing("welcome")
    (error,) = (payload for payload in exchange.outbox.payloads() if "reason" in payload)
    assert error["reason"].startswith("Syntax error in NCCO. Invalid value type or action.")
    assert error["conversation_uuid"] == (await exchange.leg(leg_id)).conversation_id
    original, asked = exchange.outbox.asked
    assert asked.webhook.address == FALLBACK
    assert asked.payload == {
        **original.payload,
        "reason": error["reason"],
        "original_request": {"url": ANSWER, "type": "answer"},
    }


@pytest.mark.parametrize(
    ("answer", "fallback", "reasons"),
    [
        (ncco(DANCE), None, (f"{SYNTAX_ERROR} ncco[0]", "Host not found.")),
        (ncco(DANCE), ncco(TALK, DANCE), (f"{SYNTAX_ERROR} ncco[0]", f"{SYNTAX_ERROR} ncco[1]")),
        (None, ncco(DANCE), ("Host not found.", f"{SYNTAX_ERROR} ncco[0]")),
        (ncco(DANCE), empty, (f"{SYNTAX_ERROR} ncco[0]", NO_NCCO)),
        (empty, None, (NO_NCCO, "Host not found.")),
        (empty, empty, (NO_NCCO, NO_NCCO)),
    ],
)
async def test_a_call_without_an_ncco_fails_and_each_url_has_its_reason(
    exchange: Exchange, answer: Host | None, fallback: Host | None, reasons: tuple[str, str]
) -> None:
    hosts = {ANSWER: answer, FALLBACK: fallback}
    exchange.outbox.hosts = {url: host for url, host in hosts.items() if host is not None}
    leg_id = exchange.call_in()
    await exchange.until_gone(leg_id)
    assert exchange.outbox.statuses(leg_id) == ["started", "ringing", "failed", "completed"]
    told = [payload["reason"] for payload in exchange.outbox.payloads() if "reason" in payload]
    for reason, begin, url in zip(told, reasons, (ANSWER, FALLBACK), strict=True):
        assert reason.startswith(begin)
        assert reason.endswith(f" (no NCCO from {url})")


async def test_a_wrong_ncco_for_an_input_sends_it_to_the_fallback(exchange: Exchange) -> None:
    exchange.outbox.hosts = {EVENT: ncco(DANCE), FALLBACK: ncco(TALK)}
    leg_id = await exchange.answered_call_in(INPUT)
    exchange.calls.digit(leg_id, "#", 100)
    await exchange.playing("welcome")
    (error,) = (payload for payload in exchange.outbox.payloads() if "reason" in payload)
    assert error["reason"].startswith(f"{SYNTAX_ERROR} ncco[0].action")
    asked = exchange.outbox.asked[-1]
    assert asked.webhook.address == FALLBACK
    assert "dtmf" in asked.payload
    assert asked.payload["reason"] == error["reason"]
    assert asked.payload["original_request"] == {"url": EVENT, "type": "event"}


async def test_a_script_goes_on_when_an_input_gets_wrong_nccos_alone(exchange: Exchange) -> None:
    exchange.outbox.hosts = {EVENT: ncco(DANCE), FALLBACK: ncco(TALK, DANCE)}
    leg_id = await exchange.answered_call_in(INPUT, TALK)
    exchange.calls.digit(leg_id, "#", 100)
    await exchange.playing("welcome")
    told = [payload["reason"] for payload in exchange.outbox.payloads() if "reason" in payload]
    assert [reason.removeprefix(SYNTAX_ERROR)[:8] for reason in told] == [" ncco[0]", " ncco[1]"]


async def test_a_dead_answer_url_fails_the_call_and_says_why(exchange: Exchange) -> None:
    leg_id = exchange.call_in()
    await exchange.until_gone(leg_id)
    assert exchange.outbox.statuses(leg_id) == ["started", "ringing", "failed", "completed"]
    assert any(ANSWER in payload.get("reason", "") for payload in exchange.outbox.payloads())
    assert exchange.line.codes[leg_id] == 480
    assert (await exchange.fact_types(leg_id))[-3:] == ["member:left", "sip:hangup", "sip:status"]
