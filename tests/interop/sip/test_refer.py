"""Transfers: SIPp is the phone that transfers, baresip is everybody else. Who hears whom afterwards."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.hearing import matrix, part, read_wav, tone_level_dbov
from gateway.demo.phone import Phone, PhoneSettings
from tests.support.gateway import RunningGateway, trunk_to
from tests.support.hearing import UNHEARD_DBOV, assert_all_hear_each_other
from tests.support.line import Line, connect_sip, room
from tests.support.pjsua_phone import IS_INSTALLED, PjsuaPhone
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.waiting import until
from tests.support.webhook_app import Hook, WebhookApp

pytestmark = [pytest.mark.interop, needs_sipp, pytest.mark.asyncio(loop_scope="module")]

_callers = itertools.count(447700000501)
"""Each scene has a number of its own, so that late webhooks of another are not taken for its own."""
CALLER_HZ = 880
DORA = "447700900901"
"""Who is reached by a trunk."""
LISTEN_S = 2.5
HEARD_S = 0.6
TALK_MS = "300"
"""Between the answer and what the SIPp side does next."""

_DIALOG = (r"^Call-ID: *(\S+)", r"^To:.*tag=([^;\s]+)", r"^From:.*tag=([^;\s]+)")


@dataclass
class Stage:
    """What all scenes share."""

    line: Line
    ben: Phone
    carol: Phone
    dora: Phone


@dataclass
class Scene(Stage):
    """Callers are connected to Ben, and transfer him to somebody else."""

    caller: str
    party: RtpParty
    directory: Path
    stack: AsyncExitStack

    async def call_in(self, scenario: str, *options: str, **keys: object) -> Sipp:
        """Start a scenario that calls the number."""
        words = ("-s", self.line.number, *(options or ("-d", TALK_MS)))
        known = {"rtp_port": self.party.port, "caller": self.caller, **keys}
        where = f"127.0.0.1:{self.line.gateway.sip_port}"
        return await self.stack.enter_async_context(
            Sipp(scenario, self.directory, to=where, keys=known, options=words)
        )

    async def told(self, status: str, **fields: object) -> Hook:
        """Wait until a webhook tells a status of the caller's leg, or of one with these fields."""
        return await self.line.webhooks.wait(fields=fields or {"from": self.caller}, status=status)

    async def consult(self, callee: Phone) -> tuple[Sipp, str]:
        """A call to somebody that stays up until it is ended from here, and its dialog as Replaces has it."""
        self.line.webhooks.answer(connect_sip(callee.uri))
        sipp = await self.call_in("inbound_answered_gateway_hangs_up")
        await self.told("answered")
        await until(lambda: answer_in(sipp), "the answer")
        self.line.webhooks.answer(connect_sip(self.ben.uri))
        return sipp, replaces(answer_in(sipp))

    async def ben_and(self, other: Phone) -> None:
        """What each of the two hears from now on is the other one's tone."""
        phones = {"ben": self.ben, "other": other}
        began = {name: seconds_heard(phone) for name, phone in phones.items()}
        await asyncio.sleep(LISTEN_S)
        heard = {name: part(read_wav(phone.heard)[0], began[name]) for name, phone in phones.items()}
        assert_all_hear_each_other(
            matrix(heard, {name: phone.tone_hz for name, phone in phones.items()}), phones
        )

    async def ben_leaves(self, other: Phone) -> None:
        """Ben hangs up, and nobody is left."""
        await self.ben.hang_up()
        for phone in (self.ben, other):
            await phone.wait("closed")


def seconds_heard(phone: Phone) -> float:
    """How much the phone has heard so far."""
    return len(read_wav(phone.heard)[0]) / 8000


def hears_caller(phone: Phone, since_s: float) -> bool:
    """Whether it has heard what the SIPp side says."""
    heard = part(read_wav(phone.heard)[0], since_s)
    return tone_level_dbov(heard, CALLER_HZ, steady_s=HEARD_S) > UNHEARD_DBOV


