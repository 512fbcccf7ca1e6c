"""SIPp scenarios: message sequences that a well-behaved phone does not produce, and exact responses."""

import re
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.demo.hearing import is_speech_like, matrix, part, read_wav, tone_level_dbov
from tests.conftest import StartGateway, StartPhone
from tests.support.gateway import trunk_to
from tests.support.hearing import LOUDNESS_TOLERANCE_DB, SPOKEN_DBOV, UNHEARD_DBOV, assert_all_hear_each_other
from tests.support.line import Line, connect_sip, room, talk
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, needs_sipp]

CALLER = "447700000001"
LONG_TALK = talk(
    "This goes on for quite some time, so that the caller ends the call and not the script. " * 5
)

Run = Callable[..., Coroutine[None, None, Sipp]]


@pytest.fixture
async def line(start_gateway: StartGateway, webhooks: WebhookApp) -> Line:
    return await Line.rent(await start_gateway(), webhooks)


@pytest.fixture
async def party(running: AsyncExitStack) -> RtpParty:
    """The sound of the SIPp side: 880 Hz."""
    return await running.enter_async_context(RtpParty(880))


@pytest.fixture
def call_in(line: Line, party: RtpParty, running: AsyncExitStack, tmp_path: Path) -> Run:
    """Start a scenario that calls the rented number, or another one."""

    async def call_in(scenario: str, *options: str, number: str = "") -> Sipp:
        keys = {"rtp_port": party.port, "caller": CALLER}
        words = ("-s", number or line.number, *options)
        target = f"127.0.0.1:{line.gateway.sip_port}"
        return await running.enter_async_context(
            Sipp(scenario, tmp_path, to=target, keys=keys, options=words)
        )

    return call_in


@pytest.fixture
def wait_for_call(party: RtpParty, running: AsyncExitStack, tmp_path: Path) -> Run:
    """Start a scenario that waits for a call."""

    async def wait_for_call(scenario: str) -> Sipp:
        return await running.enter_async_context(Sipp(scenario, tmp_path, keys={"rtp_port": party.port}))

    return wait_for_call


async def leg_over(webhooks: WebhookApp, *, direction: str = "inbound") -> list[str]:
    """Wait for a leg's end; the statuses that were told about it."""
    completed = await webhooks.wait(status="completed", direction=direction, within_s=45)
    return webhooks.statuses(completed.fields["uuid"])


async def test_a_caller_hears_speech(line: Line, call_in: Run, party: RtpParty) -> None:
    line.webhooks.answer(talk())
    caller = await call_in("inbound_answered_gateway_hangs_up")
    party.speak_to(await caller.far_rtp_port())
    await caller.finish()

    assert await leg_over(line.webhooks) == ["started", "ringing", "answered", "completed"]
    assert is_speech_like(party.heard())


async def test_a_caller_hears_a_file(line: Line, call_in: Run, party: RtpParty) -> None:
    file = Path(__file__).parents[2] / "fixtures" / "audio" / "tone-1000.wav"
    line.webhooks.serve("/tone.wav", file, "audio/wav")
    line.webhooks.answer({"action": "stream", "streamUrl": [f"{line.webhooks.url}/tone.wav"], "loop": 2})
    caller = await call_in("inbound_answered_gateway_hangs_up")
    await caller.finish()

    await leg_over(line.webhooks)
    level = tone_level_dbov(party.heard(), 1000, steady_s=3.0)
    assert level == pytest.approx(SPOKEN_DBOV, abs=LOUDNESS_TOLERANCE_DB)


async def test_a_caller_and_a_phone_hear_each_other(
    line: Line, call_in: Run, party: RtpParty, start_phone: StartPhone
) -> None:
    line.webhooks.answer(room())
    anna = await start_phone("447700000101", 440)
    await anna.call(line.uri)
    await anna.wait("established")
    caller = await call_in("inbound_answered_caller_hangs_up", "-d", "4000")
    party.speak_to(await caller.far_rtp_port())
    await caller.finish()
    completed = await line.webhooks.wait("/event", {"from": CALLER}, status="completed")

    assert completed.fields["disconnected_by"] == "user"
    table = matrix({"anna": read_wav(anna.heard)[0], "sipp": party.heard()}, {"anna": 440, "sipp": 880})
    assert_all_hear_each_other(table, ("anna", "sipp"))


