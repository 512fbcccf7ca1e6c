"""What carriers and PBXs do in and to calls: SIPp on either side of a running gateway, by expectation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.hearing import Pcm, is_speech_like
from tests.support.gateway import RunningGateway
from tests.support.line import Line, connect_sip, room, talk
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, needs_sipp, pytest.mark.asyncio(loop_scope="module")]

AT_ONCE = 6
"""Scenarios that play at one time; they mostly wait."""

LONG_TALK = talk("This goes on for quite some time, so that the other side can move meanwhile. " * 2)
"""Whoever listens to the end hears it in any case: it outlasts what they do."""

SHORT_TALK = talk()

ANSWERED = ["started", "ringing", "answered", "completed"]
CANCELLED = ["started", "ringing", "cancelled", "completed"]
TIMED_OUT = ["started", "ringing", "timeout", "completed"]

CALLERS = {
    "100rel_never_acknowledged": ANSWERED,
    "100rel_required": ANSWERED,
    "200_crosses_cancel": ANSWERED,
    "late_offer": ANSWERED,
    "overlapping_reinvites": ANSWERED,
    "reinvite_changes_codec": ANSWERED,
    "reinvite_without_sdp": ANSWERED,
    "repeats_after_ack_are_absorbed": ANSWERED,
    "timer_refreshed_by_caller": ANSWERED,
    "timer_too_short_gets_422": ANSWERED,
    "unknown_extension_gets_420": [],
    "update_while_ringing": CANCELLED,
    "zero_address_hold": ANSWERED,
}
"""What the application is told of the calls that come in, by scenario."""

PHONES = {
    "phone_answers_across_cancel": TIMED_OUT,
    "phone_answers_reliably": ANSWERED,
    "phone_asks_for_our_offer": ANSWERED,
    "phone_holds_and_resumes": ANSWERED,
    "phone_moves_before_it_answers": ANSWERED,
    "phone_wants_a_longer_session": ANSWERED,
}
"""The same of the calls that go out."""

SILENT = {
    "caller_vanishes": ["started", "ringing", "answered", "failed", "completed"],
    "silent_caller_is_asked": ANSWERED,
}
"""The same of callers into a room from whom nothing is heard for half a minute."""

SPOKEN_TO = [
    "late_offer",
    "reinvite_without_sdp",
    "reinvite_changes_codec",
    "zero_address_hold",
    "phone_answers_reliably",
    "phone_asks_for_our_offer",
    "phone_holds_and_resumes",
]
"""Scenarios that listen to the end: the sound still comes."""


@dataclass(frozen=True)
class Played:
    """What came of a scenario that went as it is written."""

    statuses: list[str]
    heard: Pcm


Scenes = dict[str, "asyncio.Task[Played]"]


class Theatre:
    """One gateway with applications: one talks, one calls a phone which rings on and on, one has a room."""

    def __init__(self, talking: Line, ringing: Line, waiting: Line, directory: Path) -> None:
        self._talking, self._ringing, self._waiting = talking, ringing, waiting
        self._directory = directory
        self._stage = asyncio.Semaphore(AT_ONCE)

    async def call_in(self, scenario: str, caller: str) -> Played:
        """SIPp calls."""
        line = self._ringing if scenario == "update_while_ringing" else self._talking
        async with self._stage, RtpParty(880) as party:
            async with self._caller(line, scenario, caller, party) as sipp:
                if scenario in SPOKEN_TO:
                    party.speak_to(await sipp.far_rtp_port())
                await sipp.finish()
            return Played(await self._told(line, {"from": caller}, CALLERS[scenario]), party.heard())

    async def call_out(self, scenario: str) -> Played:
        """The gateway calls SIPp."""
        line = self._talking
        async with self._stage, RtpParty(880) as party:
            async with Sipp(f"session_{scenario}", self._directory, keys={"rtp_port": party.port}) as sipp:
                words = LONG_TALK if scenario == "phone_holds_and_resumes" else SHORT_TALK
                more = {"ringing_timer": 2} if PHONES[scenario] is TIMED_OUT else {}
                created = await line.create_call({"type": "sip", "uri": sipp.uri}, words, **more)
                party.speak_to(await sipp.far_rtp_port())
                await sipp.finish()
            return Played(await self._told(line, {"uuid": created["uuid"]}, PHONES[scenario]), party.heard())

    async def fall_silent(self, scenario: str, caller: str) -> Played:
        """SIPp calls, and nothing is heard of it. That takes its time, beside all others."""
        line = self._waiting
        async with RtpParty() as party, self._caller(line, scenario, caller, party) as sipp:
            await sipp.finish()
            return Played(await self._told(line, {"from": caller}, SILENT[scenario]), party.heard())

    def _caller(self, line: Line, scenario: str, caller: str, party: RtpParty) -> Sipp:
        keys = {"rtp_port": party.port, "caller": caller}
        target, options = f"127.0.0.1:{line.gateway.sip_port}", ("-s", line.number)
        return Sipp(f"session_{scenario}", self._directory, to=target, keys=keys, options=options)

    @staticmethod
    async def _told(line: Line, which: dict[str, object], expected: list[str]) -> list[str]:
        if not expected:
            return [
                hook.fields["status"]
                for hook in line.webhooks.hooks
                if hook.fields.get("from") == which["from"]
            ]
        completed = await line.webhooks.wait("/event", which, status="completed", within_s=90)
        return line.webhooks.statuses(completed.fields["uuid"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scenes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scenes]:
    """Every scenario, playing."""
    directory = tmp_path_factory.mktemp("sessions")
    async with AsyncExitStack() as stack:
        more: dict[str, dict[str, object]] = {"limits": {"calls_per_second": 100}}
        gateway = await stack.enter_async_context(RunningGateway(directory / "gateway", more=more))
        talking = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        talking.webhooks.answer(LONG_TALK)
        ringing = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        bell = await stack.enter_async_context(Sipp("outbound_unanswered_gets_cancel", directory))
        ringing.webhooks.answer(connect_sip(bell.uri))
        waiting = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        waiting.webhooks.answer(room())
        theatre = Theatre(talking, ringing, waiting, directory)
        plays = (
            {name: theatre.fall_silent(name, f"4477000008{index:02d}") for index, name in enumerate(SILENT)}
            | {name: theatre.call_in(name, f"4477000009{index:02d}") for index, name in enumerate(CALLERS)}
            | {name: theatre.call_out(name) for name in PHONES}
        )
        tasks = {name: asyncio.create_task(play, name=name) for name, play in plays.items()}
        yield tasks
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)


@pytest.mark.parametrize("name", CALLERS | PHONES | SILENT)
async def test_a_scenario(scenes: Scenes, name: str) -> None:
    played = await scenes[name]
    assert played.statuses == (CALLERS | PHONES | SILENT)[name]
    if name in SPOKEN_TO:
        assert is_speech_like(played.heard)
