"""What attests who calls goes out with the call, as the application gave it."""

from pathlib import Path

import pytest

from tests.conftest import StartGateway
from tests.support.gateway import trunk_to
from tests.support.line import Line, talk
from tests.support.sipp import Sipp, needs_sipp
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, needs_sipp]

PASSPORT = "eyJhbGciOiJFUzI1NiJ9.eyJhdHRlc3QiOiJBIn0.c2ln;info=<https://ca.example/1>;alg=ES256;ppt=shaken"


@pytest.mark.row("connect.endpoint[phone].shaken")
async def test_the_identity_of_the_caller_is_in_the_invite(
    start_gateway: StartGateway, webhooks: WebhookApp, tmp_path: Path
) -> None:
    async with Sipp("outbound_answered_gateway_hangs_up", tmp_path, keys={"rtp_port": 4000}) as carrier:
        gateway = await start_gateway(trunks=[trunk_to(carrier.port, "4477009")])
        line = await Line.rent(gateway, webhooks)
        await line.create_call({"type": "phone", "number": "447700900003", "shaken": PASSPORT}, talk("Hi."))
        await carrier.finish()
        assert f"Identity: {PASSPORT}" in carrier.received()[0].splitlines()