@pytest.mark.row("status cancelled")
async def test_early_cancel(line: Line, call_in: Run, start_phone: StartPhone) -> None:
    ben = await start_phone("ben", answers=False)
    line.webhooks.answer(connect_sip(ben.uri))
    caller = await call_in("inbound_early_cancel_gets_487")
    await ben.wait("ringing")
    await caller.finish()
    await ben.wait("closed")

    assert await leg_over(line.webhooks) == ["started", "ringing", "cancelled", "completed"]
    assert await leg_over(line.webhooks, direction="outbound") == [
        "started",
        "ringing",
        "cancelled",
        "completed",
    ]


async def test_lost_ack(line: Line, call_in: Run) -> None:
    line.webhooks.answer(LONG_TALK)
    caller = await call_in("inbound_lost_ack_gets_200_again", "-nr")
    await caller.finish()

    assert await leg_over(line.webhooks) == ["started", "ringing", "answered", "completed"]
    assert sum(message.startswith("SIP/2.0 200") for message in caller.received()) == 4, (
        "three for INVITE, one for BYE"
    )


async def test_hold_and_resume(line: Line, call_in: Run, party: RtpParty, start_phone: StartPhone) -> None:
    line.webhooks.answer(room())
    anna = await start_phone("447700000101", 440)
    await anna.call(line.uri)
    await anna.wait("established")
    caller = await call_in("inbound_hold_and_resume")
    party.speak_to(await caller.far_rtp_port())
    await caller.finish()

    heard = party.heard()
    on_hold = part(heard, 3.0, 4.5)
    assert tone_level_dbov(on_hold, 440) < UNHEARD_DBOV
    assert tone_level_dbov(heard, 440, steady_s=3.5) == pytest.approx(SPOKEN_DBOV, abs=LOUDNESS_TOLERANCE_DB)


@pytest.mark.parametrize("scenario", ["inbound_bye_right_after_ack", "inbound_bye_overtakes_ack_of_reinvite"])
async def test_bye_race(scenario: str, line: Line, call_in: Run, party: RtpParty) -> None:
    line.webhooks.answer(LONG_TALK)
    caller = await call_in(scenario)
    await caller.finish()
    assert await leg_over(line.webhooks) == ["started", "ringing", "answered", "completed"]

    again = await call_in("inbound_answered_caller_hangs_up", "-d", "1000")
    await again.finish()
    assert await leg_over(line.webhooks) == ["started", "ringing", "answered", "completed"]


async def test_unknown_number(line: Line, call_in: Run) -> None:
    caller = await call_in("inbound_unknown_number_gets_404", number="447799999999")
    await caller.finish()
    assert line.webhooks.hooks == []


async def test_unknown_source_is_refused(line: Line, call_in: Run) -> None:
    caller = await call_in("inbound_unknown_source_gets_403", "-i", "127.0.0.2")
    await caller.finish()
    assert line.webhooks.hooks == []


async def test_options(line: Line, call_in: Run) -> None:
    caller = await call_in("options_gets_200")
    await caller.finish()


async def test_unknown_source_is_challenged(
    start_gateway: StartGateway, webhooks: WebhookApp, running: AsyncExitStack, tmp_path: Path
) -> None:
    """SIPp 3.6 stops at any algorithm but MD5, so baresip answers challenges; here they are read."""
    users = [{"username": "carol", "password": "swordfish"}]
    line = await Line.rent(await start_gateway(sip={"users": users}), webhooks)
    caller = Sipp(
        "inbound_unknown_source_is_challenged",
        tmp_path,
        to=f"127.0.0.1:{line.gateway.sip_port}",
        keys={"rtp_port": 4000, "caller": CALLER},
        options=("-s", line.number, "-i", "127.0.0.2"),
    )
    await running.enter_async_context(caller)
    await caller.finish()

    algorithms = re.findall(
        r"^WWW-Authenticate:.*algorithm=([\w-]+)", "\n".join(caller.received()), re.MULTILINE
    )
    assert algorithms == ["MD5", "SHA-256"], "what every phone knows first: many read no further"
    assert webhooks.hooks == []


