"""pyVoIP, a second SIP stack that shares no code with baresip, in the same conversation."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.conftest import StartGateway, StartPhone
from tests.support.hearing import assert_all_hear_each_other, heard_matrix
from tests.support.line import Line, room
from tests.support.pyvoip_phone import PyVoipPhone
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.interop


async def test_pyvoip_and_baresip_share_a_conversation(
    start_gateway: StartGateway,
    webhooks: WebhookApp,
    start_phone: StartPhone,
    running: AsyncExitStack,
    tmp_path: Path,
) -> None:
    line = await Line.rent(await start_gateway(), webhooks)
    webhooks.answer(room())
    anna = await start_phone("447700000001", 440)
    phone = PyVoipPhone("paul", tmp_path, tone_hz=660, server_port=line.gateway.sip_port)
    paul = await running.enter_async_context(phone)
    await anna.call(line.uri)
    await anna.wait("established")
    created = await line.create_call({"type": "sip", "uri": paul.uri}, room())
    await paul.wait("established")
    await asyncio.sleep(4)
    await line.hang_up(created["uuid"])
    await paul.wait("closed")
    completed = await webhooks.wait(status="completed", uuid=created["uuid"])
    await anna.hang_up()

    assert completed.fields["disconnected_by"] == "platform"
    table = heard_matrix({"anna": anna.heard, "paul": paul.heard}, {"anna": 440, "paul": 660})
    assert_all_hear_each_other(table, ("anna", "paul"))
