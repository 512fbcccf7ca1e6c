"""An endpoint whose clock runs ten times as fast, against SIPp: timers, crossings, and who gives up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import pytest_asyncio

from signalling.io.shell import SipShell
from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import (
    AnyCallEvent,
    CallAnswered,
    CallCancelled,
    CallEnded,
    CallEstablished,
    CallHandle,
    IncomingCall,
    StreamChanged,
)
from signalling.sip.config import Invitation
from signalling.sip.uri import SipUri
from tests.support.hasty import HastyParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.wire import config

pytestmark = [pytest.mark.interop, needs_sipp, pytest.mark.asyncio(loop_scope="module")]

AT_ONCE = 6
"""Scenarios that play at one time; they mostly wait."""

HOST = "127.0.0.1"
MEDIA = LocalMedia(HOST, 40000)
SHORTEST_S = 90
"""The shortest session that RFC 4028 allows."""

REPEATS = 6
"""Copies of an answer that certainly go out in 64*T1: eleven, where nothing is late."""

Verb = Callable[[SipShell, CallHandle], object]


def accept(shell: SipShell, call: CallHandle) -> None:
    shell.ring(call)
    shell.accept(call, MEDIA)


def ring(shell: SipShell, call: CallHandle) -> None:
    shell.ring(call)


def accept_after_early_media(shell: SipShell, call: CallHandle) -> None:
    shell.progress(call, MEDIA)
    shell.accept(call, MEDIA)


def leave(shell: SipShell, call: CallHandle) -> None:
    shell.hang_up(call)


def hold(shell: SipShell, call: CallHandle) -> None:
    shell.hold(call)


def nothing(_shell: SipShell, _call: CallHandle) -> None:
    pass


@dataclass
class User:
    """What the endpoint's user does with a call that comes, with one that is up, and once that changed."""

    on_call: Verb = accept
    once_up: Verb = nothing
    once_changed: Verb = nothing
    _has_changed: bool = field(default=False, init=False)

    def __call__(self, shell: SipShell, event: AnyCallEvent) -> None:
        match event:
            case IncomingCall(call=call):
                self.on_call(shell, call)
            case CallEstablished(call=call) | CallAnswered(call=call):
                self.once_up(shell, call)
            case StreamChanged(call=call) if not self._has_changed:
                self._has_changed = True
                self.once_changed(shell, call)


def resume(shell: SipShell, call: CallHandle) -> None:
    shell.resume(call)


BY_PEER = ("peer", 200, "")
GONE = ("timeout", 408, "no-ack")
EXPIRED = ("timeout", 408, "session-expired")

CALLERS: dict[str, tuple[User, tuple[str, int, str]]] = {
    "183_never_acknowledged_gets_504": (User(accept_after_early_media), ("timeout", 408, "no-prack")),
    "200_is_lost_and_cancel_is_too_late": (User(), GONE),
    "200_without_ack_gets_bye": (User(), GONE),
    "bye_crosses_our_reinvite": (User(once_up=hold), BY_PEER),
    "caller_is_held_and_resumed": (User(once_up=hold, once_changed=resume), BY_PEER),
    "glare_with_the_caller": (User(once_up=hold), BY_PEER),
    "reinvite_crosses_our_bye": (User(once_up=leave), ("us", 200, "")),
    "session_expires_gets_bye": (User(), EXPIRED),
    "session_is_refreshed_by_reinvite": (User(), BY_PEER),
    "session_is_refreshed_by_update": (User(), BY_PEER),
    "update_during_late_reinvite_gets_491": (User(), BY_PEER),
}
"""Of the calls that come in: what the user does, and how the call ends for him."""

PHONES: dict[str, tuple[User, tuple[str, int, str]]] = {
    "bye_is_never_answered": (User(once_up=leave), ("us", 200, "")),
    "glare_with_the_called": (User(once_up=hold), BY_PEER),
    "phone_does_not_refresh_gets_bye": (User(), EXPIRED),
    "phone_is_held_and_resumed": (User(once_up=hold, once_changed=resume), BY_PEER),
    "phone_is_refreshed": (User(), BY_PEER),
}
"""The same of the calls that go out."""


def party(user: User) -> HastyParty:
    return HastyParty(config((HOST, 0), session_expires_s=SHORTEST_S), replace(user))


def caller(scenario: str, directory: Path, port: int) -> Sipp:
    keys: dict[str, object] = {"rtp_port": 40002, "caller": "447700000001"}
    return Sipp(f"timing_{scenario}", directory, to=f"{HOST}:{port}", keys=keys, options=("-s", "42"))


@dataclass(frozen=True)
class Played:
    """A scenario that went as it is written."""

    end: tuple[str, int, str]
    received: list[str]
    """What SIPp got."""


async def play(scenario: str, directory: Path) -> Played:
    """One call with SIPp."""
    user, _ = (CALLERS | PHONES)[scenario]
    async with party(user) as endpoint:
        if scenario in CALLERS:
            async with caller(scenario, directory, endpoint.port) as sipp:
                end = await endpoint.end()
                await sipp.finish()
        else:
            async with Sipp(f"timing_{scenario}", directory, keys={"rtp_port": 40002}) as sipp:
                target = SipUri("sip", "sipp", HOST, sipp.port)
                endpoint.do(
                    lambda shell: shell.invite(Invitation(target, shell.flow(HOST, sipp.port), "42", MEDIA))
                )
                end = await endpoint.end()
                await sipp.finish()
    assert isinstance(end, CallEnded), end
    return Played((end.by, end.status_code, end.reason), sipp.received())


Scenes = dict[str, "asyncio.Task[Played]"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scenes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scenes]:
    """Every scenario, playing."""
    directory = tmp_path_factory.mktemp("timing")
    stage = asyncio.Semaphore(AT_ONCE)

    async def enter(scenario: str) -> Played:
        async with stage:
            return await play(scenario, directory)

    tasks = {name: asyncio.create_task(enter(name), name=name) for name in CALLERS | PHONES}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


@pytest.mark.parametrize("scenario", CALLERS | PHONES)
async def test_a_scenario(scenes: Scenes, scenario: str) -> None:
    assert (await scenes[scenario]).end == (CALLERS | PHONES)[scenario][1]


async def test_an_answer_is_repeated_until_nobody_can_hear_it(scenes: Scenes) -> None:
    received = (await scenes["200_without_ack_gets_bye"]).received
    assert len([message for message in received if message.startswith("SIP/2.0 200")]) >= REPEATS


async def test_a_reinvite_before_the_answer(tmp_path: Path) -> None:
    async with party(User(ring)) as endpoint:
        async with caller("reinvite_while_ringing_gets_500", tmp_path, endpoint.port) as sipp:
            await sipp.finish()
        assert [type(event) for event in endpoint.events] == [IncomingCall, CallCancelled]
