"""Who calls, as SIPp says it and as applications and other legs hear it; and what nobody hears."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.gateway import RunningGateway
from tests.support.line import Line, connect_sip, talk
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, needs_sipp, pytest.mark.asyncio(loop_scope="module")]

CALLER = "447700000001"
ASSERTED = "442079460001"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        gateway = RunningGateway(tmp_path_factory.mktemp("identity"))
        await stack.enter_async_context(gateway)
        webhooks = await stack.enter_async_context(WebhookApp())
        yield await Line.rent(gateway, webhooks)


@pytest_asyncio.fixture(loop_scope="module")
async def stack(line: Line) -> AsyncIterator[AsyncExitStack]:
    line.webhooks.forget()
    async with AsyncExitStack() as stack:
        yield stack


async def call_in(line: Line, stack: AsyncExitStack, directory: Path, privacy: str) -> Sipp:
    """SIPp calls, with everything that servers say of callers."""
    party = await stack.enter_async_context(RtpParty(880))
    keys = {"rtp_port": party.port, "caller": CALLER, "privacy": privacy}
    where = f"127.0.0.1:{line.gateway.sip_port}"
    return await stack.enter_async_context(
        Sipp("identity_in", directory, to=where, keys=keys, options=("-s", line.number))
    )


@pytest.mark.parametrize(("privacy", "shown"), [("none", ASSERTED), ("id", "Unknown")])
async def test_the_application_hears_who_calls(
    line: Line, stack: AsyncExitStack, tmp_path: Path, privacy: str, shown: str
) -> None:
    line.webhooks.answer(talk("Hello."))
    caller = await call_in(line, stack, tmp_path, privacy)
    asked = (await line.webhooks.wait("/answer")).fields
    await caller.finish()
    assert asked["from"] == shown
    assert {name: text for name, text in asked.items() if name.startswith("SipHeader")} == {
        "SipHeader_X-Shop": "7",
        "SipHeader_Diversion": "<sip:442079460002@carrier.example>;reason=no-answer",
        "SipHeader_History-Info": "<sip:442079460003@carrier.example>;index=1",
        "SipHeader_Identity": ("eyJhbGciOiJFUzI1NiJ9.e30.c2ln;info=<https://cert.example/a.pem>;alg=ES256"),
    }
    await line.webhooks.wait(uuid=asked["uuid"], status="completed")
    if privacy == "id":
        told = str([hook.fields for hook in line.webhooks.hooks if hook.fields["uuid"] == asked["uuid"]])
        assert (ASSERTED in told, CALLER in told) == (False, False)


async def test_nothing_of_one_leg_is_on_the_other(line: Line, stack: AsyncExitStack, tmp_path: Path) -> None:
    party = await stack.enter_async_context(RtpParty(660))
    callee = await stack.enter_async_context(
        Sipp("outbound_answered_gateway_hangs_up", tmp_path, keys={"rtp_port": party.port})
    )
    line.webhooks.answer(connect_sip(callee.uri, limit=1))
    caller = await call_in(line, stack, tmp_path, "none")
    await asyncio.gather(caller.finish(), callee.finish())

    heard = "\n".join(callee.received())
    assert "INVITE" in heard
    call_id = f"@127.0.0.1:{caller.port}"
    secrets = (f":{caller.port}", call_id, "SecretPhone", "carrier.example", "caller1", "X-Shop", CALLER)
    assert [each for each in secrets if each in heard] == []
    back = "\n".join(caller.received())
    assert [each for each in (f":{callee.port}", "callee1", "sipp@") if each in back] == []
    for messages in (heard, back):
        agents = [text for text in messages.splitlines() if text.startswith(("User-Agent:", "Server:"))]
        assert {text.partition(": ")[2] for text in agents} == {"Cordboard"}, "no version is told"