def told(sipp: Sipp) -> list[str]:
    """The status codes in the NOTIFYs that SIPp got."""
    notifies = [message for message in sipp.received() if message.startswith("NOTIFY")]
    return [re.findall(r"^SIP/2\.0 (\d{3})", message, re.MULTILINE)[-1] for message in notifies]


def answer_in(sipp: Sipp) -> str:
    """The 200 to the INVITE of SIPp, empty before it came."""
    answers = (m for m in sipp.received() if m.startswith("SIP/2.0 200") and "CSeq: 1 INVITE" in m)
    return next(answers, "")


def replaces(answer: str) -> str:
    """The dialog of an answered call as a Replaces header names it."""

    found = [re.search(pattern, answer, re.MULTILINE) for pattern in _DIALOG]
    call_id, to_tag, from_tag = (each[1] if each is not None else "" for each in found)
    return f"{call_id};to-tag={to_tag};from-tag={from_tag}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    directory = tmp_path_factory.mktemp("refer")
    async with AsyncExitStack() as stack:

        async def phone(name: str, hertz: int) -> Phone:
            settings = PhoneSettings(name=name, tone_hz=hertz, directory=directory)
            return await stack.enter_async_context(await Phone.start(settings))

        ben, carol, dora = await phone("ben", 660), await phone("carol", 1200), await phone(DORA, 1700)
        gateway = RunningGateway(
            directory / "gateway",
            trunks=[trunk_to(dora.port, DORA)],
            more={"limits": {"calls_per_second": 100}},
        )
        await stack.enter_async_context(gateway)
        webhooks = await stack.enter_async_context(WebhookApp())
        yield Stage(await Line.rent(gateway, webhooks), ben, carol, dora)


@pytest_asyncio.fixture(loop_scope="module")
async def scene(stage: Stage, tmp_path: Path) -> AsyncIterator[Scene]:
    stage.line.webhooks.forget()
    stage.line.webhooks.answer(connect_sip(stage.ben.uri))
    async with AsyncExitStack() as stack:
        party = await stack.enter_async_context(RtpParty(CALLER_HZ))
        phones = (stage.ben, stage.carol, stage.dora)
        yield Scene(stage.line, *phones, str(next(_callers)), party, tmp_path, stack)


@pytest.mark.parametrize("by", ["address", "number"])
async def test_a_transferred_party_talks_to_the_target(scene: Scene, by: str) -> None:
    webhooks = scene.line.webhooks
    target = scene.dora if by == "number" else scene.carol
    uri = scene.line.gateway.sip_uri(DORA) if by == "number" else target.uri
    caller = await scene.call_in("refer_moves_the_party", target=uri)
    conversation = (await scene.told("started")).fields["conversation_uuid"]
    to = DORA if by == "number" else uri
    answered = await scene.told("answered", to=to, conversation_uuid=conversation)
    await caller.finish()
    assert told(caller) == ["100", "200"]
    completed = await scene.told("completed")
    assert completed.fields["disconnected_by"] == "user"
    assert webhooks.statuses(answered.fields["uuid"]) == ["started", "ringing", "answered"]
    await scene.ben_and(target)
    await scene.ben_leaves(target)
    await webhooks.wait(uuid=answered.fields["uuid"], status="completed")


async def test_a_transfer_that_nobody_follows(scene: Scene) -> None:
    caller = await scene.call_in("refer_unfollowed_moves_the_party", target=scene.carol.uri)
    await caller.finish()
    assert told(caller) == []
    await scene.ben_and(scene.carol)
    await scene.ben_leaves(scene.carol)


