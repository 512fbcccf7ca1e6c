"""Keys by INFO and in the sound, in and out, to trunks that want them so; and a REFER of ours."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.hearing import tone_level_dbov
from signalling.io.shell import SipShell
from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import AnyCallEvent, CallAnswered, CallEnded, CallReferred
from signalling.sip.config import Invitation
from signalling.sip.headers.refer_to import ReferTo
from signalling.sip.uri import SipUri
from tests.support.gateway import RunningGateway, trunk_to
from tests.support.hearing import UNHEARD_DBOV
from tests.support.line import Line, room, talk
from tests.support.rtp_party import RtpParty, mulaw_key, mulaw_tone
from tests.support.sipp import Sipp, needs_sipp
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp
from tests.support.wire import config

pytestmark = [pytest.mark.interop, needs_sipp, pytest.mark.asyncio(loop_scope="module")]

FIVE = (770, 1336)
"""The two tones of the key (ITU-T Q.23)."""
KEY_S = 0.06
CALLER, CALLEE = "447700000001", "447700900902"


@pytest_asyncio.fixture(loop_scope="module")
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def test_keys_go_in_and_out(stack: AsyncExitStack, tmp_path: Path) -> None:
    party = await stack.enter_async_context(RtpParty(880))
    callee = await stack.enter_async_context(Sipp("info_digits_out", tmp_path, keys={"rtp_port": party.port}))
    trunk = {**trunk_to(callee.port, CALLEE), "dtmf": "info"}
    gateway = await stack.enter_async_context(RunningGateway(tmp_path / "gateway", trunks=[trunk]))
    webhooks = await stack.enter_async_context(WebhookApp())
    line = await Line.rent(gateway, webhooks)

    webhooks.answer({"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 2, "timeOut": 10}})
    keys = {"rtp_port": party.port, "caller": CALLER}
    words = ("-s", line.number, "-d", "500")
    where = f"127.0.0.1:{gateway.sip_port}"
    caller = await stack.enter_async_context(
        Sipp("info_digits_in", tmp_path, to=where, keys=keys, options=words)
    )
    pressed = await webhooks.wait_for(lambda hook: "dtmf" in hook.fields, "input")
    assert pressed.fields["dtmf"]["digits"] == "5#"
    await caller.finish()

    to = {"type": "phone", "number": CALLEE, "dtmfAnswer": "1p#2"}
    call = await line.create_call(to, talk("This is said while the keys are sent. " * 3))
    sent = [f"Signal={key}" for key in "1#2"]
    await until(lambda: keys_of(callee) == sent, "the keys", every_s=0.05)
    with contextlib.suppress(AssertionError):
        await line.hang_up(call["uuid"])
    await callee.finish()


async def test_keys_are_in_the_sound(stack: AsyncExitStack, tmp_path: Path) -> None:
    party = await stack.enter_async_context(RtpParty())
    callee = await stack.enter_async_context(
        Sipp("info_keys_in_the_sound", tmp_path, keys={"rtp_port": party.port})
    )
    trunk = {**trunk_to(callee.port, CALLEE), "dtmf": "in-band"}
    gateway = await stack.enter_async_context(RunningGateway(tmp_path / "gateway", trunks=[trunk]))
    line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))

    listen = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 2, "timeOut": 10}}
    listen |= {"eventUrl": [line.webhooks.event_url]}
    call = await line.create_call({"type": "phone", "number": CALLEE}, listen, room())
    party.speak_to(await callee.far_rtp_port())
    await line.webhooks.wait(status="answered", uuid=call["uuid"])
    party.say(mulaw_key(*FIVE))
    pressed = await line.webhooks.wait_for(lambda hook: "dtmf" in hook.fields, "input")
    assert pressed.fields["dtmf"]["digits"] == "55"
    party.say(mulaw_tone(0))

    def hears_five() -> bool:
        heard = party.heard()
        return all(tone_level_dbov(heard, hertz, steady_s=KEY_S) > UNHEARD_DBOV for hertz in FIVE)

    assert not hears_five(), "its own key does not come back"
    path = f"/v1/calls/{call['uuid']}/dtmf"
    await gateway.rest.expect(200, "PUT", path, app=line.app, body={"digits": "5555"})
    await until(hears_five, "that the key is heard", every_s=0.1)
    await line.hang_up(call["uuid"])
    await callee.finish()


def keys_of(sipp: Sipp) -> list[str]:
    """The keys of the INFOs that SIPp got."""
    infos = [message for message in sipp.received() if message.startswith("INFO")]
    return [line for message in infos for line in message.splitlines() if line.startswith("Signal")]


async def test_a_phone_is_asked_to_call_somebody_else(stack: AsyncExitStack, tmp_path: Path) -> None:
    party = await stack.enter_async_context(RtpParty(880))
    callee = await stack.enter_async_context(
        Sipp("refer_out_is_followed", tmp_path, keys={"rtp_port": party.port})
    )
    events: list[AnyCallEvent] = []
    shell = await stack.enter_async_context(SipShell(config(("127.0.0.1", 0)), events.append))
    flow = shell.flow("127.0.0.1", callee.port)
    local = LocalMedia("127.0.0.1", party.port)
    target = SipUri("sip", "sipp", "127.0.0.1", callee.port)
    call = shell.invite(Invitation(target, flow, CALLER, local))
    await until(lambda: any(isinstance(event, CallAnswered) for event in events), "the answer")
    shell.refer(call, ReferTo(SipUri("sip", "carol", "pbx.example")))
    await until(lambda: any(isinstance(event, CallEnded) for event in events), "the end")
    await asyncio.wait_for(callee.finish(), 30)
    told = [(event.status_code, event.is_final) for event in events if isinstance(event, CallReferred)]
    assert told == [(202, False), (100, False), (200, True)]
    refer = next(message for message in callee.received() if message.startswith("REFER"))
    assert "Refer-To: <sip:carol@pbx.example>" in refer
