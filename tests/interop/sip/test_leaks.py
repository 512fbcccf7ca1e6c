"""What two hundred calls by SIPp leave behind: nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from gateway import live_conversations
from tests.support.gateway_inside import GatewayInside
from tests.support.line import Line, connect_sip, talk
from tests.support.sipp import Sipp, needs_sipp
from tests.support.webhook_app import Hook, WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module"), needs_sipp]

CALLS_OF_A_KIND = 40
KINDS = 5
A_SECOND = 4
SLACK = CALLS_OF_A_KIND // 2
"""Caches may grow, by less than one for each call of any kind."""
LIMIT_S = 120.0
"""Transactions linger for 32 s after their calls."""
TALKATIVE, IMPATIENT = "447700000099", "447700000098"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_conversations, "MAX_IDLE", SLACK // 4)
        async with AsyncExitStack() as stack:
            more = {"limits": {"calls_per_second": 1000, "voice_requests_per_second": 1000}}
            directory = tmp_path_factory.mktemp("leaks")
            gateway = await stack.enter_async_context(GatewayInside(directory, max_legs=200, more=more))
            yield await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))


async def test_calls_leave_nothing_behind(line: Line, tmp_path: Path) -> None:
    gateway = line.gateway
    assert isinstance(gateway, GatewayInside)
    before = gateway.held()
    many = ("-m", str(CALLS_OF_A_KIND), "-r", str(A_SECOND))
    async with AsyncExitStack() as stack:

        async def sipp(scenario: str, *options: str, caller: str = "") -> Sipp:
            to = f"127.0.0.1:{gateway.sip_port}" if caller else ""
            keys: dict[str, object] = {"rtp_port": 9, "caller": caller}
            peer = Sipp(scenario, tmp_path, to=to, keys=keys, options=(*many, *options))
            return await stack.enter_async_context(peer)

        endless, busy, brief = [
            await sipp(scenario)
            for scenario in (
                "outbound_unanswered_gets_cancel",
                "outbound_busy_486",
                "outbound_answered_phone_hangs_up",
            )
        ]

        def reply(hook: Hook) -> list[dict[str, object]]:
            return [talk()] if hook.fields["from"] == TALKATIVE else [connect_sip(endless.uri)]

        line.webhooks.on("/answer", reply)
        callers = [
            await sipp("inbound_answered_caller_hangs_up", "-s", line.number, "-d", "500", caller=TALKATIVE),
            await sipp("inbound_early_cancel_gets_487", "-s", line.number, caller=IMPATIENT),
            await sipp("inbound_unknown_number_gets_404", "-s", "447700999999", caller=TALKATIVE),
        ]
        for _ in range(CALLS_OF_A_KIND):
            for callee in (busy, brief):
                await line.create_call({"type": "sip", "uri": callee.uri}, talk())
            await asyncio.sleep(1 / A_SECOND)
        for each in (*callers, endless, busy, brief):
            await each.finish()
    assert gateway.held()["signalling.sip.transaction.server.ServerTransaction"] > 0

    left = Counter[str]()

    def is_as_before() -> bool:
        nonlocal left
        left = Counter({what: count for what, count in (gateway.held() - before).items() if count >= SLACK})
        return not left

    try:
        async with asyncio.timeout(LIMIT_S):
            while not is_as_before():  # noqa: ASYNC110 - memory tells nobody
                await asyncio.sleep(1)
    except TimeoutError:
        raise AssertionError(f"more than before {KINDS * CALLS_OF_A_KIND} calls: {left}") from None
