"""Extensions of the operator's own telephone system, behind the trunk that the configuration names."""

import pytest

from tests.conftest import StartGateway, StartPhone
from tests.support.gateway import trunk_to
from tests.support.line import Line, talk
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.interop


@pytest.mark.row("connect.endpoint[vbc]", "connect.endpoint[vbc].extension")
async def test_an_extension_is_called_through_its_trunk(
    start_gateway: StartGateway, start_phone: StartPhone, webhooks: WebhookApp
) -> None:
    desk = await start_phone("4321", 660)
    gateway = await start_gateway(trunks=[trunk_to(desk.port, name="pbx")], more={"vbc": {"trunk": "pbx"}})
    line = await Line.rent(gateway, webhooks)
    webhooks.answer({"action": "connect", "endpoint": [{"type": "vbc", "extension": "4321"}]}, talk("Bye."))
    anna = await start_phone("447700000001", 440)
    await anna.call(line.uri)
    await desk.wait("established")
    await anna.wait("established")
    answered = await webhooks.wait(status="answered", to="4321")
    await desk.hang_up()
    await webhooks.wait(status="completed", uuid=answered.fields["uuid"])
    await anna.wait("closed", timeout=30)
