"""Numbers that are forwarded to SIP addresses and telephones, without an application that answers."""

import itertools
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from tests.support.gateway import RunningGateway, trunk_to
from tests.support.line import Line
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module"), needs_sipp]

LIMITS = {"limits": {"calls_per_second": 1000, "voice_requests_per_second": 1000}}
CALLER = "447700000001"
OUT_OF_REACH = "127.0.0.2"
"""What applications may not name."""

_numbers = itertools.count(447700000010)
"""Each test forwards a number of its own."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """A gateway, and an application that is not asked."""
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(
            RunningGateway(tmp_path_factory.mktemp("forwarding"), more=LIMITS, egress=("127.0.0.1/32",))
        )
        yield await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))


async def forward(line: Line, type_: str, value: str, **settings: str) -> str:
    """Rent a number and forward it."""
    rest, number = line.gateway.rest, str(next(_numbers))
    named = {"country": "GB", "msisdn": number}
    await rest.expect(200, "POST", f"/number/buy?{urlencode(named)}")
    wanted = {
        **named,
        "voiceCallbackType": type_,
        "voiceCallbackValue": value,
        "voiceStatusCallback": line.webhooks.event_url,
        **settings,
    }
    await rest.expect(200, "POST", f"/number/update?{urlencode(wanted)}")
    return number


def call_in(
    line: Line, scenario: str, directory: Path, number: str, *options: str, caller: str = CALLER
) -> Sipp:
    """SIPp calls the number."""
    target = f"127.0.0.1:{line.gateway.sip_port}"
    keys = {"rtp_port": 4000, "caller": caller}
    return Sipp(scenario, directory, to=target, keys=keys, options=("-s", number, *options))


async def test_the_caller_gets_what_the_target_says(line: Line, tmp_path: Path) -> None:
    line.webhooks.forget()
    async with Sipp("outbound_busy_486", tmp_path) as target:
        number = await forward(line, "sip", target.uri, app_id=line.app.id)
        async with call_in(line, "forward_gets_486", tmp_path, number) as caller:
            await caller.finish()
        await target.finish()
        assert f"From: <sip:{CALLER}@" in target.received()[0], "the target sees who calls"
    busy = await line.webhooks.wait(status="busy", direction="outbound")
    assert busy.fields["sip_code"] == 486
    assert not [hook for hook in line.webhooks.hooks if hook.path == "/answer"], "no application answers"


async def test_a_caller_who_is_not_shown_stays_hidden(line: Line, tmp_path: Path) -> None:
    async with Sipp("outbound_busy_486", tmp_path) as target:
        number = await forward(line, "sip", target.uri, app_id=line.app.id)
        async with call_in(line, "forward_gets_486", tmp_path, number, caller="anonymous") as caller:
            await caller.finish()
        await target.finish()
        invite = target.received()[0]
        assert "<sip:anonymous@anonymous.invalid>" in invite
        assert "\nPrivacy: id" in invite


@pytest.mark.parametrize("first", ["trunk_unavailable_503", "trunk_silent"])
async def test_the_next_of_the_list_is_called_after_trouble(line: Line, tmp_path: Path, first: str) -> None:
    async with Sipp(first, tmp_path) as broken, Sipp("outbound_busy_486", tmp_path) as other:
        number = await forward(line, "sip", f"{broken.uri};timeout=2000, {other.uri}")
        async with call_in(line, "forward_gets_486", tmp_path, number) as caller:
            await caller.finish()
        await broken.finish()
        await other.finish()


async def test_a_forwarded_call_is_answered_and_heard_of(line: Line, tmp_path: Path) -> None:
    async with (
        RtpParty(440),
        Sipp("outbound_answered_gateway_hangs_up", tmp_path, keys={"rtp_port": 4002}) as target,
    ):
        number = await forward(line, "sip", target.uri)
        async with call_in(line, "inbound_answered_caller_hangs_up", tmp_path, number, "-d", "500") as caller:
            await caller.finish()
        await target.finish()
    completed = await line.webhooks.wait(status="completed", direction="inbound", to=number)
    assert completed.fields["from"] == CALLER


async def test_the_third_of_the_list_answers_when_the_first_two_have_trouble(
    line: Line, tmp_path: Path
) -> None:
    async with (
        RtpParty(440) as party,
        Sipp("trunk_unavailable_503", tmp_path) as first,
        Sipp("trunk_silent", tmp_path) as second,
        Sipp("outbound_answered_gateway_hangs_up", tmp_path, keys={"rtp_port": party.port}) as third,
    ):
        number = await forward(line, "sip", f"{first.uri},{second.uri};timeout=2000,{third.uri}")
        async with call_in(line, "inbound_answered_caller_hangs_up", tmp_path, number, "-d", "500") as caller:
            await caller.finish()
        for target in (first, second, third):
            await target.finish()


async def test_a_target_that_may_not_be_called_is_passed_over(line: Line, tmp_path: Path) -> None:
    async with (
        Sipp("outbound_busy_486", tmp_path / "bait", options=("-i", OUT_OF_REACH)) as bait,
        Sipp("outbound_busy_486", tmp_path) as target,
    ):
        private = f"sip:sipp@{OUT_OF_REACH}:{bait.port}"
        number = await forward(line, "sip", f"{private},{target.uri}")
        async with call_in(line, "forward_gets_486", tmp_path, number) as caller:
            await caller.finish()
        await target.finish()
        alone = await forward(line, "sip", private)
        async with call_in(line, "forward_gets_403", tmp_path, alone) as caller:
            await caller.finish()
        assert bait.received() == []


async def test_a_telephone_that_may_not_be_called_is_passed_over(line: Line, tmp_path: Path) -> None:
    async with Sipp("outbound_busy_486", tmp_path) as carrier:
        trunk = trunk_to(carrier.port, "4479", name="carrier-4479")
        await line.gateway.rest.expect(201, "POST", "/cordboard/trunks", body=trunk)
        number = await forward(line, "tel", "339000000001,447900000001;timeout=3000")
        async with call_in(line, "forward_gets_486", tmp_path, number) as caller:
            await caller.finish()
        await carrier.finish()
        assert carrier.received()[0].startswith("INVITE sip:447900000001@")
        premium = await forward(line, "tel", "339000000001")
        async with call_in(line, "forward_gets_403", tmp_path, premium) as caller:
            await caller.finish()


def told(invite: str) -> dict[str, str]:
    """What an INVITE says of how the call came, and what else goes along."""
    names = "Diversion|History-Info|Identity|User-to-User|X-Shop"
    return {name: text.strip() for name, text in re.findall(f"^({names}): (.*)$", invite, re.MULTILINE)}


async def test_the_target_hears_how_the_call_came(line: Line, tmp_path: Path) -> None:
    async with Sipp("outbound_busy_486", tmp_path) as target:
        number = await forward(line, "sip", target.uri)
        async with call_in(line, "forward_with_headers_gets_486", tmp_path, number) as caller:
            await caller.finish()
        await target.finish()
        said = told(target.received()[0])
    forwarder = re.escape(f"<sip:{number}@") + r"[^>]+>"
    assert re.fullmatch(
        forwarder + ";reason=unconditional;counter=1, <sip:442079460002@carrier.example>;reason=no-answer",
        said.pop("Diversion"),
    )
    assert re.fullmatch(
        "<sip:442079460003@carrier.example>;index=1, "
        + forwarder
        + f";index=1.1, <{target.uri};cause=302>;index=1.1.1;mp=1.1",
        said.pop("History-Info"),
    )
    assert said == {
        "Identity": "eyJhbGciOiJFUzI1NiJ9.e30.c2ln;info=<https://cert.example/a.pem>;alg=ES256",
        "User-to-User": "313233",
        "X-Shop": "7",
    }


async def test_a_trunk_hears_of_it_what_it_passes(line: Line, tmp_path: Path) -> None:
    async with Sipp("outbound_busy_486", tmp_path) as carrier:
        trunk = {**trunk_to(carrier.port, "4477009"), "name": "passing", "pass_headers": ["Diversion"]}
        await line.gateway.rest.expect(201, "POST", "/cordboard/trunks", body=trunk)
        number = await forward(line, "tel", "447700900001")
        async with call_in(line, "forward_with_headers_gets_486", tmp_path, number) as caller:
            await caller.finish()
        await carrier.finish()
        said = told(carrier.received()[0])
    assert list(said) == ["Diversion"]
    assert said["Diversion"].startswith(f"<sip:{number}@")


async def test_a_number_is_forwarded_to_a_telephone(line: Line, tmp_path: Path) -> None:
    async with Sipp("outbound_busy_486", tmp_path) as carrier:
        trunk = {**trunk_to(carrier.port, "4478"), "caller_id": "as-given"}
        await line.gateway.rest.expect(201, "POST", "/cordboard/trunks", body=trunk)
        number = await forward(line, "tel", "447800000001")
        async with call_in(line, "forward_gets_486", tmp_path, number) as caller:
            await caller.finish()
        await carrier.finish()
        assert carrier.received()[0].startswith("INVITE sip:447800000001@")


async def test_all_calls_without_an_application_share_one(line: Line, tmp_path: Path) -> None:
    for _ in range(2):
        async with Sipp("outbound_busy_486", tmp_path) as target:
            number = await forward(line, "sip", target.uri)
            async with call_in(line, "forward_gets_486", tmp_path, number) as caller:
                await caller.finish()
    found: dict[str, Any] = await line.gateway.rest.expect(200, "GET", "/v2/applications?page_size=100")
    names = [application["name"] for application in found["_embedded"]["applications"]]
    assert names.count("Forwarded numbers") == 1
