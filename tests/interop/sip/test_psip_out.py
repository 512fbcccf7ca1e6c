"""Calls to users of SIP domains: through the operator's trunk of the domain's name, and nowhere else."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.hearing import is_speech_like
from gateway.demo.phone import Phone, PhoneSettings
from tests.support.gateway import RunningGateway, trunk_to
from tests.support.line import Line, talk
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

SUFFIX = "sip.example.com"
CARRIED = "447700900555"
"""Whom the trunk reaches."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """A gateway with a trunk, and a domain of its name."""
    async with AsyncExitStack() as stack:
        directory = tmp_path_factory.mktemp("psip-out")
        phone = await stack.enter_async_context(
            await Phone.start(PhoneSettings(name=CARRIED, directory=directory))
        )
        trunks = [trunk_to(phone.port, CARRIED, name="carrier")]
        limits: dict[str, dict[str, object]] = {"limits": {"calls_per_second": 100}}
        gateway = await stack.enter_async_context(
            RunningGateway(directory, sip={"domains": [SUFFIX]}, trunks=trunks, more=limits)
        )
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        for name, kind in (("carrier", "trunk"), ("bakery", "app")):
            wanted = {"name": name, "application_id": line.app.id, "acl": ["127.0.0.1"], "domain_type": kind}
            await gateway.rest.expect(201, "POST", "/v1/psip", body=wanted)
        yield line


@needs_sipp
async def test_a_domains_phone_that_refuses_keys_is_called_without_where_they_are_no_must(
    line: Line, tmp_path: Path
) -> None:
    rest, domain = line.gateway.rest, "reserved"
    wanted = {"name": domain, "application_id": line.app.id, "acl": ["127.0.0.1"], "srtp": "optional"}
    await rest.expect(201, "POST", "/v1/psip", body=wanted)
    ann = {"key": "ann", "secret": "sesame-open"}
    await rest.expect(201, "POST", f"/v1/psip/{domain}/users", body=ann)
    options = ("-s", ann["key"], "-au", ann["key"], "-ap", ann["secret"])
    to = f"127.0.0.1:{line.gateway.sip_port}"
    scenario = "register_by_password"
    async with Sipp(scenario, tmp_path, to=to, keys={"domain": domain}, options=options) as registering:
        await registering.finish()
    refusing = "media_keys_get_488_and_a_plain_call_is_answered"
    async with (
        RtpParty(880) as party,
        Sipp(refusing, tmp_path, keys={"hear": party.port}, port=registering.port) as phone,
    ):
        uri = {"type": "sip", "uri": f"sip:{ann['key']}@{domain}"}
        call = await line.create_call(uri, talk("This is said in the open, to whoever takes no keys."))
        await phone.finish()
        await line.webhooks.wait(status="completed", uuid=call["uuid"], within_s=30)
        invites = [message for message in phone.received() if message.startswith("INVITE")]
        assert ["a=crypto" in invite for invite in invites] == [True, True, False]
        assert is_speech_like(party.heard())


@pytest.mark.parametrize("domain", ["carrier", f"carrier.{SUFFIX}"])
async def test_a_trunk_domain_leads_out_through_the_trunk_of_its_name(line: Line, domain: str) -> None:
    to = {"type": "sip", "user": CARRIED, "domain": domain}
    created = await line.create_call(to, talk("Hello."))
    await line.webhooks.wait(uuid=created["uuid"], status="answered", within_s=30)
    await line.webhooks.wait(uuid=created["uuid"], status="completed", within_s=30)
    assert (await line.call_state(created["uuid"]))["to"] == to


@pytest.mark.parametrize(
    ("user", "domain", "status"),
    [
        ("ann", "bakery", "unanswered"),
        (CARRIED, "bakery", "unanswered"),
        ("447700900666", "carrier", "rejected"),
        ("ann", "nobodys", "rejected"),
    ],
    ids=["nobody registered", "no trunk domain", "not a number of the trunk", "no domain"],
)
async def test_nobody_is_called_where_there_is_no_way(
    line: Line, user: str, domain: str, status: str
) -> None:
    created = await line.create_call({"type": "sip", "user": user, "domain": domain}, talk("Hello."))
    await line.webhooks.wait(uuid=created["uuid"], status=status)
    assert "answered" not in line.webhooks.statuses(created["uuid"])
