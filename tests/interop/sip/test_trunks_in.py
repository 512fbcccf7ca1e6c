"""Calls that come by trunks, with SIPp as the carrier: who gets in, what is heard of them, and limits.

Which carrier calls is told by the loopback address that the call comes from, or by the password.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.carriers import state_of
from tests.support.gateway import RunningGateway, Trunk
from tests.support.line import Line, connect_sip, talk
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module"), needs_sipp]

CALLER = "447700000099"
BRIEF, HOME, NARROW, CLOSED, STRANGER = (f"127.0.0.{number}" for number in range(2, 7))
WAIT = {"action": "wait", "timeout": 60}
HOME_FORMAT = {"style": "national", "country": "44"}
TRUNKS: list[Trunk] = [
    {"name": "brief", "host": BRIEF, "max_duration_s": 1},
    {"name": "home", "host": HOME, "called": HOME_FORMAT, "caller": HOME_FORMAT, "pass_headers": ["X-Shop"]},
    {"name": "narrow", "host": NARROW, "max_calls": 1},
    {"name": "closed", "host": CLOSED, "pass_headers": []},
    {
        "name": "roaming",
        "host": "192.0.2.1",
        "inbound_username": "them",
        "inbound_password": "sesame",
        "max_duration_s": 1,
    },
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """A gateway that trusts nobody but its trunks."""
    sip = {"trusted": [], "realm": "calls.example"}
    async with AsyncExitStack() as stack:
        directory = tmp_path_factory.mktemp("trunks-in")
        gateway = await stack.enter_async_context(RunningGateway(directory, trunks=TRUNKS, sip=sip))
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.answer(WAIT)
        yield line


@pytest.fixture(autouse=True)
def forgotten(line: Line) -> None:
    """What was heard of the calls of another test."""
    line.webhooks.forget()


def call(
    line: Line, scenario: str, directory: Path, source: str, *options: str, number: str = "", **keys: object
) -> Sipp:
    """A call from a source to the line's number, or to another."""
    target = f"127.0.0.1:{line.gateway.sip_port}"
    all_keys: dict[str, object] = {"rtp_port": 4000, "caller": CALLER, **keys}
    where = ("-s", number or line.number, "-i", source)
    return Sipp(scenario, directory, to=target, keys=all_keys, options=(*where, *options))


def answers(line: Line) -> list[dict[str, object]]:
    """What the application was asked."""
    return [hook.fields for hook in line.webhooks.hooks if hook.path == "/answer"]


async def test_a_carrier_from_elsewhere_gets_in_by_its_password(line: Line, tmp_path: Path) -> None:
    """Its call is the trunk's: it lasts no longer than that allows."""
    login = ("-au", "them", "-ap", "sesame")
    async with call(line, "inbound_challenged_caller_is_answered", tmp_path, STRANGER, *login) as caller:
        await caller.finish()
    challenge = next(message for message in caller.received() if message.startswith("SIP/2.0 401"))
    assert 'realm="calls.example"' in challenge
    assert len(answers(line)) == 1


@pytest.mark.parametrize(("user", "password"), [("them", "open"), ("they", "sesame"), ("me", "swordfish")])
async def test_no_other_password_gets_in(line: Line, tmp_path: Path, user: str, password: str) -> None:
    login = ("-au", user, "-ap", password)
    async with call(line, "inbound_challenged_caller_gets_401", tmp_path, STRANGER, *login) as caller:
        await caller.finish()
    assert answers(line) == []


async def test_a_call_that_comes_by_a_trunk_lasts_no_longer_than_it_allows(
    line: Line, tmp_path: Path
) -> None:
    async with call(line, "inbound_answered_gateway_hangs_up", tmp_path, BRIEF) as caller:
        await caller.finish()


async def test_numbers_are_read_as_the_trunk_writes_them(line: Line, tmp_path: Path) -> None:
    """And of its headers the application hears what the trunk passes."""
    national = f"0{line.number[2:]}"
    line.webhooks.answer(talk("Hello."))
    async with call(
        line, "inbound_with_headers", tmp_path, HOME, number=national, caller=f"0{CALLER[2:]}"
    ) as caller:
        await caller.finish()
    line.webhooks.answer(WAIT)
    (asked,) = answers(line)
    assert (asked["to"], asked["from"]) == (line.number, CALLER)
    assert [name for name in asked if name.startswith("SipHeader")] == ["SipHeader_X-Shop"]


async def test_a_trunk_that_passes_no_header_passes_none(line: Line, tmp_path: Path) -> None:
    line.webhooks.answer(talk("Hello."))
    async with call(line, "identity_in", tmp_path, CLOSED, privacy="none") as caller:
        await caller.finish()
    line.webhooks.answer(WAIT)
    (asked,) = answers(line)
    assert [name for name in asked if name.startswith("SipHeader")] == []


async def test_a_trunk_brings_as_many_calls_at_once_as_it_may(line: Line, tmp_path: Path) -> None:
    async with (
        RtpParty(440),
        call(line, "inbound_answered_gateway_hangs_up", tmp_path, NARROW) as first,
    ):
        asked = await line.webhooks.wait("/answer")
        async with call(line, "inbound_beyond_limits_gets_503", tmp_path, NARROW) as second:
            await second.finish()
        refusal = next(message for message in second.received() if message.startswith("SIP/2.0 503"))
        assert re.search(r"^Retry-After: \d+", refusal, re.MULTILINE)
        await line.webhooks.wait(uuid=asked.fields["uuid"], status="answered")
        await line.hang_up(asked.fields["uuid"])
        await first.finish()
    assert len(answers(line)) == 1


async def ended_by_us(line: Line, directory: Path) -> None:
    """A call that is answered, and hung up."""
    async with call(line, "inbound_answered_gateway_hangs_up", directory, NARROW) as caller:
        asked = await line.webhooks.wait("/answer")
        await line.webhooks.wait(uuid=asked.fields["uuid"], status="answered")
        await line.hang_up(asked.fields["uuid"])
        await caller.finish()


async def ended_by_them(line: Line, directory: Path) -> None:
    """A call that is answered, and hung up by who called."""
    async with call(line, "inbound_answered_caller_hangs_up", directory, NARROW, "-d", "200") as caller:
        await caller.finish()


async def cancelled(line: Line, directory: Path) -> None:
    """A call that is given up while it rings."""
    async with Sipp("outbound_unanswered_gets_cancel", directory) as phone:
        line.webhooks.answer(connect_sip(phone.uri))
        async with call(line, "inbound_early_cancel_gets_487", directory, NARROW) as caller:
            await caller.finish()
        await phone.finish()
    line.webhooks.answer(WAIT)


async def refused(line: Line, directory: Path) -> None:
    """A call to nobody."""
    number = "447799999999"
    async with call(line, "inbound_unknown_number_gets_404", directory, NARROW, number=number) as caller:
        await caller.finish()


@pytest.mark.parametrize("first", [ended_by_us, ended_by_them, cancelled, refused])
async def test_a_call_that_is_over_makes_room_for_the_next(
    line: Line, tmp_path: Path, first: Callable[[Line, Path], Awaitable[None]]
) -> None:
    """The trunk may have one call at once: while the first counts, the second gets 503."""
    await first(line, tmp_path)
    await state_of(line, "/cordboard/trunks/narrow", "calls", 0)
    async with call(
        line, "inbound_answered_caller_hangs_up", tmp_path / "next", NARROW, "-d", "200"
    ) as caller:
        await caller.finish()
    await state_of(line, "/cordboard/trunks/narrow", "calls", 0)
