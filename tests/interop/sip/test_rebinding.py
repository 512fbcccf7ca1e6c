"""A phone whose NAT gives its sound another port in the middle of a call that SIPp signals."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.gateway import RunningGateway
from tests.support.line import Line, room
from tests.support.media_exchange import hears
from tests.support.sipp import Sipp, needs_sipp
from tests.support.soft_phone import SoftPhone
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, needs_sipp]

STAYS_MS = "30000"


async def test_both_hear_each_other_after_the_port_has_changed(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(RunningGateway(tmp_path / "gateway"))
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.answer(room())
        phones = []
        for tone_hz in (440, 700):
            phone = await stack.enter_async_context(SoftPhone("PCMU", tone_hz))
            keys = {"caller": "447700000001", "rtp_port": phone.port}
            to, options = f"127.0.0.1:{gateway.sip_port}", ("-s", line.number, "-d", STAYS_MS)
            scenario = "inbound_answered_caller_hangs_up"
            sipp = await stack.enter_async_context(
                Sipp(scenario, tmp_path, to=to, keys=dict(keys), options=options)
            )
            phone.speak_to(await sipp.far_rtp_port())
            phones.append(phone)
        moving, other = phones
        await asyncio.gather(hears(moving, 700), hears(other, 440))
        for _ in range(2):
            await moving.move()
            await asyncio.gather(hears(moving, 700), hears(other, 440))