async def test_who_transfers_may_leave_at_once(scene: Scene) -> None:
    caller = await scene.call_in("refer_and_leave", target=scene.carol.uri)
    await caller.finish()
    conversation = (await scene.told("started")).fields["conversation_uuid"]
    await scene.told("answered", to=scene.carol.uri, conversation_uuid=conversation)
    await scene.ben_and(scene.carol)
    await scene.ben_leaves(scene.carol)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        pytest.param("sip:447700900999@127.0.0.1:{port}", "403", id="no-trunk-may-carry-it"),
        pytest.param("sip:dave@127.0.0.1:{port}", "403", id="no-such-user"),
        pytest.param("sip:dave@192.168.1.1", "403", id="egress-door-closed"),
        pytest.param("tel:+12", "404", id="no-number"),
    ],
)
async def test_a_transfer_that_fails_leaves_the_call_as_it_was(scene: Scene, target: str, code: str) -> None:
    where = target.format(port=scene.line.gateway.sip_port)
    caller = await scene.call_in("refer_fails_and_the_call_goes_on", "-d", "2000", target=where)
    scene.party.speak_to(await caller.far_rtp_port())
    await until(lambda: len(told(caller)) == 2, "the end of the transfer", every_s=0.05)
    began = seconds_heard(scene.ben)
    await caller.finish()
    assert told(caller) == ["100", code]
    assert hears_caller(scene.ben, began)
    await scene.ben.wait("closed")


async def test_an_attended_transfer_joins_two_calls(scene: Scene) -> None:
    consult, dialog = await scene.consult(scene.carol)
    escaped = dialog.replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
    target = f"{scene.line.gateway.sip_uri('anybody')}?Replaces={escaped}"
    caller = await scene.call_in("refer_moves_the_party", target=target)
    await caller.finish()
    await consult.finish()
    assert told(caller) == ["100", "200"]
    await scene.ben_and(scene.carol)
    await scene.ben_leaves(scene.carol)


@pytest.mark.skipif(not IS_INSTALLED, reason="pjsua2-python is not installed (Python before 3.13)")
async def test_another_stack_joins_its_two_calls(scene: Scene) -> None:
    async with PjsuaPhone("joiner", scene.directory, tone_hz=CALLER_HZ) as joiner:
        for verb, party in (("call", scene.ben), ("consult", scene.carol)):
            scene.line.webhooks.answer(connect_sip(party.uri))
            await joiner.order(verb, scene.line.uri)
            await joiner.wait("established", within_s=30)
            await scene.told("answered", to=party.uri)
        await joiner.order("join")
        for _ in range(2):
            await joiner.wait("closed", within_s=30)
        assert not [event for event in joiner.events if event["name"] == "error"]
        await scene.ben_and(scene.carol)
        await scene.ben_leaves(scene.carol)


async def test_a_call_takes_the_place_of_another(scene: Scene) -> None:
    old, dialog = await scene.consult(scene.carol)
    new = await scene.call_in("replaces_takes_over", "-d", "2500", replaces=dialog)
    scene.party.speak_to(await new.far_rtp_port())
    await old.finish()
    began = seconds_heard(scene.carol)
    await new.finish()
    assert hears_caller(scene.carol, began)
    await scene.carol.wait("closed")


async def test_nothing_takes_the_place_of_a_call_that_is_not_there(scene: Scene) -> None:
    caller = await scene.call_in("replaces_unknown_gets_481", replaces="none;to-tag=a;from-tag=b")
    await caller.finish()
    assert [hook for hook in scene.line.webhooks.hooks if hook.fields.get("from") == scene.caller] == []


async def test_a_conference_keeps_its_others(scene: Scene) -> None:
    scene.line.webhooks.answer(room("transfers"))
    await scene.ben.call(scene.line.uri)
    await scene.ben.wait("established")
    caller = await scene.call_in("refer_moves_the_party", target=scene.carol.uri)
    await caller.finish()
    await scene.ben_and(scene.carol)
    for phone in (scene.carol, scene.ben):
        await phone.hang_up()
        await phone.wait("closed")
