"""Trunks with SIPp as the carrier: failover, credentials, what they are told of who calls whom, limits."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.gateway import RunningGateway, trunk_to
from tests.support.line import Line, talk
from tests.support.ports import free_ports
from tests.support.sipp import Sipp, needs_sipp
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module"), needs_sipp]

LIMITS = {"limits": {"calls_per_second": 1000, "voice_requests_per_second": 1000}}

POLLS = 300
"""Looks, twenty a second, at a trunk's state."""

_regions = itertools.count(4479001)
"""Each trunk has a prefix of its own, so that the tests do not meet."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """A gateway whose trunks are made as they are needed."""
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(
            RunningGateway(tmp_path_factory.mktemp("trunks"), more=LIMITS)
        )
        yield await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))


async def trunk(line: Line, *ports: int, **settings: object) -> str:
    """Make a trunk with these servers, in their order. The number that it carries alone."""
    prefix = str(next(_regions))
    servers = [{"host": "127.0.0.1", "port": port, "priority": place} for place, port in enumerate(ports)]
    body = {"name": f"carrier-{prefix}", "targets": servers, "prefixes": [prefix], **settings}
    await line.gateway.rest.expect(201, "POST", "/cordboard/trunks", body=body)
    return f"{prefix}00000"


async def end_of_call(line: Line, number: str) -> tuple[str, int]:
    """Call the number: the status and the SIP code with which the call ends, answered by nobody."""
    created = await line.create_call({"type": "phone", "number": number}, talk())
    uuid = created["uuid"]
    ended = await line.webhooks.wait_for(
        lambda hook: hook.fields.get("uuid") == uuid and "sip_code" in hook.fields
    )
    return ended.fields["status"], ended.fields["sip_code"]


async def refused_invite(line: Line, directory: Path, **settings: object) -> tuple[str, str]:
    """The INVITE that a trunk with these settings gets, which it refuses with 486; and the number."""
    async with Sipp("outbound_busy_486", directory) as carrier:
        number = await trunk(line, carrier.port, **settings)
        assert await end_of_call(line, number) == ("busy", 486)
        await carrier.finish()
        return carrier.received()[0], number


@pytest.mark.parametrize("first", ["trunk_unavailable_503", "trunk_silent"])
async def test_the_second_server_is_called_when_the_first_has_trouble(
    line: Line, tmp_path: Path, first: str
) -> None:
    async with Sipp(first, tmp_path) as broken, Sipp("outbound_busy_486", tmp_path) as other:
        number = await trunk(line, broken.port, other.port, timeout_s=1.0)
        assert await end_of_call(line, number) == ("busy", 486)
        await broken.finish()
        await other.finish()


async def test_a_server_that_refuses_connections_is_passed_over(line: Line, tmp_path: Path) -> None:
    async with Sipp("outbound_busy_486", tmp_path) as other:
        closed = {"host": "127.0.0.1", "port": free_ports(1)[0], "transport": "tcp"}
        alive = {"host": "127.0.0.1", "port": other.port, "priority": 1}
        number = await trunk(line, targets=[closed, alive])
        assert await end_of_call(line, number) == ("busy", 486)
        await other.finish()


async def test_a_refusal_of_the_called_is_final(line: Line, tmp_path: Path) -> None:
    async with Sipp("outbound_busy_486", tmp_path) as busy, Sipp("outbound_busy_486", tmp_path) as other:
        number = await trunk(line, busy.port, other.port)
        assert await end_of_call(line, number) == ("busy", 486)
        await busy.finish()
        assert other.received() == []


async def test_the_next_trunk_is_called_when_one_is_out_of_order(line: Line, tmp_path: Path) -> None:
    async with (
        Sipp("trunk_unavailable_503", tmp_path) as broken,
        Sipp("outbound_busy_486", tmp_path) as other,
    ):
        number = await trunk(line, broken.port)
        await trunk(line, other.port, prefixes=[number[:7]])
        assert await end_of_call(line, number) == ("busy", 486)
        await broken.finish()
        await other.finish()


async def test_a_trunk_that_asks_for_a_password_gets_it(line: Line, tmp_path: Path) -> None:
    async with Sipp("trunk_challenges_then_486", tmp_path) as carrier:
        number = await trunk(line, carrier.port, username="me", password="swordfish", realm="carrier.example")
        assert await end_of_call(line, number) == ("busy", 486)
        await carrier.finish()
        assert "swordfish" not in carrier.messages()


async def test_another_realm_gets_no_credentials(line: Line, tmp_path: Path) -> None:
    async with Sipp("trunk_challenges_another_realm", tmp_path) as carrier:
        number = await trunk(line, carrier.port, username="me", password="swordfish", realm="carrier.example")
        status, sip_code = await end_of_call(line, number)
        await carrier.finish()
        assert (status, sip_code) == ("failed", 401)
        assert not re.search("^(Proxy-)?Authorization:", carrier.messages(), re.MULTILINE | re.IGNORECASE)


async def test_numbers_are_written_as_the_trunk_wants_them(line: Line, tmp_path: Path) -> None:
    national = {"style": "national", "country": "44"}
    invite, number = await refused_invite(line, tmp_path, called=national, caller={"style": "plus"})
    assert invite.startswith(f"INVITE sip:0{number[2:]}@")
    assert f"<sip:+{line.number}@" in invite


async def test_a_trunk_may_be_told_another_caller(line: Line, tmp_path: Path) -> None:
    fixed, _ = await refused_invite(line, tmp_path, caller_id="fixed", callers=["447700900999"])
    assert "From: <sip:447700900999@" in fixed
    withheld, _ = await refused_invite(
        line, tmp_path, caller_id="withheld", callers=["447700900999"], asserted_identity=True
    )
    assert "sip:anonymous@anonymous.invalid" in withheld
    assert re.search("^Privacy: .*id", withheld, re.MULTILINE)
    assert re.search(f"^P-Asserted-Identity: <sip:{line.number}@", withheld, re.MULTILINE)


async def test_a_trunk_gets_headers_of_its_own(line: Line, tmp_path: Path) -> None:
    invite, _ = await refused_invite(line, tmp_path, headers={"X-Tenant": "bakery"}, codecs=["PCMA"])
    assert re.search("^X-Tenant: bakery", invite, re.MULTILINE)
    formats = re.search(r"^m=audio \d+ RTP/AVP (.*)$", invite, re.MULTILINE)
    assert formats is not None
    assert formats[1].split()[0] == "8"
    assert "0" not in formats[1].split()


async def test_a_trunk_carries_as_many_calls_as_it_may(line: Line, tmp_path: Path) -> None:
    async with Sipp("outbound_answered_gateway_hangs_up", tmp_path, keys={"rtp_port": 4000}) as carrier:
        number = await trunk(line, carrier.port, max_calls=1)
        first = await line.create_call(
            {"type": "phone", "number": number}, {"action": "conversation", "name": "x"}
        )
        await line.webhooks.wait(status="answered", uuid=first["uuid"])
        second = await line.create_call({"type": "phone", "number": number}, talk())
        refused = await line.webhooks.wait_for(
            lambda hook: (
                hook.fields.get("uuid") == second["uuid"]
                and hook.fields.get("status") in ("failed", "rejected")
            )
        )
        assert refused.fields["status"] in ("failed", "rejected")
        await line.hang_up(first["uuid"])
        await carrier.finish()
        assert len([message for message in carrier.received() if message.startswith("INVITE")]) == 1


async def test_a_call_lasts_no_longer_than_its_trunk_allows(line: Line, tmp_path: Path) -> None:
    async with Sipp("outbound_answered_gateway_hangs_up", tmp_path, keys={"rtp_port": 4000}) as carrier:
        number = await trunk(line, carrier.port, max_duration_s=1)
        created = await line.create_call(
            {"type": "phone", "number": number}, {"action": "conversation", "name": "y"}
        )
        await line.webhooks.wait(status="completed", uuid=created["uuid"])
        await carrier.finish()


async def test_a_call_that_comes_by_a_trunk_lasts_no_longer_either(tmp_path: Path) -> None:
    carrier = {**trunk_to(free_ports(1)[0], "44", name="carrier"), "max_duration_s": 1}
    async with RunningGateway(tmp_path, trunks=[carrier]) as gateway, WebhookApp() as webhooks:
        line = await Line.rent(gateway, webhooks)
        webhooks.answer({"action": "wait", "timeout": 60})
        async with Sipp(
            "inbound_answered_gateway_hangs_up",
            tmp_path,
            to=f"127.0.0.1:{gateway.sip_port}",
            keys={"rtp_port": 4000, "caller": "447700000099"},
            options=("-s", line.number),
        ) as caller:
            await caller.finish()


async def test_a_trunks_server_is_called_by_toll_policy_whichever_way_it_is_named(
    line: Line, tmp_path: Path
) -> None:
    async with Sipp("outbound_busy_486", tmp_path) as carrier:
        number = await trunk(line, carrier.port)
        for host in ("127.0.0.1", "localhost"):
            address = {"type": "sip", "uri": f"sip:339000000001@{host}:{carrier.port}"}
            created = await line.create_call(address, talk())
            await line.webhooks.wait(status="rejected", uuid=created["uuid"])
        assert carrier.received() == []
        created = await line.create_call(
            {"type": "sip", "uri": f"sip:{number}@localhost:{carrier.port}"}, talk()
        )
        await line.webhooks.wait(status="busy", uuid=created["uuid"])
        await carrier.finish()


async def test_no_number_leaves_that_is_denied(line: Line) -> None:
    number = await trunk(line, free_ports(1)[0], denied=["447900"])
    denied = await trunk(line, free_ports(1)[0], prefixes=["4478"], denied=["44789"])
    assert number != denied
    created = await line.create_call({"type": "phone", "number": "447890000000"}, talk())
    ended = await line.webhooks.wait_for(
        lambda hook: hook.fields.get("uuid") == created["uuid"] and hook.fields.get("status") == "rejected"
    )
    assert ended.fields["status"] == "rejected"


async def test_a_trunk_is_registered_with(line: Line, tmp_path: Path) -> None:
    async with Sipp("trunk_registrar", tmp_path) as registrar:
        number = await trunk(
            line,
            registrar.port,
            register=True,
            username="me",
            password="swordfish",
            realm="carrier.example",
        )
        await registrar.finish()
    path = f"/cordboard/trunks/carrier-{number[:7]}"
    for _ in range(POLLS):
        found = await line.gateway.rest.expect(200, "GET", path)
        if found["registration"] == "registered":
            break
        await asyncio.sleep(0.05)
    assert (found["registration"], found["registrar_status"]) == ("registered", 200)