async def test_the_gateway_calls_and_hangs_up(line: Line, wait_for_call: Run, party: RtpParty) -> None:
    callee = await wait_for_call("outbound_answered_gateway_hangs_up")
    created = await line.create_call({"type": "sip", "uri": callee.uri}, talk())
    party.speak_to(await callee.far_rtp_port())
    await callee.finish()

    assert await leg_over(line.webhooks, direction="outbound") == [
        "started",
        "ringing",
        "answered",
        "completed",
    ]
    assert is_speech_like(party.heard())
    call = await line.call_state(created["uuid"])
    assert (call["status"], call["direction"]) == ("completed", "outbound")


async def test_the_gateway_calls_and_the_phone_hangs_up(line: Line, wait_for_call: Run) -> None:
    callee = await wait_for_call("outbound_answered_phone_hangs_up")
    await line.create_call({"type": "sip", "uri": callee.uri}, LONG_TALK)
    await callee.finish()

    completed = await line.webhooks.wait(status="completed")
    assert completed.fields["disconnected_by"] == "user"


@pytest.mark.row("status busy", "webhook event.sip_code")
async def test_the_gateway_calls_somebody_busy(line: Line, wait_for_call: Run) -> None:
    callee = await wait_for_call("outbound_busy_486")
    created = await line.create_call({"type": "sip", "uri": callee.uri}, talk())
    await callee.finish()
    busy = await line.webhooks.wait(status="busy")

    assert busy.fields["uuid"] == created["uuid"]
    assert busy.fields["sip_code"] == 486
    assert "answered" not in await leg_over(line.webhooks, direction="outbound")


@pytest.mark.row("POST /v1/calls from")
async def test_a_trunk_is_shown_no_number_of_another_account(
    start_gateway: StartGateway, webhooks: WebhookApp, running: AsyncExitStack, tmp_path: Path
) -> None:
    trunks = [Sipp("outbound_busy_486", tmp_path) for _ in range(2)]
    prefixes = ("4479001", "4479002")
    line = await Line.rent(
        await start_gateway(
            trunks=[
                trunk_to(trunk.port, prefix, name=f"carrier-{prefix}")
                for trunk, prefix in zip(trunks, prefixes, strict=True)
            ]
        ),
        webhooks,
    )
    rest, foreign = line.gateway.rest, "447700000099"
    other = await rest.expect(201, "POST", "/cordboard/accounts", body={"name": "another"})
    of_other = f"country=GB&msisdn={foreign}&target_api_key={other['api_key']}"
    await rest.expect(200, "POST", f"/number/buy?{of_other}")

    shown = []
    for trunk, prefix, number in zip(trunks, prefixes, (line.number, foreign), strict=True):
        await running.enter_async_context(trunk)
        to = {"type": "phone", "number": f"{prefix}00000"}
        await line.create_call(to, talk(), **{"from": {"type": "phone", "number": number}})
        await trunk.finish()
        invite = trunk.received()[0]
        assert invite.startswith(f"INVITE sip:{to['number']}@")
        shown.append(number in invite)
    assert shown == [True, False]


@pytest.mark.row("POST /v1/calls ringing_timer", "status timeout")
async def test_the_gateway_gives_up(line: Line, wait_for_call: Run) -> None:
    callee = await wait_for_call("outbound_unanswered_gets_cancel")
    await line.create_call({"type": "sip", "uri": callee.uri}, talk(), ringing_timer=2)
    await callee.finish()

    assert await leg_over(line.webhooks, direction="outbound") == [
        "started",
        "ringing",
        "timeout",
        "completed",
    ]
