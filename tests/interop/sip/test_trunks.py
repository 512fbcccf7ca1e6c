"""Trunks with SIPp as the carrier: failover, credentials, what they are told of who calls whom, limits."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.carriers import LIMITS, end_of, end_of_call, refused_invite, trunk, trunk_state
from tests.support.gateway import RunningGateway
from tests.support.line import Line, talk
from tests.support.ports import free_ports
from tests.support.sipp import Sipp, needs_sipp
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module"), needs_sipp]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """A gateway whose trunks are made as they are needed."""
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(
            RunningGateway(tmp_path_factory.mktemp("trunks"), more=LIMITS)
        )
        yield await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))


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


async def test_a_trunk_says_what_makes_a_call_go_on(line: Line, tmp_path: Path) -> None:
    async with Sipp("outbound_busy_486", tmp_path) as busy, Sipp("outbound_declined_603", tmp_path) as other:
        number = await trunk(line, busy.port, other.port, failover=["486"])
        assert await end_of_call(line, number) == ("rejected", 603)
        await busy.finish()
        await other.finish()


@pytest.mark.parametrize(
    ("scenario", "end", "settings"),
    [
        ("outbound_declined_603", ("rejected", 603), {"failover": ["4xx", "5xx", "timeout"]}),
        ("trunk_unavailable_503", ("failed", 503), {"failover": ["timeout"]}),
        ("trunk_busy_late_486", ("busy", 486), {"failover": ["5xx"], "timeout_s": 1.0}),
    ],
)
async def test_a_call_goes_on_after_nothing_else(
    line: Line, tmp_path: Path, scenario: str, end: tuple[str, int], settings: dict[str, object]
) -> None:
    async with Sipp(scenario, tmp_path) as first, Sipp("outbound_busy_486", tmp_path / "other") as other:
        number = await trunk(line, first.port, other.port, **settings)
        assert await end_of_call(line, number) == end
        await first.finish()
        assert other.received() == []


async def test_the_last_server_may_take_its_time(line: Line, tmp_path: Path) -> None:
    async with (
        Sipp("trunk_unavailable_503", tmp_path) as first,
        Sipp("trunk_busy_late_486", tmp_path) as last,
    ):
        number = await trunk(line, first.port, last.port, timeout_s=1.0)
        assert await end_of_call(line, number) == ("busy", 486)
        await first.finish()
        await last.finish()


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


async def test_a_trunk_that_lists_callers_is_shown_no_other(line: Line, tmp_path: Path) -> None:
    listed, _ = await refused_invite(line, tmp_path, caller_id="listed", callers=["447700900999"])
    assert "From: <sip:447700900999@" in listed
    own, _ = await refused_invite(
        line, tmp_path, caller_id="listed", callers=["447700900999", line.number], asserted_identity=True
    )
    assert f"From: <sip:{line.number}@" in own
    assert re.search(f"^P-Asserted-Identity: <sip:{line.number}@", own, re.MULTILINE)


async def test_a_trunk_gets_headers_of_its_own(line: Line, tmp_path: Path) -> None:
    invite, _ = await refused_invite(line, tmp_path, headers={"X-Tenant": "bakery"})
    assert re.search("^X-Tenant: bakery", invite, re.MULTILINE)


@pytest.mark.parametrize(
    ("pass_headers", "passed"),
    [
        (["X-", "User-to-User"], ["X-Secret: 1", "X-Shop: 7", "User-to-User: 313233"]),
        (["X-Shop"], ["X-Shop: 7"]),
        ([], []),
    ],
)
async def test_a_trunk_gets_what_it_passes_of_the_applications_headers(
    line: Line, tmp_path: Path, pass_headers: list[str], passed: list[str]
) -> None:
    async with Sipp("outbound_busy_486", tmp_path) as carrier:
        number = await trunk(line, carrier.port, pass_headers=pass_headers)
        address = {
            "type": "sip",
            "uri": f"sip:{number}@127.0.0.1:{carrier.port}",
            "headers": {"Shop": "7", "Secret": "1"},
            "standard_headers": {"User-to-User": "313233"},
        }
        assert await end_of(line, await line.create_call(address, talk())) == ("busy", 486)
        await carrier.finish()
        said = re.findall("^(?:X-|User-to-User).*$", carrier.received()[0], re.MULTILINE)
        assert sorted(text.strip() for text in said) == sorted(passed)


@pytest.mark.parametrize(
    ("codecs", "offered"),
    [(["PCMA"], ["8"]), (["PCMA", "PCMU"], ["8", "0"]), (["G722", "PCMU"], ["9", "0"])],
)
async def test_a_trunk_is_offered_its_codecs_in_its_order(
    line: Line, tmp_path: Path, codecs: list[str], offered: list[str]
) -> None:
    invite, _ = await refused_invite(line, tmp_path, codecs=codecs)
    formats = re.search(r"^m=audio \d+ RTP/AVP (.*)$", invite, re.MULTILINE)
    assert formats is not None
    assert [each for each in formats[1].split() if int(each) < 96] == offered


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


@pytest.mark.parametrize(
    ("scenario", "until_status"),
    [
        ("outbound_answered_gateway_hangs_up", "answered"),
        ("outbound_unanswered_gets_cancel", "ringing"),
        ("outbound_busy_486", "busy"),
        ("trunk_unavailable_503", "failed"),
    ],
)
async def test_a_call_that_is_over_makes_room_for_the_next(
    line: Line, tmp_path: Path, scenario: str, until_status: str
) -> None:
    """Answered and hung up, given up while it rings, refused: each call counts until then, and no longer."""
    async with Sipp(scenario, tmp_path, keys={"rtp_port": 4000}) as carrier:
        number = await trunk(line, carrier.port, max_calls=1)
        to = {"type": "phone", "number": number}
        first = await line.create_call(to, {"action": "conversation", "name": "z"})
        await line.webhooks.wait(status=until_status, uuid=first["uuid"])
        if until_status in ("answered", "ringing"):
            await line.hang_up(first["uuid"])
        await carrier.finish()
    await trunk_state(line, number, "calls", 0)
    async with Sipp("outbound_busy_486", tmp_path / "next", port=carrier.port) as carrier:
        assert await end_of_call(line, number) == ("busy", 486)
        await carrier.finish()


async def test_a_trunk_carries_as_many_calls_a_second_as_it_may(line: Line, tmp_path: Path) -> None:
    """Of several calls at once all but one go by the next trunk."""
    many = ("-m", "100")
    async with (
        Sipp("outbound_busy_486", tmp_path, options=many) as slow,
        Sipp("outbound_busy_486", tmp_path, options=many) as other,
    ):
        number = await trunk(line, slow.port, calls_per_second=1)
        await trunk(line, other.port, prefixes=[number[:7]])
        to = {"type": "phone", "number": number}
        created = await asyncio.gather(*(line.create_call(to, talk()) for _ in range(5)))
        assert await asyncio.gather(*(end_of(line, call) for call in created)) == [("busy", 486)] * 5
        by_slow, by_other = (
            len([message for message in carrier.received() if message.startswith("INVITE")])
            for carrier in (slow, other)
        )
        assert by_slow >= 1
        assert by_other >= 1
        assert by_slow + by_other == 5


async def test_a_call_lasts_no_longer_than_its_trunk_allows(line: Line, tmp_path: Path) -> None:
    async with Sipp("outbound_answered_gateway_hangs_up", tmp_path, keys={"rtp_port": 4000}) as carrier:
        number = await trunk(line, carrier.port, max_duration_s=1)
        created = await line.create_call(
            {"type": "phone", "number": number}, {"action": "conversation", "name": "y"}
        )
        await line.webhooks.wait(status="completed", uuid=created["uuid"])
        await carrier.finish()


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
