"""Sixty in one conversation: fifty-seven SIPp calls, and three parties whose sound is judged."""

import asyncio
import socket
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.demo.hearing import tone_level_dbov
from gateway.demo.phone import Phone, PhoneSettings
from tests.interop.test_rest_audio import MIN_HEARD_DBOV, Party
from tests.support.gateway import RunningGateway
from tests.support.hearing import UNHEARD_DBOV
from tests.support.line import Line, room
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.waiting import LIMIT_S
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, needs_sipp]

CROWD = 57
ALL = CROWD + 3
MODERATOR_HZ, ANNA_HZ, BEN_HZ = 440, 660, 880
MODERATOR, ANNA = "447700000501", "447700000502"
SCENARIO = "inbound_answered_gateway_hangs_up"
LISTED_S = 0.5
"""Between two looks at who is there."""


@pytest.mark.row("conversation.endOnExit")
async def test_sixty_talk_until_the_moderator_leaves(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(RunningGateway(tmp_path / "gateway", max_legs=ALL))
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.on("/answer", lambda hook: [room(endOnExit=hook.fields["from"] == MODERATOR)])
        moderator = await _phone(stack, line, tmp_path, MODERATOR, MODERATOR_HZ)
        anna = await _phone(stack, line, tmp_path, ANNA, ANNA_HZ)
        ben = await stack.enter_async_context(RtpParty(BEN_HZ))
        bens_call = await stack.enter_async_context(_calls(line, tmp_path / "ben", ben.port))
        ben.speak_to(await bens_call.far_rtp_port())
        silent = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        silent.bind(("127.0.0.1", 0))
        crowd = _calls(
            line, tmp_path / "crowd", silent.getsockname()[1], "-m", str(CROWD), "-r", "20", "-l", str(CROWD)
        )
        await stack.enter_async_context(crowd)
        await _until_all_are_there(line, anna.leg_id)
        for party, others in ((moderator, (ANNA_HZ, BEN_HZ)), (anna, (MODERATOR_HZ, BEN_HZ))):
            for hertz in others:
                await party.hears(hertz)
        moderator.never_heard(MODERATOR_HZ)
        anna.never_heard(ANNA_HZ)
        await moderator.phone.hang_up()
        await anna.phone.wait("closed", timeout=30)
        await bens_call.finish()
        await crowd.finish()
        said = ben.heard()
        tones = (MODERATOR_HZ, ANNA_HZ, BEN_HZ)
        heard = {hertz: tone_level_dbov(said, hertz, steady_s=0.4) for hertz in tones}
        assert min(heard[MODERATOR_HZ], heard[ANNA_HZ]) > MIN_HEARD_DBOV, heard
        assert heard[BEN_HZ] < UNHEARD_DBOV, heard


async def _phone(stack: AsyncExitStack, line: Line, directory: Path, name: str, hertz: int) -> Party:
    """A baresip phone that has called."""
    settings = PhoneSettings(name=name, tone_hz=hertz, directory=directory)
    phone = await stack.enter_async_context(await Phone.start(settings))
    await phone.call(line.uri)
    await phone.wait("established", timeout=30)
    asked = await line.webhooks.wait("/answer", {"from": name})
    return Party(phone, asked.fields["uuid"])


def _calls(line: Line, directory: Path, rtp_port: int, *options: str) -> Sipp:
    """Calls by SIPp that last until the gateway ends them."""
    keys = {"rtp_port": rtp_port, "caller": "447700000503"}
    target = f"127.0.0.1:{line.gateway.sip_port}"
    bounds = ("-timeout", "120", *options)
    return Sipp(SCENARIO, directory, to=target, keys=keys, options=("-s", line.number, *bounds))


async def _until_all_are_there(line: Line, leg_id: str) -> None:
    conversation_id = (await line.call_state(leg_id))["conversation_uuid"]
    path = f"/v0.3/legs?page_size=100&conversation_id={conversation_id}"
    async with asyncio.timeout(2 * LIMIT_S):
        while True:
            listed = await line.gateway.rest.expect(200, "GET", path, app=line.app)
            if len(listed["_embedded"]["legs"]) == ALL:
                return
            await asyncio.sleep(LISTED_S)
