"""ICE-lite and DTLS-SRTP with aiortc, which does both as browsers do: judged by what is heard."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.support.browser_phone import BrowserPhone
from tests.support.gateway import RunningGateway
from tests.support.hand_phone import DatagramPhone
from tests.support.line import Line, room
from tests.support.media_worker import level_dbov
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

ANNA_HZ, BEN_HZ = 440, 1100
HEARD_DBOV = -30.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """A gateway with a domain whose streams are all encrypted."""
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(RunningGateway(tmp_path_factory.mktemp("browsers")))
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.answer(room())
        domain = {
            "name": "browsers",
            "application_id": line.app.id,
            "acl": ["127.0.0.0/8"],
            "srtp": "always",
        }
        await gateway.rest.expect(201, "POST", "/v1/psip", body=domain)
        yield line


async def call(stack: AsyncExitStack, line: Line, tone_hz: int) -> tuple[BrowserPhone, str]:
    """A call into the room, and the gateway's answer."""
    browser = await stack.enter_async_context(BrowserPhone(tone_hz))
    phone = await stack.enter_async_context(DatagramPhone("127.0.0.1", ("127.0.0.1", line.gateway.sip_port)))
    answer = await phone.offer("sip:room@browsers", await browser.offer())
    stack.push_async_callback(phone.bye)
    await browser.take_answer(answer)
    return browser, answer


async def test_two_browsers_hear_each_other(line: Line) -> None:
    async with AsyncExitStack() as stack:
        anna, answer = await call(stack, line, ANNA_HZ)
        lines = answer.split("\r\n")
        assert {"a=ice-lite", "a=rtcp-mux", "a=setup:active"} <= set(lines)
        assert len([text for text in lines if text.startswith("a=candidate")]) == 1
        ben, _ = await call(stack, line, BEN_HZ)
        await until(lambda: {anna.state, ben.state} == {"connected"}, "that both are connected")
        await until(lambda: level_dbov(anna.heard(), BEN_HZ) > HEARD_DBOV, "that anna hears ben")
        await until(lambda: level_dbov(ben.heard(), ANNA_HZ) > HEARD_DBOV, "that ben hears anna")
        assert level_dbov(anna.heard(), ANNA_HZ) < HEARD_DBOV
